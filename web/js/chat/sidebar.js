// The list of chats: search, new, rename, delete with an undo.

import { h, replace } from "../dom.js";
import { icon, iconButton } from "../icons.js";
import { matches } from "./store.js";

const DAY = 86400000;

function group(updated, now) {
	const midnight = new Date(now).setHours(0, 0, 0, 0);
	if (updated >= midnight) return "Today";
	if (updated >= midnight - DAY) return "Yesterday";
	if (updated >= midnight - 7 * DAY) return "The last 7 days";
	return "Older";
}

/** acts: { open(chat), create(), rename(chat), remove(chat) } */
export function sidebar(acts) {
	const search = h("input", { type: "search", placeholder: "Search chats", "aria-label": "Search chats", oninput: () => fill() });
	const list = h(".chat-list");
	const element = h("aside.chats", { "aria-label": "Chats" },
		h("button.primary", { type: "button", onclick: acts.create, title: "Ctrl K" }, icon("plus"), "New chat"), h("label.search", {}, icon("search"), search), list);
	let chats = [];
	let current;

	function entry(chat) {
		return h(`li${chat.id === current ? ".current" : ""}`, {},
			h("button.open", { type: "button", "aria-current": chat.id === current ? "true" : null, title: chat.title, onclick: () => acts.open(chat) }, chat.title),
			iconButton("edit", `Rename ${chat.title}`, () => acts.rename(chat), { title: "Rename" }),
			iconButton("bin", `Delete ${chat.title}`, () => acts.remove(chat), { title: "Delete" }));
	}

	function fill() {
		const found = chats.filter((chat) => matches(chat, search.value));
		const groups = Map.groupBy(found, (chat) => group(chat.updated, Date.now()));
		replace(list, found.length
			? [...groups].map(([name, some]) => [h("h2", {}, name), h("ul", {}, some.map(entry))])
			: h("p", {}, search.value ? "No chat has these words." : "Your chats will be listed here."));
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
