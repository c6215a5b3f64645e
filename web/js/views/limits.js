// Limits: how full each window of each key is, and where each key stands after a throttle.

import { timeChart } from "../chart.js";
import { confirm } from "../dialog.js";
import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { limitGauges, limitName } from "../limits.js";
import { notice } from "../notice.js";
import { card, chip, empty, facts, head, later, status, timeOf } from "../parts.js";
import { limitKey } from "../recent.js";
import { BRING_KEY, explain, nextOf, stateName, statusOf, toneOf } from "../states.js";

const ORDER = ["backoff", "probe", "hold", "ramp", "steady"];

/** The way back to steady, with the step that is being taken. */
function timeline({ state }) {
	const here = state === "probing" ? "probe" : state === "out_of_service" ? "backoff" : state;
	return h("ol.path", { "aria-label": "The way back to full speed" }, ORDER.map((step) =>
		h("li", { "aria-current": step === here ? "step" : null }, stateName(step === here ? state : step))));
}

/** What a key that is held back may send, beside what the limits would let it. */
function paceOf({ pace_requests_per_hour: requests, pace_tokens_per_hour: tokens }) {
	const parts = [requests > 0 && format.many(requests, "request", format.short), tokens > 0 && format.many(tokens, "token", format.short)].filter(Boolean);
	return parts.length > 0 && `${parts.join(" and ")} an hour`;
}

function keyCard(key, limits) {
	const isSteady = key.state === "steady";
	const pace = paceOf(key);
	return card(`Key ${key.name}`, [
		limits.length > 0 && h(".gauges", {}, limitGauges(limits)),
		h("p.said", {}, explain(key)),
		!isSteady && timeline(key),
		facts([
			!isSteady && ["Since", timeOf(key.state_since, format.recent)],
			!isSteady && ["Next", nextOf(key)],
			pace && ["Pace", pace],
			["Running now", format.count(key.running)],
			["Errors in a row", format.count(key.consecutive_errors)],
			["Fingerprint", h("code", {}, key.fingerprint)],
		], "sums"),
	], { tools: [chip(stateName(key.state), toneOf(key))] });
}

// What is used of the limits that hold for all keys, lately.
const usedLately = (recent, limits) =>
	recent.series(limits.filter(({ scope, limit }) => scope === "all" && limit > 0).map((one) => [limitName(one), limitKey(one)]));

export function mount(root, { api, rights, live, recent, signal }) {
	const problem = h("div");
	const word = h("div", { role: "status" });
	const shared = h(".gauges");
	const keys = h(".stack");
	const chart = timeChart({ title: "Used of the limits", kind: "lines", show: format.percent, fileName: "atlas-limits" });
	const config = later(6);
	const reset = h("button", { type: "button", onclick: ask }, "Reset limits");
	replace(root, h(".page", {},
		head("Limits", "What is left of the limits that Atlas keeps towards OpenAI, by window and key. Tokens are as OpenAI counts them, which may be more than the answers took.", rights.admin && reset),
		problem, word, card("All keys together", shared),
		h(".columns.main", {}, card("Used of the limits", chart.element, { tools: chart.tools }), h(".stack", {}, keys, card("In force", config)))));
	let said = "";
	let known = [];

	async function ask() {
		const yes = await confirm("Reset the limits?", "All windows become empty and every key is steady at once: Atlas forgets what was sent and what OpenAI has said. Where OpenAI still counts it, requests are throttled again.", { yes: "Reset them", danger: true });
		if (!yes) return;
		try {
			await api.post("/monitoring/reset-rate-limits");
			notice("The limits were reset.");
		} catch (error) {
			notice(error.message);
		}
	}

	function show(answer) {
		const { status: level, limits, keys: all, config: set } = answer;
		const verdict = [level, statusOf(answer)];
		if (said !== verdict.join()) replace(word, status(...verdict));
		said = verdict.join();
		known = limits;
		replace(shared, limitGauges(limits.filter(({ scope }) => scope === "all")));
		replace(keys, all.length
			? all.map((key) => keyCard(key, limits.filter(({ scope }) => scope === `key ${key.name}`)))
			: h(".card", {}, empty("No upstream key", BRING_KEY)));
		const models = limits.filter(({ scope }) => scope.startsWith("model "));
		if (models.length) keys.append(card("Models", h(".gauges", {}, limitGauges(models))));
		replace(config, facts([
			...["requests_per_minute", "requests_per_hour", "tokens_per_minute", "tokens_per_hour"].map((name) => [format.title(name).replace("per minute", "a minute").replace("per hour", "an hour"), set[name] ? format.count(set[name]) : "no limit"]),
			["Burst", format.seconds(set.burst_seconds)],
			["Retries", format.count(set.max_retries)],
			["Held after a throttle", format.seconds(set.stabilization_seconds)],
		], "sums"));
	}

	live({ on: { "rate-limits": show }, place: problem });
	recent.watch({ signal, told: () => chart.set({ ...usedLately(recent, known), mark: { value: 1, label: "the limit" } }) });
}
