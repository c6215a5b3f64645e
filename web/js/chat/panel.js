// The monitoring beside a chat: the limits as they stand, and what was used.

import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, facts } from "../parts.js";
import { limitGauges } from "../limits.js";
import { totals } from "./store.js";

const EVERY_MS = 5000;

/** chatNow() gives the chat that is shown. */
export function mountPanel(panel, { api, live, watch }, chatNow) {
	const problem = h("div");
	const broken = h("div");
	const limits = h(".gauges");
	const queue = h("div");
	const hour = h("div");
	const own = h("div");
	replace(panel, problem, broken, card("Limits", limits), card("Queue", queue), card("This chat", own), card("The last hour", hour));
	live({
		place: broken,
		on: {
			"rate-limits": ({ limits: all }) => replace(limits, limitGauges(all)),
			"queue-status": ({ queue: q }) => replace(queue, facts([
				["Waiting", format.count(q.queue_size)],
				["Running", format.count(q.processing_count)],
				["Wait, half of all", format.ms(q.wait_ms.p50)],
			])),
		},
	});
	watch({
		ms: EVERY_MS,
		place: problem,
		ask: (signal) => api.get("/monitoring/token-usage", { hours: 1 }, signal),
		show({ token_usage: used }) {
			const sum = totals(chatNow());
			replace(own, facts([
				["Answers", format.count(sum.answers)],
				["Tokens", format.count(sum.tokens)],
				["Cost", format.usdUpTo(sum.cost, sum.unknownCost)],
			]));
			replace(hour, facts([
				["Requests", format.count(used.request_count)],
				["Tokens", format.count(used.total_tokens)],
				["Cost", format.usd(used.total_cost_usd)],
			]));
		},
	});
}
