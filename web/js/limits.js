// Upstream limits as gauges: one for each window and scope.

import { h } from "./dom.js";
import * as format from "./format.js";
import { gauge } from "./parts.js";

const window = (s) => (s === 60 ? "a minute" : s === 3600 ? "an hour" : `in ${format.seconds(s)}`);

/** "Requests a minute", and whose where it is not all keys'. */
export const limitName = ({ scope, unit, window_seconds: s }) =>
	`${format.title(unit)} ${window(s)}${scope !== "all" ? `, ${scope}` : ""}`;

/** Is a key kept from sending what it may? A hold whose time is over waits for a request only. */
export const isHeld = ({ state, remaining_seconds: left }) => state !== "steady" && (state !== "hold" || left > 0);

/** rate_limiting of the monitoring: [{ scope, unit, window_seconds, limit, used }]. */
export function limitGauges(limits) {
	const some = limits.filter(({ limit }) => limit > 0);
	if (!some.length) return h("p.note", {}, "No limit is configured: requests leave as they come.");
	return some.map((one) =>
		gauge({
			label: limitName(one),
			used: one.used,
			limit: one.limit,
			sub: `${format.short(Math.max(0, one.limit - one.used))} left`,
		}));
}
