// Overview: is all well, what does it cost, how near are the limits.

import { sentenceOf } from "../alerts.js";
import { timeChart } from "../chart.js";
import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { limitGauges } from "../limits.js";
import { card, empty, head, status, tiles } from "../parts.js";
import { points, sumOf } from "../series.js";

const EVERY_MS = 3000;
const HOUR = 3600000;
const NEAR = 0.8;

const CURL = `curl -N ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer $ATLAS_TOKEN" -H "Content-Type: application/json" \\
  -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'`;

/** [level, word, sentence] of the upstream keys, of readiness, alerts and limits. */
function judge(ready, limits, keys, alerts) {
	const out = keys.find(({ state }) => state === "out_of_service");
	if (out)
		return ["error", "Down", `The upstream key ${out.name} is out of service: refused, or without credit. Replace the key or add credit, then run atlasctl reload.`];
	if (ready.status !== "ready")
		return ["error", "Down", `Requests cannot be served now: ${ready.reasons.map(format.words).join(", ")}.`];
	const firing = alerts.filter(({ state }) => state === "firing");
	if (firing.length)
		return ["warning", firing.length === 1 ? format.title(firing[0].alert) : `${firing.length} alerts`, `${firing.map(sentenceOf).join(". ")}.`];
	const near = limits.filter(({ used, limit }) => limit > 0 && used / limit >= NEAR);
	if (near.length)
		return ["warning", "Limited", `${near.map(({ unit, window_seconds: s }) => `${unit} of ${format.seconds(s)}`).join(", ")}: at ${format.percent(NEAR)} of the limit or more. What does not fit waits in the queue.`];
	return ["healthy", "Healthy", "Requests are served, no limit is near."];
}

export function mount(root, { api, to, watch }) {
	const problem = h("div");
	const word = h("div", { role: "status" });
	const top = tiles([
		["today", "Spent today"],
		["hour", "Spent in the last hour"],
		["requests", "Requests in 24 hours"],
		["tokens", "Tokens in 24 hours"],
		["unknown", "Not settled", "Requests whose end nobody knows; they count at their upper bound"],
	]);
	const chart = timeChart({ title: "Cost by hour", show: format.usd, fileName: "atlas-cost-24h" });
	const limits = h(".gauges");
	const first = h(".card", { hidden: true }, empty("Nothing has been asked yet", "Open the chat, or send the first request from a shell:", CURL));
	replace(root, h(".page", {}, head("Overview"), problem, word, first, top.element,
		h(".columns", {},
			card("Cost by hour", chart.element, { tools: [...chart.tools, h("a", { href: to("usage") }, "All usage")] }),
			card("Limits upstream", limits))));
	let said = "";

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: async (signal) => {
			const [usage, ready, { keys }, { alerts }] = await Promise.all([
				api.get("/monitoring/token-usage", { hours: 24 }, signal),
				api.ready(signal).then((answer) => answer ?? { status: "not_ready", reasons: ["no answer"] }),
				api.get("/monitoring/rate-limits", undefined, signal),
				api.get("/monitoring/alerts", undefined, signal),
			]);
			return { usage, ready, keys, alerts };
		},
		show({ usage: { token_usage: used, series, rate_limiting: all }, ready, keys, alerts }) {
			const now = Date.now();
			const verdict = judge(ready, all, keys, alerts);
			if (said !== verdict.join()) replace(word, status(...verdict));
			said = verdict.join();
			const today = sumOf(series, new Date(now).setHours(0, 0, 0, 0), now);
			const hour = sumOf(series, Math.floor(now / HOUR) * HOUR, now);
			first.hidden = used.attempt_count > 0;
			top.set({
				today: [format.usd(today.total_cost_usd), `${format.count(today.request_count)} requests`],
				hour: [format.usd(hour.total_cost_usd), `${format.count(hour.request_count)} requests since the full hour`],
				requests: [format.count(used.request_count), `${format.count(used.attempt_count)} attempts`],
				tokens: [format.short(used.total_tokens), `${format.short(used.total_prompt_tokens)} in, ${format.short(used.total_completion_tokens)} out`],
				unknown: [format.count(used.unknown_requests), used.unknown_requests > 0 ? `up to ${format.usd(used.unknown_cost_usd)}` : "every request has its end"],
			});
			const list = points(series, now - 24 * HOUR, now, HOUR);
			chart.set({ times: list.map((p) => p.time), step: HOUR, series: [{ name: "Cost", values: list.map((p) => p.total_cost_usd) }] });
			replace(limits, limitGauges(all));
		},
	});
}
