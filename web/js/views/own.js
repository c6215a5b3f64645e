// My use: what the token that asks has used, and what is left of its limits and budgets.

import { timeChart } from "../chart.js";
import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, gauge, head, periodName, PERIODS, segments, tiles } from "../parts.js";
import { points, stepOf } from "../series.js";
import { LIMITS } from "../token_limits.js";

const EVERY_MS = 10000;
const HOUR = 3600000;

/** What is left of it; and when its last request did not fit in that. */
function leftOf([name, , show], { in_force: bounds, use, refused_at: refused }) {
	const left = `${show(Math.max(0, bounds[name] - use[name]))} left`;
	return refused?.[name] ? `${left}; a request did not fit at ${format.when(refused[name])}` : left;
}

function gauges(token) {
	const { in_force: bounds, use, refused_at: refused } = token;
	const some = LIMITS.filter(([name]) => bounds?.[name] > 0 && use?.[name] !== undefined);
	if (!some.length) return h("p.note", {}, "Nothing bounds this token.");
	return some.map((limit) => {
		const [name, label, show] = limit;
		return gauge({ label, used: use[name], limit: bounds[name], show, isNear: Boolean(refused?.[name]), sub: leftOf(limit, token) });
	});
}

export function mount(root, { api, params, href, watch }) {
	const hours = Math.min(8760, Math.max(1, Number(params.get("hours")) || 24));
	const problem = h("div");
	const limits = h(".gauges");
	const top = tiles([
		["requests", "Requests"],
		["tokens", "Tokens"],
		["cost", "Cost", "Requests whose end nobody knows count at their upper bound"],
	]);
	const chart = timeChart({ title: "Cost", show: format.usd, least: 0, fileName: `atlas-own-${hours}h` });
	replace(root, h(".page", {},
		head("My use", `What was asked with this token in ${periodName(hours)}.`, segments("Period", hours, PERIODS, (value) => href({ hours: value }))),
		problem, top.element,
		h(".columns", {}, card("Cost", chart.element, { tools: chart.tools }), card("Limits of this token", limits))));

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: (signal) => api.get("/monitoring/token-usage", { hours }, signal),
		show({ token_usage: used, series, token }) {
			const now = Date.now();
			const step = stepOf(hours);
			const list = points(series, now - hours * HOUR, now, step);
			top.set({
				requests: format.count(used.request_count),
				tokens: [format.short(used.total_tokens), `${format.short(used.total_prompt_tokens)} in, ${format.short(used.total_completion_tokens)} out`],
				cost: [format.usd(used.total_cost_usd), used.unknown_requests > 0 ? `of it unknown at most ${format.usd(used.unknown_cost_usd)}` : "every request has its end"],
			});
			chart.set({ times: list.map((p) => p.time), step, series: [{ name: "Cost", values: list.map((p) => p.total_cost_usd) }] });
			replace(limits, gauges(token));
		},
	});
}
