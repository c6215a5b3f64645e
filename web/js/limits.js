// Upstream limits as gauges: one for each window and scope.

import { h } from "./dom.js";
import * as format from "./format.js";
import { gauge } from "./parts.js";

const window = (s) => (s === 60 ? "a minute" : s === 3600 ? "an hour" : `in ${format.seconds(s)}`);

/** rate_limiting of the monitoring: [{ scope, unit, window_seconds, limit, used }]. */
export function limitGauges(limits) {
	const some = limits.filter(({ limit }) => limit > 0);
	if (!some.length) return h("p.note", {}, "No limit is configured: requests leave as they come.");
	return some.map(({ scope, unit, window_seconds: s, limit, used }) =>
		gauge({
			label: `${format.title(unit)} ${window(s)}${scope !== "all" ? `, ${scope}` : ""}`,
			used,
			limit,
			sub: `${format.short(Math.max(0, limit - used))} left`,
		}));
}
