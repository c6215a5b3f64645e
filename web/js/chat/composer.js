// The box one writes in: Enter sends, Shift+Enter is a new line, Escape stops. Drafts are
// kept; text files become part of the message.

import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { icon, iconButton } from "../icons.js";
import { notice } from "../notice.js";
import { guessTokens } from "./turn.js";

const FILE_BYTES = 256 * 1024;
const LARGE_TOKENS = 8000;

/**
 * form: the one of index.html, with what is written in it; acts: { send(text), stop(),
 * draft(text), editLast() }; picker: the model's, in the row
 */
export function composer(form, acts, picker) {
	const box = form.querySelector("textarea");
	const send = h("button.primary", { type: "submit" }, "Send", icon("up"));
	const stop = h("button.danger", { type: "button", hidden: true, title: "Esc", onclick: acts.stop }, "Stop", icon("stop"));
	const guess = h("span.guess", {}, "");
	const file = h("input.sr", { type: "file", multiple: true, accept: "text/*,.md,.csv,.json,.log,.yml,.yaml,.toml,.c,.h,.py,.js,.ts,.go,.rs,.sh,.sql", tabindex: -1, "aria-label": "Text files" });
	const attach = iconButton("attach", "Attach text", () => file.click());
	replace(form.querySelector(".composer-row"), attach, file, picker, guess, stop, send);

	let perMillion; // what a million tokens of the model cost

	function count() {
		const tokens = guessTokens(box.value);
		const cost = perMillion === undefined ? "" : `, ${format.usd((tokens * perMillion) / 1e6)} to send`;
		setText(guess, tokens ? `about ${format.many(tokens, "token")}${cost}${tokens > LARGE_TOKENS ? ": a large message" : ""}` : "");
		guess.classList.toggle("tone-warn", tokens > LARGE_TOKENS);
	}

	function submit() {
		const text = box.value.trim();
		if (!text || send.hidden) return;
		set("");
		acts.send(text);
	}

	function set(text) {
		if (box.value !== text) box.value = text; // the caret stays
		count();
		acts.draft(text);
	}

	form.addEventListener("submit", (event) => {
		event.preventDefault();
		submit();
	});
	box.addEventListener("input", () => {
		count();
		acts.draft(box.value);
	});
	box.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
			event.preventDefault();
			submit();
		} else if (event.key === "ArrowUp" && !box.value) {
			event.preventDefault();
			acts.editLast();
		}
	});
	file.addEventListener("change", async () => {
		for (const one of file.files) {
			if (one.size > FILE_BYTES) {
				notice(`${one.name} is larger than 256 KiB; paste the part that matters.`);
				continue;
			}
			const text = await one.text();
			const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
			set(`${box.value}${box.value ? "\n\n" : ""}${one.name}:\n${fence}\n${text}\n${fence}\n`);
		}
		file.value = "";
		box.focus();
	});

	return {
		set,
		text: () => box.value,
		focus: () => box.focus(),
		price(usd) {
			perMillion = usd;
			count();
		},
		running(is) {
			stop.hidden = !is;
			send.hidden = is;
		},
	};
}
