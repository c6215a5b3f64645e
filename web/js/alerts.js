// Alerts in words: what is measured, how it stands, and since when.

import { h } from "./dom.js";
import * as format from "./format.js";
import { chip, timeOf } from "./parts.js";

const SHOW = { usd: format.usd, percent: (v) => format.percent(v / 100), seconds: format.seconds, count: format.count };
const TONES = { firing: "bad", pending: "warn", resolved: "good" };
const ORDER = ["firing", "pending", "resolved", "ok"];

/** "92% used of an upstream limit: requests in 60 s; it fires at 90%". */
export function sentenceOf({ unit, value, threshold, detail, about }) {
	const show = SHOW[unit] ?? format.count;
	return `${show(value)} ${about}${detail ? `: ${format.plain(detail)}` : ""}${threshold > 0 ? `; it fires at ${show(threshold)}` : ""}`;
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
