// Upstream limits as gauges: one for each window and scope.

import { h } from "./dom.js";
import * as format from "./format.js";
import { gauge } from "./parts.js";

const window = (s) => (s === 60 ? "minute" : s === 3600 ? "hour" : format.seconds(s));

/** rate_limiting of the monitoring: [{ scope, unit, window_seconds, limit, used }]. */
export function limitGauges(limits) {
	if (!limits.length) return h("p.note", {}, "No limit is configured: requests leave as they come.");
	return limits.map(({ scope, unit, window_seconds: s, limit, used }) =>
		gauge({
			label: `${format.words(unit)[0].toUpperCase()}${format.words(unit).slice(1)} a ${window(s)}${scope !== "all" ? `, ${scope}` : ""}`,
			used,
			limit,
			sub: `${format.short(Math.max(0, limit - used))} left`,
		}));
}
