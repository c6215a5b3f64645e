// Copying a text, and saying so on the button that was pressed.

import { icon } from "./icons.js";
import { replace } from "./dom.js";

const SAID_MS = 1500;

/** Copies, and says so on the button for a moment. */
export async function copyText(text, button) {
	await navigator.clipboard.writeText(text);
	if (button.dataset.copied) return;
	const before = [...button.childNodes];
	const name = button.getAttribute("aria-label");
	button.dataset.copied = "yes";
	button.setAttribute("aria-label", "Copied");
	replace(button, icon("check"), button.classList.contains("sign") ? null : "Copied");
	setTimeout(() => {
		delete button.dataset.copied;
		if (name) button.setAttribute("aria-label", name);
		else button.removeAttribute("aria-label");
		replace(button, before);
	}, SAID_MS);
}
