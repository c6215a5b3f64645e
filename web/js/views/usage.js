// Usage: tokens, requests and dollars over a period, beside the period before.

import { timeChart } from "../chart.js";
import { download, h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, change, empty, head, later, periodName, PERIODS, segments, tiles } from "../parts.js";
import { points, stepOf, sumOf } from "../series.js";
import { scrolling, table, toCsv } from "../table.js";

const EVERY_MS = 15000;
const HOUR = 3600000;
const MOST_HOURS = 8760;
const LEAST = 4;

const GROUPS = [["model", "Model"], ["client", "Client"], ["session", "Session"], ["key", "Key"]];
const nameIn = { model: "model", client: "client", session: "session_id", key: "key" };

// What tokens are made of, from the ground up.
const TOKENS = [
	["In, not from the cache", (p) => p.total_prompt_tokens - p.total_cached_tokens],
	["In, from the cache", (p) => p.total_cached_tokens],
	["Out", (p) => p.total_completion_tokens],
];

const SUMS = ["request_count", "total_prompt_tokens", "total_cached_tokens", "total_completion_tokens"];

const columnsOf = (label) => [
	{ key: "name", label, text: true },
	{ key: "request_count", label: "Requests", number: true, show: format.count },
	{ key: "total_prompt_tokens", label: "Tokens in", number: true, show: format.count },
	{ key: "total_cached_tokens", label: "of them cached", number: true, show: format.count },
	{ key: "total_completion_tokens", label: "Tokens out", number: true, show: format.count },
	{ key: "cost", label: "Cost", number: true, raw: (row) => (format.isUnpriced(row) ? null : row.total_cost_usd), cell: format.costOf },
	{ key: "share", label: "Of all", number: true, show: format.percent },
];

// Two clients may have had one name after another.
const nameOf = (by, name, { names, revoked }) => `${format.named(by, name, names)}${revoked ? " (revoked)" : ""}`;

const rowsOf = (by, groups, total) =>
	groups.map((row) => ({ ...row, name: nameOf(by, row[nameIn[by]], row), share: total && !format.isUnpriced(row) ? row.total_cost_usd / total : undefined }));

// The names that have these letters, and what they come to.
function groupTable(label, rows, wanted, pager) {
	const found = rows.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase()));
	const sum = (key) => found.reduce((all, row) => all + Number(row[key]), 0);
	return scrolling(`By ${label.toLowerCase()}`, table({
		caption: `Usage by ${label.toLowerCase()}`,
		sort: ["cost", "descending"],
		columns: columnsOf(label),
		rows: found,
		pager,
		foot: { name: found.length < rows.length ? "All of these" : "All", ...Object.fromEntries(SUMS.map((key) => [key, format.count(sum(key))])), cost: format.usd(sum("total_cost_usd")) },
	}));
}

