// The steps of one request, each with what is known of it: what, tokens, money, times.

import { h } from "./dom.js";
import * as format from "./format.js";
import { chip, facts, timeOf } from "./parts.js";
import { stateOfNumber } from "./states.js";

const usd = (nano) => format.usd(nano / 1e9);

const RATES = { input: "in", cached: "cached", cache_write: "into the cache", output: "out", audio_input: "sound in", audio_output: "sound out" };

/** Rates as one sentence; what they are multiplied with has its own lines. */
function rates(of) {
	const whose = [of.model, of.tier, of.long_context && "long prompts", of.highest && "the dearest"].filter(Boolean).join(", ");
	const each = Object.entries(RATES).filter(([name]) => of[name] !== null).map(([name, word]) => `${word} $${of[name]}`);
	return format.plain(`${whose}: ${each.join(", ")} per million tokens`);
}

/** The limit that held it, and why it did. */
function limit(of) {
	const whole = `${format.count(of.limit)} ${of.unit} in ${format.seconds(of.window_seconds)} (${of.scope})`;
	const part = of.burst === null ? "" : `, let out evenly, at most ${format.count(of.burst)} in advance`;
	return format.plain(`${whole}${part}: ${format.count(of.used)} ${of.burst === null ? "used" : "taken in advance"}, ${format.count(of.ahead)} for those ahead, ${format.count(of.needed)} needed`);
}

/** The limit of its token that was nearest to its end. */
function tokenLimit(of) {
	const show = of.limit.startsWith("budget") ? format.usd : format.count;
	const part = of.at_once === null ? "" : `, of ${format.count(of.at_once)} at once`;
	return format.plain(`${show(of.used)} of ${format.words(of.limit)} ${show(of.allowed)} used${part}`);
}

// Of each field its words and how it is shown. What has a third one is left out when it is 0.
const GROUPS = [
	["What", {
		priority: ["Priority", (v) => format.title(v.toLowerCase())],
		key: ["Key", format.plain],
		held_by: ["Held by", format.title],
		held_limit: ["Limit", limit],
		stabilization: ["State of the key", stateOfNumber, true],
		because: ["Because", format.title],
		given_up_because: ["Never sent, because", format.title],
		outcome: ["Outcome", format.title],
		status: ["HTTP status", String, true],
		error: ["Error", format.title],
		model_served: ["Served by", format.plain],
		token_limit: ["Its token", tokenLimit],
		service_tier_asked: ["Service tier asked for", format.plain],
		service_tier: ["Service tier", format.plain],
	}],
	["Tokens", {
		prompt_characters: ["Characters asked", format.count],
		max_tokens: ["Most of an answer", format.count, true],
		reserved_tokens: ["Reserved of the limits", format.count],
		high_prompt_tokens: ["In, at most", format.count],
		high_completion_tokens: ["Out, at most", format.count],
		prompt_tokens: ["In", format.count],
		cached_tokens: ["In, from the cache", format.count, true],
		cache_write_tokens: ["In, into the cache", format.count, true],
		prompt_audio_tokens: ["In, of sound", format.count, true],
		completion_tokens: ["Out", format.count],
		reasoning_tokens: ["Out, for reasoning", format.count, true],
		completion_audio_tokens: ["Out, of sound", format.count, true],
	}],
	["Money", {
		high_usd: ["At most", (v, { high_rates: by }) => (by || v > 0 ? format.usd(v) : format.UNPRICED)],
		high_rates: ["At most, by", rates],
		cost_nanousd: ["Cost", usd],
		pricing: ["Price", format.title],
		price_version: ["Price list", format.plain],
		rates: ["Rates", rates],
	}],
	["Times", {
		waited_ms: ["Waited", format.ms],
		after_ms: ["After", format.ms],
		duration_ms: ["Took", format.ms],
		next_after_ms: ["Sent again after", format.ms],
		given_up_after_ms: ["Given up after", format.ms],
	}],
];
const HEAD = ["at", "event", "attempt"];
const KNOWN = new Set([...HEAD, ...GROUPS.flatMap(([, fields]) => Object.keys(fields))]);

const isThere = (value) => value !== "" && value !== null && value !== undefined;

const pairsOf = (step, fields) =>
	Object.entries(fields).filter(([name, [, , isQuiet]]) => isThere(step[name]) && !(isQuiet && !step[name])).map(([name, [label, show]]) => [label, show(step[name], step)]);

/** What has no place above is shown all the same. */
const others = (step) => Object.entries(step).filter(([name, value]) => !KNOWN.has(name) && isThere(value)).map(([name, value]) => [format.title(name), format.plain(value)]);

function groupsOf(step) {
	const groups = [...GROUPS.map(([name, fields]) => [name, pairsOf(step, fields)]), ["Other", others(step)]];
	return groups.map(([name, pairs], i) => pairs.length > 0 && h("section", { style: { "--column": 1 + (i % GROUPS.length) } }, h("h4", {}, name), facts(pairs)));
}

export const storyOf = (steps) =>
	h("ul.items", {}, steps.map((step) =>
		h("li", {}, h(".row", {}, h("strong", {}, format.title(step.event)), chip(`attempt ${step.attempt}`), timeOf(step.at, format.exact)),
			h(".groups", {}, groupsOf(step)))));
