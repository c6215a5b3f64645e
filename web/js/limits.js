// Upstream limits as gauges: one for each window and scope.

import { h } from "./dom.js";
import * as format from "./format.js";
import { gauge } from "./parts.js";

const window = (s) => (s === 60 ? "a minute" : s === 3600 ? "an hour" : `in ${format.seconds(s)}`);

/** "Requests a minute", and whose where it is not all keys'. */
export const limitName = ({ scope, unit, window_seconds: s }) =>
	`${format.title(unit)} ${window(s)}${scope !== "all" ? `, ${scope}` : ""}`;

/** When there is room again, and when all of it. */
const back = ({ limit, used, used_up: what, room_in_seconds: room, empty_in_seconds: whole }) =>
	room > 0 ? `${what === "burst" ? "its burst is used up, " : ""}room in ${format.soon(room)}` : [`${format.short(limit - used)} left`, whole > 0 && `all back in ${format.soon(whole)}`].filter(Boolean).join(", ");

/** limits of the monitoring. */
export function limitGauges(limits) {
	const some = limits.filter(({ limit }) => limit > 0);
	if (!some.length) return h("p.note", {}, "No limit is configured: requests leave as they come.");
	return some.map((one) =>
		gauge({
			label: limitName(one),
			used: one.used,
			limit: one.limit,
			sub: back(one),
		}));
}
