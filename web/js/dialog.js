// Questions in a dialog of the browser's own: focus stays inside, Escape is a no, and the
// focus returns to where it was.

import { h } from "./dom.js";

/** Shows a dialog; resolves with its value once it is closed ("" = dismissed). */
export function show(title, body, buttons) {
	const dialog = h("dialog", { "aria-label": title },
		h("form.inside", { method: "dialog" }, h("h1", {}, title), body,
			h(".end", {}, buttons.map(([text, value, look = ""]) =>
				h(`button${look && `.${look}`}`, { type: "submit", value, formnovalidate: value === "" }, text)))));
	document.body.append(dialog);
	dialog.showModal();
	return new Promise((resolve) => {
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue);
		});
	});
}

/** Asks before something is done: what will happen is in the sentence. */
export const confirm = async (title, sentence, { yes, danger = false }) =>
	(await show(title, h("p", {}, sentence), [["Keep as it is", ""], [yes, "yes", danger ? "danger" : "primary"]])) === "yes";