export function mount(root, { api, params, href, go, watch }) {
	const hours = Math.min(MOST_HOURS, Math.max(1, Number(params.get("hours")) || 24));
	const by = nameIn[params.get("by")] ? params.get("by") : "model";
	const label = GROUPS.find(([name]) => name === by)[1];
	const groups = later(8);
	const search = h("input", { type: "search", placeholder: `Find a ${label.toLowerCase()}`, "aria-label": `Find a ${label.toLowerCase()}`, oninput: () => fill() });
	let rows = [];
	const pager = h(".pager");
	const fill = () => replace(groups, groupTable(label, rows, search.value, pager));
	const save = () => download(`atlas-by-${by}-${hours}h.csv`, toCsv(columnsOf(label), rows), "text/csv");
	const problem = h("div");
	const top = tiles([
		["requests", "Requests"],
		["tokens", "Tokens"],
		["cost", "Cost"],
		["average", "Tokens a request"],
		["cached", "From the cache", "The part of the prompt tokens that was cached"],
		["unknown", "Unknown", "Requests whose end nobody knows; they count at their upper bound. Estimated is what was answered without a report of its usage"],
	]);
	const zoom = (from) => go({ hours: Math.max(1, Math.ceil((Date.now() - from) / HOUR)) });
	const charts = [
		["total_cost_usd", "Cost", format.usd],
		["total_tokens", "Tokens", format.short],
		["request_count", "Requests", format.short],
	].map(([key, what, show]) => [key, key === "total_tokens" ? what : `${what} by ${by}`, show])
		.map(([key, title, show]) => ({ key, title, chart: timeChart({ title, show, least: show === format.usd ? 0 : LEAST, onZoom: zoom, fileName: `atlas-${key}-${hours}h` }) }));
	const body = h(".page", {},
		head("Usage", `What went through Atlas in ${periodName(hours)}.`, segments("Group by", by, GROUPS, (value) => href({ by: value })), segments("Period", hours, PERIODS, (value) => href({ hours: value }))),
		problem, top.element,
		h(".columns", {}, charts.map(({ title, chart }, i) => card(title, chart.element, { tools: chart.tools, wide: i === 0 }))),
		card("Where it went", [groups, pager], { flush: true, tools: [search, h("button.quiet", { type: "button", onclick: save }, "CSV")] }));
	const none = h(".page", { hidden: true }, head("Usage", `Nothing went through Atlas in ${periodName(hours)}.`, segments("Period", hours, PERIODS, (value) => href({ hours: value }))),
		h(".card", {}, empty("No request in this period", "Ask something in the chat, or point an application's OpenAI SDK at this address:", `base_url = "${location.origin}/v1"`)));
	replace(root, body, none);

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: async (signal) => {
			const [both, own, cost] = await Promise.all([
				api.get("/monitoring/token-usage", { hours: Math.min(MOST_HOURS, 2 * hours) }, signal),
				api.get("/monitoring/token-usage", { hours, by }, signal),
				api.get("/monitoring/cost-breakdown", { hours }, signal),
			]);
			return { both, own, cost };
		},
		show({ both, own: { token_usage: used, series, series_by: trends }, cost }) {
			const now = Date.now();
			const from = now - hours * HOUR;
			const before = 2 * hours <= MOST_HOURS ? sumOf(both.series, from - hours * HOUR, from) : {};
			body.hidden = used.request_count === 0 && used.attempt_count === 0;
			none.hidden = !body.hidden;
			const against = (value, old) => change(Number(value), Number(old), "the period before");
			top.set({
				requests: [format.count(used.request_count), against(used.request_count, before.request_count)],
				tokens: [format.short(used.total_tokens), against(used.total_tokens, before.total_tokens)],
				cost: [format.usd(used.total_cost_usd), used.unpriced_attempts > 0 ? `without ${format.many(used.unpriced_attempts, "attempt")} that ${used.unpriced_attempts === 1 ? "has" : "have"} no price` : against(used.total_cost_usd, before.total_cost_usd)],
				average: [(used.average_tokens_per_request < 100 ? format.decimal(1) : format.short)(used.average_tokens_per_request), `${format.short(used.total_prompt_tokens)} in, ${format.short(used.total_completion_tokens)} out`],
				cached: [format.percent(used.total_prompt_tokens ? used.total_cached_tokens / used.total_prompt_tokens : 0), format.many(used.total_cached_tokens, "token", format.short)],
				unknown: [format.count(used.unknown_requests), used.unknown_requests > 0 ? `up to ${format.usd(used.unknown_cost_usd)}` : "every request has its end"],
			});
			rows = rowsOf(by, cost[`by_${by}`], Number(cost.total_cost_usd));
			fill();
			const step = stepOf(hours);
			const list = points(series, from, now, step);
			const strands = trends.map((trend) => ({ name: nameOf(by, trend.name, trend), list: points(trend.points, from, now, step) }));
			for (const { key, chart } of charts)
				chart.set({
					times: list.map((p) => p.time),
					step,
					series: key === "total_tokens"
						? TOKENS.map(([name, of]) => ({ name, values: list.map(of) }))
						: strands.map((one) => ({ name: one.name, values: one.list.map((p) => p[key]) })),
				});
		},
	});
}
