// Shortcuts that hold everywhere; those of the chat are its own.

import { show } from "./dialog.js";
import { h } from "./dom.js";

const isTyping = (target) => target.matches?.("input, textarea, select, [contenteditable]") || target.closest?.("dialog");

export const shortcuts = (views) => [
	["?", "This list"],
	["/", "Search or filter in the view"],
	...views.map((view) => [`g ${view.key}`, view.label]),
	["← →", "Single values of a chart, neighbouring tabs"],
	["Enter", "Chat: send; with Shift a new line"],
	["Ctrl Enter", "Chat: send what was edited"],
	["↑", "Chat, in an empty box: edit the last message"],
	["Esc", "Chat: stop the answer"],
	["Ctrl K", "Chat: begin a new one"],
];

const help = (views) =>
	show("Keyboard shortcuts",
		h("dl.facts", {}, shortcuts(views).map(([keys, what]) => [h("dt", {}, keys.split(" ").map((key) => [h("kbd", {}, key), " "])), h("dd", {}, what)])),
		[["Close", "", "primary"]]);

export function listenForKeys(views, href) {
	let went = 0;
	document.getElementById("help").addEventListener("click", () => help(views));
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
		const view = views.find((one) => one.key === event.key);
		if (event.key === "?") help(views);
		else if (event.key === "g") went = event.timeStamp;
		else if (view && event.timeStamp - went < 1500) location.hash = href(view.name);
		else if (event.key === "/") {
			const search = document.querySelector("#content [type=search]");
			if (!search) return;
			event.preventDefault();
			search.focus();
		}
	});
}
