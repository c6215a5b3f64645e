// The log of one chat. It follows the answer that is being written until the reader scrolls
// up; then a button leads back.

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

	box.addEventListener("scroll", () => {
		follows = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
		back.hidden = follows;
	});
	new ResizeObserver(() => follows && toEnd()).observe(inside);

	function toEnd() {
		follows = true;
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
			const nodes = path(chat);
			shown = nodes.map((node) => {
				const all = versions(chat, node);
				const one = message(node, acts, { at: all.indexOf(node), of: all.length });
				one.update();
				return one;
			});
			replace(inside, nodes.length ? shown.map((one) => one.element) : beginning);
		},
		update(node) {
			waiting.add(node);
			frame ||= requestAnimationFrame(draw);
			if (node.isRunning && !node.text) setText(said, node.because ? `Waiting: ${node.because}` : "Waiting");
			if (!node.isRunning)
				setText(said, node.error ? `No answer: ${node.error}` : `The answer is complete, ${format.count(node.usage?.total_tokens ?? 0)} tokens.`);
		},
	};
}
