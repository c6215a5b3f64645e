// What a model looked up while it answered: each call folded to one line, its result as a
// table where it is one.

import { h } from "../dom.js";
import * as format from "../format.js";
import { facts } from "../parts.js";
import { scrolling, table } from "../table.js";

const COLUMNS = [
	{ key: "request_count", label: "Requests", number: true, show: format.count },
	{ key: "total_tokens", label: "Tokens", number: true, show: format.count },
	{ key: "total_cost_usd", label: "Cost", number: true, cell: format.costOf },
];

const SHOWN = {
	request_count: ["Requests", format.count],
	total_tokens: ["Tokens", format.count],
	total_cost_usd: ["Cost", format.usd],
	previous_period_usd: ["The period before", format.usd],
	now: ["Now", format.when],
};

const groups = (result, key) =>
	Array.isArray(result[`by_${key}`]) && result[`by_${key}`].length > 0 &&
	scrolling(`By ${key}`, table({
		caption: `By ${key}`,
		sort: ["total_cost_usd", "descending"],
		columns: [{ key, label: format.title(key), text: true, show: (name) => format.named(key, name) }, ...COLUMNS],
		rows: result[`by_${key}`],
	}));

function resultOf(result) {
	if (result?.error) return h("p.note", {}, result.error);
	const known = Object.entries(SHOWN).filter(([name]) => result?.[name] !== undefined);
	if (!known.length) return h("pre", { tabindex: 0, "aria-label": "Result" }, h("code", {}, JSON.stringify(result, null, 2)));
	return [facts(known.map(([name, [label, show]]) => [label, show(result[name])])), groups(result, "model"), groups(result, "client")];
}

const said = (args) => Object.values(args ?? {}).map(String).join(", ");

export const toolCalls = (tools) =>
	tools.map(({ name, arguments: args, result, duration_ms: took }) =>
		h("details.tool", { open: tools.length === 1 && !result?.error },
			h("summary", {}, h("b", {}, format.title(name)), said(args) && [" · ", h("bdi", {}, format.plain(said(args)))], took !== undefined && ` · ${format.ms(took)}`, result?.error && " · failed"),
			resultOf(result)));
