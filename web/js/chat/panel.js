// The monitoring beside a chat: the limits as they stand, and what was used.

import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, facts } from "../parts.js";
import { limitGauges } from "../limits.js";
import { totals } from "./store.js";

const EVERY_MS = 2000;

/** chatNow() gives the chat that is shown. */
export function mountPanel(panel, { api, watch }, chatNow) {
	const problem = h("div");
	const limits = h(".gauges");
	const hour = h("div");
	const own = h("div");
	replace(panel, problem, card("Limits", limits), card("This chat", own), card("The last hour", hour));
	watch({
		ms: EVERY_MS,
		place: problem,
		ask: (signal) => api.get("/monitoring/token-usage", { hours: 1 }, signal),
		show({ token_usage: used, rate_limiting: all }) {
			const sum = totals(chatNow());
			replace(limits, limitGauges(all));
			replace(own, facts([
				["Answers", format.count(sum.answers)],
				["Tokens", format.count(sum.tokens)],
				["Cost", format.usd(sum.cost)],
			]));
			replace(hour, facts([
				["Requests", format.count(used.request_count)],
				["Tokens", format.count(used.total_tokens)],
				["Cost", format.usd(used.total_cost_usd)],
			]));
		},
	});
}
