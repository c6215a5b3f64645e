// Insight: where the money goes, where it is going, and what could be done about it.

import { alertList, alertNews } from "../alerts.js";
import { timeChart } from "../chart.js";
import { h, replace, setText } from "../dom.js";
import * as format from "../format.js";
import { card, chip, empty, head, later, periodName, PERIODS, segments, tiles, timeOf } from "../parts.js";
import { scrolling, table } from "../table.js";

const EVERY_MS = 30000;
const MONTH_HOURS = 744;
const DIRECTIONS = { rising: "warn", falling: "good" };

const moves = ({ direction, change_percent: change, previous_usd: before }) =>
	change === null || !Number(before)
		? "nothing was spent in the period before"
		: [chip(direction, DIRECTIONS[direction] ?? ""), ` ${change > 0 ? "+" : ""}${format.percent(change / 100)} on ${format.usd(before)}`];

const ratio = (part, whole) => (whole > 0 ? part / whole : undefined);

/** What it has of all, and what of it costs what; what has no price has no rates either. */
function ratesOf(one, total) {
	const cached = ratio(one.total_cached_tokens, one.total_prompt_tokens);
	if (format.isUnpriced(one)) return { cached };
	const cost = one.total_cost_usd;
	return { cached, share: ratio(cost, total), request: ratio(cost, one.request_count), thousand: ratio(1000 * cost, one.total_tokens) };
}

// What each model's answers cost beside the others': the first thing to look at.
const priceTable = (models, pager) =>
	scrolling("Models", table({
		caption: "What models cost",
		pager,
		sort: ["total_cost_usd", "descending"],
		columns: [
			{ key: "model", label: "Model", text: true, raw: (row) => format.named("model", row.model, row.names) },
			{ key: "total_cost_usd", label: "Cost", number: true, cell: format.costOf },
			{ key: "share", label: "Of all", number: true, show: format.percent },
			{ key: "request", label: "A request", number: true, show: format.cost },
			{ key: "thousand", label: "1,000 tokens", number: true, show: format.cost },
			{ key: "cached", label: "Cached", number: true, show: format.percent },
		],
		rows: models.map((one) => ({ ...one, ...ratesOf(one, models.total) })),
	}));

const band = ({ low_usd: low, high_usd: high }) => (low === null || low === undefined ? format.NONE : `${format.cost(low)} to ${format.cost(high)}`);
const TOO_LITTLE = "less_than_ten_minutes_of_history";
const historyOf = ({ reason, observed_ms: ms }) => (reason === TOO_LITTLE ? "told from ten minutes of history on" : `from ${format.soon(ms / 1000)} of history`);
const NO_BOUNDS = "less_than_a_day_of_history";
const withBoundsOf = (forecast) => `${historyOf(forecast)}${forecast.reason === NO_BOUNDS ? "; between which bounds it lies is told from a day on" : ""}`;
const groundsOf = (forecast, key) => (forecast[key] ? band(forecast[key]) : historyOf(forecast));
const AHEAD = [["next_hour", "The next hour"], ["next_24_hours", "The next 24 hours"], ["next_7_days", "The next 7 days"], ["next_30_days", "The next 30 days"]];
const ENDS = [["day", "Today"], ["week", "This week"], ["month", "This month"]];

// What is expected, and between which bounds it lies nine times in ten.
function aheadTable(forecast) {
	const rows = [
		...AHEAD.map(([key, label]) => ({ label, expected: forecast[`${key}_usd`], band: band(forecast[key] ?? {}) })),
		...ENDS.filter(([key]) => forecast[key]).map(([key, label]) => ({ label, ends: `until ${format.recent(forecast[key].ends_at)}`, spent: forecast[key].spent_usd, expected: forecast[key].expected_usd, band: band(forecast[key]) })),
	];
	return scrolling("What lies ahead", table({
		caption: "What lies ahead",
		sortable: false,
		columns: [
			{ key: "label", label: "", cell: ({ label, ends }) => h("span", { title: ends }, label) },
			{ key: "spent", label: "Until now", number: true, show: format.cost },
			{ key: "expected", label: "Expected", number: true, show: format.cost },
			...(forecast.method === "outlook" ? [{ key: "band", label: "Nine times in ten", number: true, wide: true }] : []),
		],
		rows,
	}));
}

