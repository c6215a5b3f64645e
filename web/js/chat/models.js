// The model a chat asks: its name in the box, what it costs in the list.

import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { icon } from "../icons.js";

const rates = ({ input_usd_per_million: input, output_usd_per_million: output }) =>
	input === undefined ? "" : `${format.usd(Number(input))} / ${format.usd(Number(output))}`;

/** "gpt-4o-mini · $0.15 / $0.60 · 128K": what a million tokens in and out cost, and the window. */
const describe = (model) =>
	[format.plain(model.id), rates(model), model.context_tokens > 0 && format.short(model.context_tokens)].filter(Boolean).join(" · ");

/** { element, show(models, chosen) }; onChange(name) when another one is chosen. */
export function modelPicker(onChange) {
	const name = h("span.name");
	const price = h("small");
	const select = h("select", { "aria-label": "Model", title: "Dollars for a million tokens in and out, and the tokens that fit", onchange: () => onChange(select.value) });
	return {
		element: h(".picker", {}, name, price, icon("chevron"), select),
		show(models, chosen) {
			const all = models.some(({ id }) => id === chosen) ? models : [{ id: chosen }, ...models];
			replace(select, all.map((model) => h("option", { value: model.id, selected: model.id === chosen }, describe(model))));
			setText(name, format.plain(chosen));
			setText(price, rates(all.find(({ id }) => id === chosen)));
		},
	};
}
