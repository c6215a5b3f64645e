// Alerts in words: what is measured, how it stands, and since when.

import { h } from "./dom.js";
import * as format from "./format.js";
import { chip, timeOf } from "./parts.js";

const SHOW = { usd: format.usd, percent: (v) => format.percent(v / 100), seconds: format.seconds, count: format.count };
const TONES = { firing: "bad", pending: "warn", resolved: "good" };
const ORDER = ["firing", "pending", "resolved", "ok"];

const FLICKERS = ["error_rate", "utilization", "stabilization"]; // these fire on for a while after they look well

const counted = (value, about) => `${value > 0 ? format.count(value) : "No"} ${value === 1 ? about.replace(/^keys /, "key ") : about}`;

/**
 * "92% used of an upstream limit: requests in 60 s; it fires at 90%". What is over, or will be
 * once it has stayed away, is named as what it was.
 */
export function sentenceOf({ alert, unit, value, threshold, detail, about, state }) {
	const show = SHOW[unit] ?? format.count;
	const isLow = value < threshold && state !== "ok";
	const isOver = isLow && (state !== "firing" || FLICKERS.includes(alert));
	const measured = unit === "count" ? counted(value, about) : `${show(value)} ${about}`;
	const name = detail && (unit === "count" && isOver ? `; it was ${format.plain(detail)}` : `: ${format.plain(detail)}`);
	return [measured, name, boundOf()].filter(Boolean).join("");

	function boundOf() {
		if (isOver && state === "firing") return "; this ends when it has stayed so for a while";
		if (isLow && !isOver) return alert === "budget" && `; it fires below ${show(threshold)} because it refuses`;
		return threshold > 0 && `; it fires at ${show(threshold)}`;
	}
}

const row = (alert, at) =>
	h("li", {}, h(".row", {}, h("strong", {}, format.title(alert.alert)), at && timeOf(at), chip(alert.state, TONES[alert.state] ?? "")),
		h("span.note", {}, sentenceOf(alert)));

/** Every alert that is watched, the loudest first. */
export const alertList = (alerts) =>
	h("ul.items", {}, alerts.filter(({ threshold, state }) => threshold > 0 || state !== "ok")
		.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
		.map((one) => row(one, one.since)));

export const alertNews = (news) =>
	news.length ? h("ul.items", {}, news.map((one) => row(one, one.at))) : h("p.note", {}, "No alert has fired or was resolved lately.");