const outOf = [
	["budgets", ({ client, period, budget_usd: budget, spent_usd: spent }) => `${client}: ${format.usd(spent)} of ${format.usd(budget)} a ${period}`],
	["hour_limits", ({ unit, used, limit }) => `${format.title(unit)} an hour: ${format.short(used)} of ${format.short(limit)}`],
];

const isTooEarly = (forecast) => outOf.some(([list]) => (forecast[list] ?? []).some(({ reason }) => /^less_than_an?_/.test(reason ?? "")));

function endOf({ runs_out_at: at, reason, ends_at: anew }) {
	if (reason === "used_up") return ["is used up", anew && ["; it begins anew ", timeOf(anew)]];
	return at && ["runs out ", timeOf(at)];
}

// Only what has run out or will: the rest is no news.
function runsOut(forecast) {
	const rows = outOf.flatMap(([list, say]) => (forecast[list] ?? []).map((one) => [say(one), endOf(one)]).filter(([, end]) => end));
	return rows.length
		? h("ul.items", {}, rows.map(([text, end]) => h("li", {}, h(".row", {}, h("strong", {}, text), h("span", {}, end)))))
		: h("p.note", {}, isTooEarly(forecast) ? "There is too little history to say when a budget or an hour limit runs out." : "No budget and no hour limit runs out if it goes on like this.");
}

const FIGURES = { count: format.count, tokens: (v) => format.many(v, "token", format.short), percent: (v) => format.percent(v / 100), ms: format.ms };

const worthOf = (saves, inQuestion) =>
	saves > 0 ? chip(`would have saved ${format.usd(saves)}`, "good") : inQuestion > 0 && chip(`${format.usd(inQuestion)} unknown`, "warn");

// What would help most stands first.
const adviceList = (advice) =>
	advice.length
		? h("ul.items", {}, [...advice].sort((a, b) => b.saves_usd - a.saves_usd).map(({ text, saves_usd: saves, in_question_usd: inQuestion, figures }) =>
			h("li", {}, h(".row", {}, h("span.told", {}, format.sentence(text)), worthOf(saves, inQuestion)),
				figures.length > 0 && h("span.note", {}, figures.map(({ name, unit, value }) => `${format.words(name)} ${FIGURES[unit](value)}`).join(" · ")))))
		: h("p.note", {}, "Nothing to suggest for this period.");

const DAY = 86400000;

// What the month has come to, day by day in UTC, and on a straight way to its end.
function monthSeries(points, { expected_usd: expected, low_usd: low, high_usd: high, ends_at: end }, now) {
	const last = Date.parse(end);
	const start = Date.UTC(new Date(last - 1).getUTCFullYear(), new Date(last - 1).getUTCMonth());
	const days = Array.from({ length: Math.round((last - start) / DAY) }, (_, i) => start + i * DAY);
	const upTo = (time) => points.reduce((sum, { from, total_cost_usd: cost }) => sum + (Date.parse(from) >= start && Date.parse(from) < time ? Number(cost) : 0), 0);
	const today = days.findLastIndex((day) => day <= now);
	const spent = days.map((day, i) => (i <= today ? upTo(day + DAY) : null));
	const towards = (goal) => days.map((_, i) => (i < today ? null : spent[today] + ((goal - spent[today]) * (i - today)) / Math.max(1, days.length - 1 - today)));
	const series = [{ name: "Spent", values: spent }];
	if (expected !== null) series.push({ name: "Expected", values: towards(expected), look: "dashed" });
	if (low !== null) series.push({ name: "At least", values: towards(Math.max(low, spent[today])), look: "edge" }, { name: "At most", values: towards(high), look: "edge" });
	return { times: days, step: DAY, series };
}

const NEAR = 3;

