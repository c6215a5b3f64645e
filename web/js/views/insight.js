// Insight: where the money goes, where it is going, and what could be done about it.

import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, chip, head, periodName, PERIODS, segments, tiles } from "../parts.js";
import { scrolling, table } from "../table.js";

const EVERY_MS = 30000;
const DIRECTIONS = { rising: "warn", falling: "good" };

const moves = ({ direction, change_percent: change, previous_usd: before }) => [
	chip(direction, DIRECTIONS[direction] ?? ""),
	` ${change === null ? "nothing in the period before" : `${change > 0 ? "+" : ""}${format.decimal(1)(change)} % on ${format.usd(before)}`}`,
];

// What each model's answers cost beside the others': the first thing to look at.
const priceTable = (models) =>
	scrolling("Models", table({
		caption: "What models cost",
		sort: ["total_cost_usd", "descending"],
		columns: [
			{ key: "model", label: "Model", text: true },
			{ key: "total_cost_usd", label: "Cost", number: true, show: format.usd },
			{ key: "share", label: "Of all", number: true, show: format.percent },
			{ key: "request", label: "A request", number: true, show: format.usd },
			{ key: "thousand", label: "1,000 tokens", number: true, show: format.usd },
			{ key: "cached", label: "From the cache", number: true, show: format.percent },
		],
		rows: models.map((one) => ({
			...one,
			share: models.total ? one.total_cost_usd / models.total : undefined,
			request: one.request_count ? one.total_cost_usd / one.request_count : undefined,
			thousand: one.total_tokens ? (1000 * one.total_cost_usd) / one.total_tokens : undefined,
			cached: one.total_prompt_tokens ? one.total_cached_tokens / one.total_prompt_tokens : undefined,
		})),
	}));

const sentences = (list, none) =>
	list.length ? h("ul.items", {}, list.map((text) => h("li", {}, text))) : h("p.note", {}, none);

export function mount(root, { api, params, href, watch }) {
	const hours = Math.min(8760, Math.max(1, Number(params.get("hours")) || 168));
	const problem = h("div");
	const top = tiles([
		["cost", "Spent"],
		["day", "The next 24 hours", "If it goes on as in this period"],
		["week", "The next 7 days", "If it goes on as in this period"],
		["month", "The next 30 days", "If it goes on as in this period"],
		["request", "A request costs"],
	]);
	const [advice, models] = [h("div"), h("div")];
	replace(root, h(".page", {},
		head("Insight", `Where the money went in ${periodName(hours)}, and where it is going.`, segments("Period", hours, PERIODS, (value) => href({ hours: value }))),
		problem, top.element,
		card("Suggestions", advice), card("What models cost", models, { flush: true })));

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: async (signal) => {
			const [cost, performance] = await Promise.all([
				api.get("/monitoring/cost-breakdown", { hours }, signal),
				api.get("/monitoring/performance", { hours }, signal),
			]);
			return { cost, suggestions: performance.suggestions };
		},
		show({ cost, suggestions }) {
			const ahead = Object.fromEntries(Object.entries(cost.forecast).map(([name, value]) => [name, cost.request_count ? format.usd(value) : format.NONE]));
			top.set({
				cost: [format.usd(cost.total_cost_usd), moves(cost.cost_trend)],
				day: [ahead.next_24_hours_usd, "if it goes on like this"],
				week: [ahead.next_7_days_usd, "if it goes on like this"],
				month: [ahead.next_30_days_usd, `as in ${format.seconds(cost.forecast.observed_ms / 1000)} observed`],
				request: [cost.request_count ? format.usd(cost.cost_per_request) : format.NONE, `${format.usd(1000 * cost.cost_per_token)} for 1,000 tokens`],
			});
			replace(advice, sentences(suggestions, "Nothing to suggest for this period."));
			replace(models, priceTable(Object.assign(cost.by_model, { total: Number(cost.total_cost_usd) })));
		},
	});
}
