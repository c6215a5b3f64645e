// What a chat is asked with: model, system prompt, temperature, length, priority.

import { show } from "../dialog.js";
import { h } from "../dom.js";

const PRIORITIES = ["low", "normal", "high", "urgent"];

export function modelPicker(models, chat, onChange) {
	const names = models.some(({ id }) => id === chat.model) ? models : [{ id: chat.model }, ...models];
	return h("select", { "aria-label": "Model", value: chat.model, onchange: (event) => onChange(event.target.value) },
		names.map(({ id }) => h("option", { value: id, selected: id === chat.model }, id)));
}

/** Asks for the settings; true when they were changed. */
export async function editSettings(chat) {
	const system = h("textarea", { rows: 5, value: chat.system });
	const temperature = h("input", { type: "number", min: 0, max: 2, step: 0.1, value: chat.temperature, placeholder: "the model's own" });
	const maxTokens = h("input", { type: "number", min: 1, step: 1, value: chat.maxTokens, placeholder: "no bound" });
	const priority = h("select", {}, PRIORITIES.map((name) => h("option", { value: name, selected: name === chat.priority }, name)));
	const answer = await show("Settings of this chat", [
		h("label.field", {}, "System prompt: what the model should know or be", system),
		h(".fields", {},
			h("label.field", {}, "Temperature, 0 to 2", temperature),
			h("label.field", {}, "Most tokens of an answer", maxTokens),
			h("label.field", {}, "Priority in the queue", priority)),
	], [["Cancel", ""], ["Save", "save", "primary"]]);
	if (answer !== "save") return false;
	Object.assign(chat, { system: system.value, temperature: temperature.value, maxTokens: maxTokens.value, priority: priority.value });
	return true;
}
