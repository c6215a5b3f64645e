// One message of the log, and what stands under an answer.

import { copyText } from "../clipboard.js";
import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { iconButton } from "../icons.js";
import { trouble } from "../parts.js";
import { prose } from "../prose.js";
import { shortName } from "./models.js";

/**
 * acts: { regenerate(node), edit(node), step(node, ±1), retry(node), takeOver(node), stop() }
 * Gives { element, update() }: update shows node's text and figures as they are now.
 */
export function message(node, acts, { at = 0, of = 1 } = {}) {
	const isAnswer = node.role === "assistant";
	const text = prose();
	const called = h(".called");
	const state = waits(acts.stop);
	const note = h("p.note");
	const figures = h(".figures");
	const problem = h("div");
	const tools = h(".message-tools");
	const element = h(`article.message.${isAnswer ? "answer" : "asked"}`, { "aria-label": isAnswer ? "Answer" : "Your message" },
		isAnswer && h("header", { title: format.plain(node.model) }, shortName(node.model)), called, text.element, state.element, note, problem, h("footer", {}, figures, tools));

	const copy = iconButton("copy", "Copy", () => copyText(node.text, copy));

	function showTools() {
		replace(tools, node.isRunning ? null : [
			of > 1 && h("span.versions", {},
				iconButton("left", "Older version", () => acts.step(node, -1), { disabled: at === 0 }),
				`${at + 1} / ${of}`,
				iconButton("right", "Newer version", () => acts.step(node, 1), { disabled: at === of - 1 })),
			copy,
			isAnswer
				? iconButton("again", "Regenerate", () => acts.regenerate(node))
				: iconButton("edit", "Edit", () => acts.edit(node)),
		]);
	}

	let nCalled = 0;
	function showCalls() {
		if ((node.tools?.length ?? 0) === nCalled) return;
		nCalled = node.tools.length;
		import("./tools.js").then(({ toolCalls }) => replace(called, toolCalls(node.tools)));
	}

	return {
		element,
		node,
		update() {
			text.set(node.text);
			showCalls();
			element.classList.toggle("running", Boolean(node.isRunning));
			state.show(node);
			setText(note, [node.contextNote, !node.isRunning && node.note].filter(Boolean).join(" "));
			replace(problem, node.error && trouble({ message: node.error, requestId: node.requestId }, node.mayPass && (() => acts.retry(node)),
				node.errorCode === "session_busy" && h("button", { type: "button", onclick: () => acts.takeOver(node) }, "Stop it there and ask again")));
			replace(figures, isAnswer && figuresOf(node));
			showTools();
		},
	};
}

// What an answer waits for, in its place: the sentence counts down, the button stays.
function waits(stop) {
	const what = h("strong");
	const why = h("span");
	const element = h(".waits", { hidden: true }, h("i"), h("div", {}, what, why),
		h("button.quiet", { type: "button", onclick: stop }, "Cancel"));
	return {
		element,
		show({ isRunning, text, waiting, because }) {
			element.hidden = !isRunning || Boolean(text);
			setText(what, waiting || "Waiting for the model…");
			setText(why, because ?? "");
		},
	};
}

const per = (a, b) => (a > 0 && b > 0 ? a / b : undefined);

function figuresOf({ usage, requestId }) {
	if (!usage) return null;
	const { total_tokens: tokens, completion_tokens: out, duration_ms: duration, first_token_ms: first } = usage;
	const cost = usage.unpriced && !Number(usage.cost_usd) ? format.UNPRICED : usage.cost_usd !== undefined && format.usd(usage.cost_usd);
	const speed = per(out, (duration - first) / 1000);
	const line = [
		`${format.many(tokens, "token")}${usage.estimated ? ", estimated" : ""}`,
		cost,
		usage.queue_ms !== undefined && `${format.ms(usage.queue_ms)} queued`,
		duration !== undefined && format.ms(duration),
		usage.retries > 0 && `${usage.retries} ${usage.retries === 1 ? "retry" : "retries"}`,
	].filter(Boolean);
	return h("details", {}, h("summary", {}, line.map((piece, i) => [i > 0 && " · ", h("span", {}, piece)])), h("dl.facts", {}, [
		["Prompt tokens", `${format.count(usage.prompt_tokens)}${usage.cached_tokens ? `, ${format.count(usage.cached_tokens)} cached` : ""}`],
		["Completion tokens", `${format.count(out)}${usage.reasoning_tokens ? `, ${format.count(usage.reasoning_tokens)} for reasoning` : ""}`],
		["Efficiency", per(out, tokens) && `${format.percent(out / tokens)} of all tokens are answer`],
		["Cost", cost],
		["Queued", usage.queue_ms !== undefined && format.ms(usage.queue_ms)],
		["First token", first > 0 && format.ms(first)],
		["Speed", speed && `${format.decimal(1)(speed)} tokens/s`],
		["Tools", usage.tool_duration_ms > 0 && format.ms(usage.tool_duration_ms)],
		["Retries", usage.retries !== undefined && format.count(usage.retries)],
		["Model", usage.model_served && format.plain(usage.model_served)],
		["Request", requestId],
	].filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}