// The month's alert as a line, where the month comes near it.
function markOf(alerts, { expected_usd: expected, high_usd: high }) {
	const value = alerts.find(({ alert }) => alert === "cost_month")?.threshold ?? 0;
	return value > 0 && value <= NEAR * (high ?? expected) ? { value, label: `alert at ${format.usd(value)}` } : undefined;
}

export function mount(root, { api, params, href, watch }) {
	const hours = Math.min(8760, Math.max(1, Number(params.get("hours")) || 168));
	const problem = h("div");
	const top = tiles([
		["cost", "Spent"],
		["day", "The next 24 hours", "If it goes on as in this period"],
		["week", "The next 7 days", "If it goes on as in this period"],
		["month", "The next 30 days", "If it goes on as in this period"],
		["request", "A request costs"],
	]);
	const chart = timeChart({ title: "This month", kind: "lines", show: format.usd, fileName: "atlas-month" });
	const seen = h("span.note");
	const [advice, ahead, models, alerts, news, ending] = [3, 8, 8, 12, 1, 1].map(later);
	const pager = h(".pager");
	const first = h(".card", { hidden: true }, empty("Nothing has been spent yet", "Ask something in the chat, or point an application's OpenAI SDK at this address:", `base_url = "${location.origin}/v1"`));
	const rest = [
		top.element,
		h(".columns.main", {}, card("This month, and its end", chart.element, { tools: chart.tools }), card("Suggestions", advice)),
		h(".columns.tables", {}, card("What lies ahead", ahead, { flush: true, tools: [seen] }), card("What models cost", [models, pager], { flush: true })),
	];
	replace(root, h(".page", {},
		head("Insight", `Where the money went in ${periodName(hours)}, and where it is going.`, segments("Period", hours, PERIODS, (value) => href({ hours: value }))),
		problem, first, rest,
		h(".columns", {}, card("Alerts", alerts), h(".stack", {}, card("Alerts of late", news), card("What runs out", ending)))));

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: async (signal) => {
			const [cost, performance, alarm, month] = await Promise.all([
				api.get("/monitoring/cost-breakdown", { hours }, signal),
				api.get("/monitoring/performance", { hours }, signal),
				api.get("/monitoring/alerts", undefined, signal),
				api.get("/monitoring/token-usage", { hours: MONTH_HOURS }, signal),
			]);
			return { cost, alarm, month, found: performance.advice };
		},
		show({ cost, alarm, month, found }) {
			first.hidden = cost.request_count > 0 || month.token_usage.attempt_count > 0;
			for (const part of rest) part.hidden = !first.hidden;
			chart.set({ ...monthSeries(month.series, cost.forecast.month, Date.now()), mark: markOf(alarm.alerts, cost.forecast.month) });
			replace(alerts, alertList(alarm.alerts));
			replace(news, alertNews(alarm.news));
			const next = (name) => (cost.request_count ? format.usd(cost.forecast[name]) : format.NONE);
			const grounds = (key) => (cost.request_count ? groundsOf(cost.forecast, key) : "");
			top.set({
				cost: [format.usd(cost.total_cost_usd), cost.request_count || Number(cost.cost_trend.previous_usd) ? moves(cost.cost_trend) : "no request in this period"],
				day: [next("next_24_hours_usd"), grounds("next_24_hours")],
				week: [next("next_7_days_usd"), grounds("next_7_days")],
				month: [next("next_30_days_usd"), grounds("next_30_days")],
				request: cost.request_count ? [format.usd(cost.cost_per_request), `${format.usd(1000 * cost.cost_per_token)} for 1,000 tokens`] : format.NONE,
			});
			setText(seen, cost.request_count ? withBoundsOf(cost.forecast) : "");
			replace(ahead, cost.request_count ? aheadTable(cost.forecast) : h("p.note.inset", {}, "With the first request there is something to look ahead from."));
			replace(ending, runsOut(cost.forecast));
			replace(advice, adviceList(found));
			replace(models, cost.by_model.length
				? priceTable(Object.assign(cost.by_model, { total: Number(cost.total_cost_usd) }), pager)
				: h("p.note.inset", {}, "Nothing was asked in this period."));
		},
	});
}
