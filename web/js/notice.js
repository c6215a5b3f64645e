// Short news at the edge of the page, read out politely, gone by themselves.

import { h } from "./dom.js";
import { plain } from "./format.js";

const SHOWN_MS = 8000;

/** action: [text, what to do]: an undo, mostly. */
export function notice(text, action) {
	const place = document.getElementById("notices");
	const gone = () => element.remove();
	const element = h(".notice", {}, h("span", {}, plain(text)),
		action && h("button.link", { type: "button", onclick: () => { gone(); action[1](); } }, action[0]));
	place.append(element);
	setTimeout(gone, SHOWN_MS);
}
