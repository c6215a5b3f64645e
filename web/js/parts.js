// The small pieces every view is built of, named as in parts.css.

import { h, replace, s } from "./dom.js";
import { fadeEdge } from "./edge.js";
import * as format from "./format.js";
import { NEAR } from "./states.js";

/** A view's head: title, one sentence, tools on the right. */
export const head = (title, sentence, ...tools) =>
	h(".head", {}, h("h1", {}, title), h(".tools", {}, tools), sentence && h("p", {}, sentence));

export const card = (title, body, { tools = [], flush = false, wide = false } = {}) =>
	h(`section.card${flush ? ".flush" : ""}${wide ? ".wide" : ""}`, { "aria-label": title },
		h("header", {}, h("h2", {}, title), h(".tools", {}, tools)), h(".body", {}, body));

/** A place in a card: so many grey lines until something stands in it. */
export const later = (lines = 2) => h(".later", { style: { "--lines": lines } });

/** Tiles whose numbers change in place, blank until the first one is there: { element, set({ key: value | [value, sub] }) }. */
export function tiles(list) {
	const places = {};
	const element = h("dl.tiles", { "data-n": list.length }, list.map(([key, label, title]) => {
		const value = h("dd.waiting", {}, format.NONE);
		const sub = h("dd.sub");
		places[key] = { value, sub };
		return h(".tile", { title }, h("dt", {}, label), value, sub);
	}));
	return {
		element,
		set(values) {
			for (const [key, given] of Object.entries(values)) {
				const [value, sub = ""] = [given].flat();
				places[key].value.classList.remove("waiting");
				replace(places[key].value, value);
				replace(places[key].sub, sub);
			}
		},
	};
}

/** What each of some has of the whole: [{ name, more, value, part, href }], as bars and in numbers. */
export const shares = (rows) =>
	h("ul.shares", {}, rows.map(({ name, more, value, part, href }) =>
		h("li", {}, h("a.name", { href, title: name + more }, h("bdi", {}, name), h("span", {}, more)), h("b", {}, value), h("span.part", {}, format.percent(part)),
			h(".track", { "aria-hidden": "true" }, h("i", { style: { "--part": `${100 * (part ?? 0)}%` } })))));

const MANY = 5;

/** "▲ 12% more" than before; period: what it is held against, for whoever points at it. */
export function change(now, before, period) {
	if (!(before > 0)) return h("span", { title: period }, "nothing before");
	const times = now / before;
	const text = times >= MANY ? `▲ ${format.short(Math.round(times))} times as much` : times >= 1 ? `▲ ${format.percent(times - 1)} more` : `▼ ${format.percent(1 - times)} less`;
	return h("span", { title: `than in ${period}` }, text);
}

const MARKS = {
	healthy: ["tone-good", "M4 10.5 8.2 15 16 5.5"],
	warning: ["tone-warn", "M10 3 18 17H2ZM10 8v4M10 14.2v.6"],
	error: ["tone-bad", "M5 5l10 10M15 5 5 15"],
};

export const levelMark = (level) =>
	s(`svg.${MARKS[level]?.[0] ?? "tone-warn"}`, { viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" },
		s("path", { d: MARKS[level]?.[1] ?? "M4 10h12", fill: "none", stroke: "currentColor", "stroke-width": 2.2, "stroke-linecap": "round", "stroke-linejoin": "round" }));

/** The one status of a page, "healthy", "warning" or "error": in colour, in a mark and in words. */
export const status = (level, sentence) =>
	h(".status", { "data-level": level }, levelMark(level), h("strong", {}, format.title(level)), h("span", {}, sentence));

const VERDICTS = { good: "good", warn: "fair", bad: "poor" };

/** How a score of 100 stands. */
export function verdictOf(score) {
	const level = score >= 90 ? "good" : score >= 70 ? "warn" : "bad";
	return chip(VERDICTS[level], level);
}

export const chip = (text, tone = "") => h(`span.chip${tone && `.${tone}`}`, {}, format.plain(text));

/** "5 minutes ago", with the exact time in UTC for whoever points at it. */
export const timeOf = (v, show = format.when) =>
	v ? h("time", { datetime: v, title: new Date(v).toISOString() }, show(v)) : format.NONE;

/** look: "sums" puts what is counted to the right, line by line. */
export const facts = (pairs, look = "") =>
	h(`dl.facts${look && `.${look}`}`, {}, pairs.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, typeof value === "string" ? format.plain(value) : (value ?? format.NONE))]));

export const empty = (title, sentence, code) =>
	h(".empty", {}, h("strong", {}, title), sentence && h("span", {}, sentence), code && fadeEdge(h("pre.scroll", { tabindex: 0 }, h("code", {}, code))));

/** What went wrong, what comes next, and the id to ask about. */
export function trouble(error, retry, more) {
	return h(".trouble", { role: "alert" },
		h("div", {}, format.plain(error.message),
			error.requestId && h("div", {}, h("small", {}, `Request ${error.requestId}`))),
		more, retry && h("button", { type: "button", onclick: retry }, "Try again"));
}

/** When what went wrong is asked for again. */
export const nextTry = (ms) => h("small", {}, `Next try at ${format.time(Date.now() + ms)}`);

/** A gauge of one limit: used and reserved of a whole. */
export function gauge({ label, used, held = 0, limit, sub, isNear = false, show = format.short }) {
	const part = limit > 0 ? (used + held) / limit : 0;
	const level = isNear || part >= NEAR ? "warning" : "healthy";
	const width = (v) => ({ "--part": `${limit > 0 ? Math.min(100, (100 * v) / limit) : 0}%` });
	return h(".gauge", { "data-level": level },
		h("b", {}, label),
		h("span.value", {}, h("b", {}, show(used + held)), ` of ${limit > 0 ? show(limit) : "no limit"}`),
		h(".track", { role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": limit || 0, "aria-valuenow": used + held, "aria-valuetext": format.percent(part) },
			h("i", { style: width(used) }), held > 0 && h("i.held", { style: width(held) })),
		h("span.sub", {}, h("span", {}, format.percent(part)), sub && h("span", {}, sub)));
}

/** Links that choose one of several: [[value, text], …]. */
export const segments = (label, chosen, options, href) =>
	h("nav.segments", { "aria-label": label }, options.map(([value, text]) =>
		h("a", { href: href(value), "aria-current": String(value) === String(chosen) ? "true" : null }, text)));

export const PERIODS = [[1, "1 h"], [24, "24 h"], [168, "7 d"], [720, "30 d"], [2160, "90 d"], [8760, "1 y"]];

export const periodName = (hours) =>
	({ 1: "the last hour", 24: "the last 24 hours", 168: "the last 7 days", 720: "the last 30 days", 2160: "the last 90 days", 8760: "the last year" })[hours] ??
	`the last ${hours} hours`;
