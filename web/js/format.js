// Numbers, money and times as this reader writes them. A value that is not known is "–",
// never 0.

export const NONE = "–";

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const hourMinute = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const monthDay = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const utcDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const utcMonthDay = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const moneyBy = new Map();

const isKnown = (v) => v !== null && v !== undefined && v !== "" && Number.isFinite(Number(v));

const known = (format) => (v) => (isKnown(v) ? format(Number(v)) : NONE);

export const count = known((v) => whole.format(v));

/** 1,234 as it is, 1,234,567 as 1.2M. */
export const short = known((v) => (Math.abs(v) < 10000 ? whole.format(v) : compact.format(v)));

/** "1 request", "2 requests"; show: how the number is written. */
export const many = (v, what, show = count) => `${show(v)} ${what}${Number(v) === 1 ? "" : "s"}`;

export const decimal = (digits) =>
	known((v) => v.toLocaleString(undefined, { maximumFractionDigits: digits }));

const inPercent = (v, digits) => v.toLocaleString(undefined, { style: "percent", maximumFractionDigits: digits });

/** A part of 1 as percent: little is not nothing, and nearly all is not all. */
export const percent = known((v) => {
	if (v > 0 && v < 0.0005) return `<${inPercent(0.001, 1)}`;
	if (v > 0.99 && v < 1) return inPercent(Math.floor(1000 * v) / 1000, 1);
	return inPercent(v, v !== 0 && v < 0.1 ? 1 : 0);
});

function money(least, most) {
	const which = `${least} ${most}`;
	if (!moneyBy.has(which))
		moneyBy.set(
			which,
			new Intl.NumberFormat(undefined, {
				style: "currency",
				currency: "USD",
				minimumFractionDigits: least,
				maximumFractionDigits: most,
			}),
		);
	return moneyBy.get(which);
}

/** How many places a sum needs: the smaller, the more. */
function placesOf(v) {
	const size = Math.abs(v);
	if (size === 0 || size >= 1) return 2;
	return size >= 0.01 ? 4 : size >= 0.0001 ? 6 : 9;
}

/** Dollars, with as many places as small sums need. */
export const usd = known((v) => money(2, placesOf(v)).format(v));

/** What is known to have been spent, and what it may come to with what nobody knows. */
export const usdUpTo = (sum, unknown) => (unknown > 0 ? `${usd(sum)}, perhaps up to ${usd(sum + unknown)}` : usd(sum));

/** The same for what stands in a column: none of the places is left out. */
export const cost = known((v) => money(placesOf(v), placesOf(v)).format(v));

export const ms = known((v) => {
	if (v < 1000) return `${whole.format(v)} ms`;
	if (v < 60000) return `${(v / 1000).toLocaleString(undefined, { maximumFractionDigits: v < 10000 ? 2 : 1 })} s`;
	return span(v / 1000);
});

const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text of elsewhere, with what cannot be seen or turns its direction written out: "a\u202eb". */
export const plain = (text) => String(text).replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A name, or what stands for one that a request does not have, "no model", or for so many
 * others at the end of a list, "12 others". */
export function named(kind, name, others) {
	if (others) return many(others, "other");
	return name ? plain(name) : `no ${kind}`;
}

/** What stands for the dollars of what has no price, a model or a relayed path: they are not nothing. */
export const UNPRICED = "no price";

/** Has nothing of a sum that may have cost something a price? */
export const isUnpriced = ({ total_cost_usd: sum, unpriced_attempts: without }) => without > 0 && !Number(sum);

/** The dollars of such a sum in a column. */
export const costOf = (sum) => (isUnpriced(sum) ? UNPRICED : cost(sum.total_cost_usd));

/** Seconds as people say them: 45 s, 3 min 5 s, 2 h 10 min, 4 d 3 h. */
export const seconds = known(span);

/** The same for what nobody counts down by the second: 45 s, 4 min, 1 h. */
export const soon = known((v) => span(v < 120 ? v : 60 * Math.round(v / 60)));

function span(v) {
	const s = Math.max(0, Math.round(v));
	if (s < 60) return `${s} s`;
	if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
	if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
	return two(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

const two = (a, unitA, b, unitB) => (b ? `${a} ${unitA} ${b} ${unitB}` : `${a} ${unitA}`);

const date = (v) => (v === null || v === undefined || v === "" ? undefined : new Date(v));

/** The time of today, the day and the time of what is older. */
export const recent = (v, now = Date.now()) => {
	const at = date(v);
	if (!at) return NONE;
	const isToday = at.toDateString() === new Date(now).toDateString();
	return isToday ? clock.format(at) : `${monthDay.format(at)}, ${hourMinute.format(at)}`;
};

export const when = (v) => (date(v) ? dateTime.format(date(v)) : NONE);
/** A day in UTC, by its beginning. */
export const day = (v) => (date(v) ? `${utcDay.format(date(v))}, UTC` : NONE);
export const time = (v) => (date(v) ? clock.format(date(v)) : NONE);

/** How long ago, or in how long. */
export function relative(v, now = Date.now()) {
	if (!date(v)) return NONE;
	const s = (date(v).getTime() - now) / 1000;
	const size = Math.abs(s);
	if (size < 60) return ago.format(Math.round(s), "second");
	if (size < 3600) return ago.format(Math.round(s / 60), "minute");
	if (size < 86400) return ago.format(Math.round(s / 3600), "hour");
	return ago.format(Math.round(s / 86400), "day");
}

/** The label of a step of so many ms on a time axis. */
export function tick(v, stepMs) {
	const at = new Date(v);
	const isMidnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
	if (stepMs >= 86400000 || (isMidnight && stepMs >= 60000)) return monthDay.format(at);
	return (stepMs < 60000 && at.getSeconds() ? clock : hourMinute).format(at);
}

/** The same where the steps are days in UTC: what is not the beginning of one has none. */
export const dayTick = (v) => (v % 86400000 === 0 ? utcMonthDay.format(v) : "");

/** snake_case of an answer as words. */
export const words = (text) => String(text).replaceAll("_", " ");

/** A sentence of an answer, with its times and long numbers as this reader writes them. */
export const sentence = (text) =>
	plain(text).replace(/^./, (first) => first.toUpperCase()).replace(/\b(\d+) ms\b/g, (_, v) => ms(v)).replace(/\b\d{5,}\b/g, (digits) => count(digits)).replace(/(\d) %/g, "$1%");

/** The same as the beginning of a line. */
export const title = (text) => words(text).replace(/^./, (first) => first.toUpperCase());

/** An instant to the millisecond, to tell steps apart. */
export const exact = (v) => new Date(v).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
