// The time series of the monitoring, ready for charts. Pure.

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The step a period is drawn in: minutes, hours up to a week, then days, which are those of
 * the ledger and of the budgets, in UTC. */
export const stepOf = (hours) => (hours <= 3 ? MINUTE : hours <= 168 ? HOUR : DAY);

// Points of a trend have only some of these.
const COUNTS = ["request_count", "total_tokens", "total_prompt_tokens", "total_cached_tokens", "total_completion_tokens", "total_cost_usd"];

const blank = (time) => ({ time, ...Object.fromEntries(COUNTS.map((name) => [name, 0])) });

function addTo(sum, point) {
	for (const name of COUNTS) sum[name] += Number(point[name] ?? 0);
	return sum;
}

// With the silent steps filled in as 0, so that a gap is drawn as nothing sent.
function fillGaps(points, from, to, step, blank) {
	const at = new Map(points.map((point) => [Math.floor(point.time / step), point]));
	const out = [];
	for (let k = Math.floor(from / step); k <= Math.floor(to / step); k++)
		out.push(at.get(k) ?? blank(k * step));
	return out;
}

/** series[] of token-usage as evenly spaced points of `step`, from `from` to `to`. */
export function points(series, from, to, step) {
	const sums = new Map();
	for (const point of series) {
		const time = Date.parse(point.from);
		if (time < from - step || time > to) continue;
		const start = Math.floor(time / step) * step;
		sums.set(start, addTo(sums.get(start) ?? blank(start), point));
	}
	return fillGaps([...sums.values()], from, to, step, blank);
}

/** The sums of a stretch of time. */
export const sumOf = (series, from, to) =>
	series
		.filter((point) => Date.parse(point.from) >= from && Date.parse(point.from) < to)
		.reduce(addTo, blank(from));
