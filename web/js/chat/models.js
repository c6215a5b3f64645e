// The model a chat asks: its name in the box, what it costs in the list. A fine-tuned one is
// called by what somebody has named it; its whole name is in the title.

import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { icon } from "../icons.js";

const rates = ({ input_usd_per_million: input, output_usd_per_million: output }) =>
	input === undefined ? "" : `${format.usd(Number(input))} / ${format.usd(Number(output))}`;

const isTuned = ({ id }) => id.startsWith("ft:");

/** "ft:gpt-4o-mini:acme:support:9a8b" as "support 9a8b (gpt-4o-mini, tuned)". */
export function shortName(id) {
	if (!isTuned({ id })) return format.plain(id);
	const [, base, owner, name, job] = format.plain(id).split(":");
	const own = [name || owner, job].filter(Boolean).join(" ");
	return own ? `${own} (${base}, tuned)` : `${base}, tuned`;
}

/** "gpt-4o-mini · $0.15 / $0.60 · 128K": what a million tokens in and out cost, and the window. */
const describe = (model) =>
	[shortName(model.id), rates(model), model.context_tokens > 0 && format.short(model.context_tokens)].filter(Boolean).join(" · ");

const HINT = "Dollars for a million tokens in and out, and the tokens that fit";

/** { element, show(models, chosen) }; onChange(name) when another one is chosen. */
export function modelPicker(onChange) {
	const name = h("span.name");
	const price = h("small");
	const select = h("select", { "aria-label": "Model", onchange: () => onChange(select.value) });
	return {
		element: h(".picker", {}, name, price, icon("chevron"), select),
		show(models, chosen) {
			const all = models.some(({ id }) => id === chosen) ? models : [{ id: chosen }, ...models];
			const option = (model) => h("option", { value: model.id, title: format.plain(model.id), selected: model.id === chosen }, describe(model));
			const tuned = all.filter(isTuned);
			replace(select, all.filter((model) => !isTuned(model)).map(option), tuned.length > 0 && h("optgroup", { label: "Fine-tuned" }, tuned.map(option)));
			select.title = `${format.plain(chosen)}: ${HINT.toLowerCase()}`;
			setText(name, shortName(chosen));
			setText(price, rates(all.find(({ id }) => id === chosen)));
		},
	};
}
