// The log of one chat. It follows the answer that is being written until the reader scrolls
// up; then a button leads back. Messages that are still shown keep their elements, so a long
// chat is made once, and what was unfolded or selected in it stays.

import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { message } from "./message.js";
import { path, versions } from "./store.js";

const NEAR_PX = 48;

export function createLog(acts) {
	const inside = h(".messages");
	const said = h("p.sr", { role: "status" });
	const back = h("button.jump", { type: "button", hidden: true, onclick: () => toEnd() }, "Jump to the latest");
	const box = h(".log", { role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: 0 }, inside);
	const element = h(".log-frame", {}, box, back, said);
	let shown = [];
	let frame = 0;
	let follows = true;
	const waiting = new Set();

	box.addEventListener("scroll", look);
	const size = new ResizeObserver(() => (follows ? toEnd() : look()));
	size.observe(inside);
	size.observe(box);

	// A log that has become shorter, or its box higher, is not scrolled to be at its end.
	function look() {
		follows = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
		back.hidden = follows;
	}

	function toEnd() {
		follows = back.hidden = true;
		box.scrollTop = box.scrollHeight;
	}

	// At the pace of the screen, whatever the pace of the stream.
	function draw() {
		frame = 0;
		for (const one of shown) if (waiting.has(one.node)) one.update();
		waiting.clear();
		if (follows) toEnd();
	}

	return {
		element,
		toEnd,
		show(chat, beginning) {
			const before = shown;
			const known = new Map(before.map((one) => [one.node, one]));
			shown = path(chat).map((node) => {
				const all = versions(chat, node);
				const place = { at: all.indexOf(node), of: all.length };
				const old = known.get(node);
				if (old?.at === place.at && old.of === place.of) return old;
				const one = { ...message(node, acts, place), ...place };
				one.update();
				return one;
			});
			if (!before.length || !shown.length) replace(inside, shown.length ? null : beginning);
			let same = 0;
			while (same < before.length && before[same] === shown[same]) same++;
			for (const { element: gone } of before.slice(same)) gone.remove();
			inside.append(...shown.slice(same).map((one) => one.element));
		},
		update(node) {
			waiting.add(node);
			frame ||= requestAnimationFrame(draw);
			if (node.isRunning && !node.text) setText(said, node.because ? `Waiting: ${node.because}` : "Waiting");
			if (!node.isRunning)
				setText(said, node.error ? `No answer: ${node.error}` : `The answer is complete, ${format.many(node.usage?.total_tokens ?? 0, "token")}.`);
		},
	};
}
