// Axes: round numbers for values, round instants for times. Pure.

/** Steps of 1, 2 or 5 × 10^n from 0 to at least max: { max, ticks }. */
export function valueTicks(max, wanted = 4) {
	if (!(max > 0)) return { max: 1, ticks: [0, 1] };
	const raw = max / wanted;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
	const n = Math.ceil(max / step - 1e-9);
	return { max: n * step, ticks: Array.from({ length: n + 1 }, (_, i) => i * step) };
}

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
	1000, 5000, 15000, 30000, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE,
	HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY,
];

/** Round local instants between two, at most `wanted` of them: { step, ticks }. */
export function timeTicks(from, to, wanted = 6) {
	const step = STEPS.find((v) => (to - from) / v <= wanted) ?? STEPS.at(-1);
	const shift = new Date(from).getTimezoneOffset() * MINUTE;
	const ticks = [];
	for (let t = Math.ceil((from - shift) / step) * step + shift; t <= to; t += step) ticks.push(t);
	return { step, ticks };
}

/**
 * The points of a series with its silent steps filled in as 0, so that a gap is drawn as
 * nothing sent. points: [{ time, …}], ordered; blank(time) makes a point.
 */
export function fillGaps(points, from, to, step, blank) {
	const at = new Map(points.map((point) => [Math.floor(point.time / step), point]));
	const out = [];
	for (let k = Math.floor(from / step); k <= Math.floor(to / step); k++)
		out.push(at.get(k) ?? blank(k * step));
	return out;
}
