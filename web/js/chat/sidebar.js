// The list of chats: search, new, rename, delete with an undo. A search shows at once what
// titles and open chats have; Atlas looks into the texts of all when one stops typing.

import { h, replace, setText } from "../dom.js";
import { icon, iconButton } from "../icons.js";
import { matches } from "./store.js";

const DAY = 86400000;
const REST_MS = 200;

function group(updated, now) {
	const midnight = new Date(now).setHours(0, 0, 0, 0);
	if (updated >= midnight) return "Today";
	if (updated >= midnight - DAY) return "Yesterday";
	if (updated >= midnight - 7 * DAY) return "The last 7 days";
	return "Older";
}

/** acts: { open(chat), create(), rename(chat), remove(chat), search(text, signal) gives ids } */
export function sidebar(acts) {
	const search = h("input", { type: "search", placeholder: "Search chats", "aria-label": "Search chats", maxlength: 128, oninput: () => look() });
	const list = h(".chat-list");
	const word = h("p", { role: "status" });
	const element = h("aside.chats", { "aria-label": "Chats" },
		h("button.primary", { type: "button", onclick: acts.create, title: "Ctrl K" }, icon("plus"), "New chat"), h("label.search", {}, icon("search"), search), word, list);
	let chats = [];
	let current;
	let found = new Set(); // by Atlas
	let asked; // aborted when another text is wanted

	function entry(chat) {
		return h(`li${chat.id === current ? ".current" : ""}`, {},
			h("button.open", { type: "button", "aria-current": chat.id === current ? "true" : null, title: chat.title, onclick: () => acts.open(chat) }, chat.title),
			iconButton("edit", `Rename ${chat.title}`, () => acts.rename(chat), { title: "Rename" }),
			iconButton("bin", `Delete ${chat.title}`, () => acts.remove(chat), { title: "Delete" }));
	}

	function fill(said) {
		const text = search.value.trim();
		const some = chats.filter((chat) => found.has(chat.id) || matches(chat, text));
		const groups = Map.groupBy(some, (chat) => group(chat.updated, Date.now()));
		replace(list, [...groups].map(([name, these]) => [h("h2", {}, name), h("ul", {}, these.map(entry))]));
		setText(word, said ?? (some.length ? "" : text ? "No chat has these words." : "Your chats will be listed here."));
	}

	async function look() {
		const text = search.value.trim();
		asked?.abort();
		found = new Set();
		if (!text) return fill();
		const { signal } = (asked = new AbortController());
		fill("Searching…");
		await new Promise((go) => setTimeout(go, REST_MS));
		if (signal.aborted) return;
		try {
			found = await acts.search(text, signal);
			fill();
		} catch (error) {
			if (!signal.aborted) fill(`Only titles were searched. ${error.message}`);
		}
	}

	return {
		element,
		show(all, id) {
			chats = all;
			current = id;
			fill();
		},
	};
}
