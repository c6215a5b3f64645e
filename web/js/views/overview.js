// Overview: is all well, what does it cost, how near are the limits.

import { sentenceOf } from "../alerts.js";
import { timeChart } from "../chart.js";
import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { limitGauges } from "../limits.js";
import { card, change, empty, head, later, shares, status, tiles, verdictOf } from "../parts.js";
import { points, sumOf } from "../series.js";
import { statusOf } from "../states.js";

const EVERY_MS = 5000;
const HOUR = 3600000;
const DAY = 24 * HOUR;
const MOST_NAMES = 5;

const CURL = `curl -N ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer $ATLAS_TOKEN" -H "Content-Type: application/json" \\
  -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'`;

// What these say, the status of the limits says too.
const OF_LIMITS = ["utilization", "stabilization", "key_out_of_service"];

/** [level, sentence] of the limits and keys, of readiness and of alerts. */
function judge(ready, now, alerts) {
	if (now.status === "error") return ["error", statusOf(now)];
	if (ready.status !== "ready") return ["error", `Not ready: ${ready.reasons.map(format.words).join(", ")}.`];
	const firing = alerts.filter(({ state, alert }) => state === "firing" && !OF_LIMITS.includes(alert));
	if (!firing.length) return [now.status, statusOf(now)];
	return ["warning", [...firing.map((one) => `${format.title(one.alert)}: ${sentenceOf(one)}.`), now.status !== "healthy" && statusOf(now)].filter(Boolean).join(" ")];
}

/** What this day came to in a list of days, as the ledger cuts them. */
const todayOf = (days, now) => days.find(({ day }) => Date.parse(day) === now - (now % DAY)) ?? {};

const unknownOf = ({ unknown_cost_usd: unknown }) => (unknown > 0 ? `of it unknown at most ${format.usd(unknown)}` : "");

const ahead = ({ expected_usd: expected }) => ((expected ?? null) === null ? "" : `about ${format.usd(expected)} by its end`);

const modelShares = (models, total, to) =>
	shares([...models].sort((a, b) => b.total_cost_usd - a.total_cost_usd).slice(0, MOST_NAMES).map((one) =>
		({ name: format.named("model", one.model, one.names), more: `, ${format.many(one.request_count, "request")}`, value: format.costOf(one), part: format.isUnpriced(one) ? undefined : total > 0 ? one.total_cost_usd / total : 0, href: to("usage", { by: "model" }) })));

// What asks for a look: what stands out, and what is advised.
const newsOf = ({ issues, suggestions, performance_score: score }) =>
	h("ul.items", {},
		h("li", {}, h(".row", {}, h("strong", {}, `Score ${format.decimal(0)(score)} of 100`), verdictOf(score))),
		[...issues, ...suggestions].slice(0, 3).map((text) => h("li.note", {}, format.sentence(text))));

export function mount(root, { api, to, watch }) {
	const problem = h("div");
	const word = h("div", { role: "status" });
	const top = tiles([
		["today", "Spent today", "Since midnight in UTC"],
		["month", "Spent this month"],
		["requests", "Requests in 24 hours"],
		["tokens", "Tokens in 24 hours"],
		["success", "Success"],
		["wait", "Wait in the queue", "Half of all requests of 24 hours wait no longer"],
		["first", "First token", "Half of all answers of 24 hours begin within this time"],
		["unknown", "Unknown", "Requests whose end nobody knows; they count at their upper bound"],
	]);
	const chart = timeChart({ title: "Cost by hour", show: format.usd, fileName: "atlas-cost-24h" });
	const limits = h(".gauges");
	const models = later(6);
	const news = later(4);
	const more = (name, text) => h("a", { href: to(name) }, text);
	const first = h(".card", { hidden: true }, empty("Nothing has been asked yet", "Open the chat, or send the first request from a shell:", CURL));
	const rest = [
		top.element,
		h(".columns.main", {},
			card("Cost by hour", chart.element, { tools: [...chart.tools, more("usage", "All usage")] }),
			card("Limits upstream", limits, { tools: [more("limits", "All limits")] })),
		h(".columns", {},
			card("Where it went in 24 hours", models, { tools: [more("usage", "Clients, sessions")] }),
			card("What stands out", news, { tools: [more("performance", "Performance")] })),
	];
	replace(root, h(".page", {}, head("Overview", null), problem, word, first, rest));
	let said = "";

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: async (signal) => {
			const get = (path, params) => api.get(path, params, signal);
			const [usage, both, cost, performance, ready, limitsNow, { alerts }] = await Promise.all([
				get("/monitoring/token-usage", { hours: 24 }),
				get("/monitoring/token-usage", { hours: 48 }),
				get("/monitoring/cost-breakdown", { hours: 24 }),
				get("/monitoring/performance", { hours: 24 }),
				api.ready(signal).then((answer) => answer ?? { status: "not_ready", reasons: ["no answer"] }),
				get("/monitoring/rate-limits"),
				get("/monitoring/alerts"),
			]);
			return { usage, both, cost, performance, ready, limitsNow, alerts };
		},
		show({ usage: { token_usage: used, series }, both, cost, performance, ready, limitsNow, alerts }) {
			const now = Date.now();
			const verdict = judge(ready, limitsNow, alerts);
			if (said !== verdict.join()) replace(word, status(...verdict));
			said = verdict.join();
			const before = sumOf(both.series, now - 2 * DAY, now - DAY);
			const { metrics, success_rate: success, retries } = performance;
			const { day, month } = cost.forecast;
			first.hidden = used.attempt_count > 0 || both.token_usage.attempt_count > 0;
			for (const part of rest) part.hidden = !first.hidden;
			top.set({
				today: [format.usd(day.spent_usd), [unknownOf(todayOf(cost.by_day, now)), ahead(day)].filter(Boolean).join("; ")],
				month: [format.usd(month.spent_usd), ahead(month)],
				requests: [format.count(used.request_count), change(used.request_count, before.request_count, "the day before")],
				tokens: [format.short(used.total_tokens), `${format.short(used.total_prompt_tokens)} in, ${format.short(used.total_completion_tokens)} out`],
				success: [metrics.attempt_count ? format.percent(success) : format.NONE, `retries called for: ${format.count(retries.attempts_retried)}`],
				wait: [metrics.queue_wait_ms.count ? format.ms(metrics.queue_wait_ms.p50) : format.NONE, `99% within ${format.ms(metrics.queue_wait_ms.p99)}`],
				first: [metrics.first_token_ms.count ? format.ms(metrics.first_token_ms.p50) : format.NONE, `99% within ${format.ms(metrics.first_token_ms.p99)}`],
				unknown: [format.count(used.unknown_requests), used.unknown_requests > 0 ? `up to ${format.usd(used.unknown_cost_usd)}` : "every request has its end"],
			});
			const list = points(series, now - DAY, now, HOUR);
			chart.set({ times: list.map((p) => p.time), step: HOUR, series: [{ name: "Cost", values: list.map((p) => p.total_cost_usd) }] });
			replace(limits, limitGauges(limitsNow.limits));
			replace(models, used.attempt_count ? modelShares(cost.by_model, Number(cost.total_cost_usd), to) : h("p.note", {}, "Nothing yet."));
			replace(news, used.attempt_count ? newsOf(performance) : h("p.note", {}, "Nothing yet."));
		},
	});
}
