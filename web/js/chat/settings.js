// What a chat is asked with: system prompt, temperature, length, priority, tools.

import { show } from "../dialog.js";
import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { trouble } from "../parts.js";
import { prose } from "../prose.js";
import { toolCalls } from "./tools.js";
import { guessTokens } from "./turn.js";

const PRIORITIES = ["low", "normal", "high", "urgent"];

/** What the descriptions of all tools add to a prompt: a guess, so in tens. */
function costOfTools(tools) {
	const told = JSON.stringify(tools.map(({ sample, ...one }) => one));
	return tools.length ? `Adds about ${format.count(10 * Math.round(guessTokens(told) / 10))} tokens to every prompt.` : "This token has nothing to look at.";
}

/** Each tool that this token has, to be tried with sample arguments. */
async function listTools(api, listed, model, place) {
	const fail = (where) => (error) => replace(where, trouble(error));
	const tryIt = async ({ name }, where) => replace(where, toolCalls([await api.post(`/tools/${name}/sample`)]));
	const explain = async ({ name }, where) => {
		replace(where, h("p.note", { role: "status" }, "The model reads it…"));
		const { text, tools, usage } = await api.post(`/tools/${name}/sample`, { explain: true, model });
		const words = prose();
		words.set(text);
		replace(where, toolCalls(tools), words.element, h("p.note", {}, `${format.many(usage.total_tokens, "token")} · ${format.usd(usage.cost_usd)}`));
	};
	try {
		const { tools } = await listed;
		replace(place, h("ul.items", {}, tools.map((tool) => {
			const where = h("div");
			return h("li", {}, h(".row", {}, h("strong", {}, format.title(tool.name)),
				h("span", {},
					h("button.quiet", { type: "button", "aria-label": `Try ${tool.name}`, onclick: () => tryIt(tool, where).catch(fail(where)) }, "Try it"),
					h("button.quiet", { type: "button", "aria-label": `Explain ${tool.name}`, onclick: () => explain(tool, where).catch(fail(where)) }, "Explain it"))),
			h("span.note", {}, tool.description), where);
		})));
	} catch (error) {
		fail(place)(error);
	}
}

/** Asks for the settings; true when they were changed. */
export async function editSettings(api, chat) {
	const system = h("textarea", { rows: 5, value: chat.system });
	const temperature = h("input", { type: "number", min: 0, max: 2, step: 0.1, value: chat.temperature, placeholder: "the model's own" });
	const maxTokens = h("input", { type: "number", min: 1, step: 1, value: chat.maxTokens, placeholder: "no bound" });
	const priority = h("select", {}, PRIORITIES.map((name) => h("option", { value: name, selected: name === chat.priority }, name)));
	const tools = h("input", { type: "checkbox", checked: chat.usesTools });
	const tries = h("div");
	const price = h("p.note", {}, "…");
	const listed = api.get("/tools");
	listed.then(({ tools: all }) => setText(price, costOfTools(all)), () => setText(price, "Adds to every prompt."));
	const answer = await show("Settings of this chat", [
		h("label.field", {}, "System prompt: what the model should know or be", system),
		h(".fields", {},
			h("label.field", {}, "Temperature, 0 to 2", temperature),
			h("label.field", {}, "Most tokens of an answer", maxTokens),
			h("label.field", {}, "Priority in the queue", priority)),
		h(".field", {}, h("label.check", {}, tools, "The model may look at usage, cost, limits and the queue"), price),
		h("details", { ontoggle: ({ target }) => target.open && listTools(api, listed, chat.model, tries) }, h("summary", {}, "What it can look at"), tries),
	], [["Cancel", ""], ["Save", "save", "primary"]]);
	if (answer !== "save") return false;
	Object.assign(chat, { system: system.value, temperature: temperature.value, maxTokens: maxTokens.value, priority: priority.value, usesTools: tools.checked });
	return true;
}
