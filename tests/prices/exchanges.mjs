// Exchanges as OpenAI's endpoints answer them, out of a seed: whole replies of chat, the
// Responses API, completions and embeddings and the last events of their streams, with
// dated, aliased, fine-tuned and unknown models, every tier, lengths around each boundary,
// details present, null, absent or larger than they may be.

import { models } from "./catalogue.mjs";

/** Numbers in [0, 1), the same for the same seed (splitmix32). */
function randomOf(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x9e3779b9) >>> 0;
		let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
		x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
		return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
	};
}

const UNKNOWN = ["gpt-7", "gpt-4o-mini-x", "ft:gpt-5:acme::1", "o3-2025-4-16", "Gpt-4o", "llama-3"];
const SERVED_TIERS = ["default", "default", "default", "flex", "priority", "fast", "batch"];
const ODD_TIERS = ["ultrafast", "auto", "scale", "", null];
const START_MS = Date.parse("2024-06-01T00:00:00Z");
const END_MS = Date.parse("2027-06-01T00:00:00Z");

class Source {
	constructor(seed) {
		this.random = randomOf(seed);
	}
	below(n) {
		return Math.floor(this.random() * n);
	}
	one(list) {
		return list[this.below(list.length)];
	}
	chance(p) {
		return this.random() < p;
	}
	/** Mostly small, at times as long as models go. */
	length(max) {
		return Math.floor(Math.exp(this.random() * Math.log(max + 1))) - 1;
	}
}

function servedName(src, model) {
	if (src.chance(0.02)) return src.one(UNKNOWN);
	const name = src.one(model.names);
	const dated = src.chance(0.4) && !/\d{4}(-preview)?$|:\d+/.test(name);
	const date = `-202${4 + src.below(3)}-${String(1 + src.below(12)).padStart(2, "0")}-17`;
	const owner = name.startsWith("ft:") ? ":acme:project:Ab12" : "";
	return name + (dated ? date : "") + owner;
}

function moment(src, model) {
	const change = src.one(model.prices).fromMs;
	if (change > 0 && src.chance(0.5)) return change + src.one([-1, 0, 1, -86400000]);
	return START_MS + src.below(END_MS - START_MS);
}

function promptTokens(src, model) {
	const { longFrom } = src.one(model.prices);
	if (longFrom !== Infinity && src.chance(0.3)) return longFrom + src.one([-1, 0, 1]);
	return src.length(1050000);
}

/** Numbers of a usage, before they are put into an endpoint's words. */
function counts(src, model) {
	const prompt = promptTokens(src, model);
	const part = (of, p) => (src.chance(p) ? src.below(of + 1) : 0);
	const cached = src.chance(0.02) ? prompt + src.below(100) : part(prompt, 0.5);
	const hasAudio = src.chance(0.1) || model.name.includes("audio");
	const completion = model.apis[0] === "embeddings" ? 0 : src.length(128000);
	return {
		prompt,
		completion,
		cached,
		cacheWrite: part(Math.max(0, prompt - cached), 0.3),
		promptAudio: hasAudio ? part(prompt, 0.5) : 0,
		reasoning: part(completion, 0.5),
		completionAudio: hasAudio ? part(completion, 0.5) : 0,
	};
}

/** Details as servers give them: all, only what is not 0, null, or not at all. */
function details(src, all) {
	const way = src.below(4);
	const given = Object.entries(all).filter(([, n]) => n > 0);
	if (given.length === 0 && way === 0) return undefined;
	if (given.length === 0 && way === 1) return null;
	return way === 2 ? Object.fromEntries(given) : all;
}

function chatUsage(src, n) {
	return {
		prompt_tokens: n.prompt,
		completion_tokens: n.completion,
		total_tokens: n.prompt + n.completion,
		prompt_tokens_details: details(src, {
			cached_tokens: n.cached,
			cache_write_tokens: n.cacheWrite,
			audio_tokens: n.promptAudio,
		}),
		completion_tokens_details: details(src, {
			reasoning_tokens: n.reasoning,
			audio_tokens: n.completionAudio,
			accepted_prediction_tokens: src.below(3),
			rejected_prediction_tokens: 0,
		}),
	};
}

function responsesUsage(src, n) {
	return {
		input_tokens: n.prompt,
		input_tokens_details: details(src, {
			cached_tokens: n.cached,
			cache_write_tokens: n.cacheWrite,
		}),
		output_tokens: n.completion,
		output_tokens_details: details(src, { reasoning_tokens: n.reasoning }),
		total_tokens: n.prompt + n.completion,
	};
}

const REPLIES = {
	chat: (src, head, n) => ({
		id: `chatcmpl-${src.below(1e9)}`,
		object: src.chance(0.5) ? "chat.completion" : "chat.completion.chunk",
		...head,
		choices: src.chance(0.5)
			? []
			: [{ index: 0, message: { role: "assistant", content: '"usage": 7' }, finish_reason: "stop" }],
		usage: chatUsage(src, n),
	}),
	completions: (src, head, n) => ({
		object: "text_completion",
		...head,
		choices: [{ text: "…", index: 0, finish_reason: "length" }],
		usage: chatUsage(src, n),
	}),
	responses: (src, head, n) => {
		const response = {
			id: `resp_${src.below(1e9)}`,
			...head,
			error: null,
			output: [{ type: "message", content: [{ type: "output_text", text: "\\u20ac" }] }],
			usage: responsesUsage(src, n),
		};
		const type = src.one(["response.completed", "response.incomplete"]);
		return src.chance(0.5) ? response : { type, sequence_number: 9, response };
	},
	embeddings: (src, head, n) => ({
		object: "list",
		data: [{ object: "embedding", index: 0, embedding: [0.5, -1e-3] }],
		...head,
		usage: { prompt_tokens: n.prompt, total_tokens: n.prompt },
	}),
};

function exchange(src) {
	const model = src.one(models);
	const api = src.one(model.apis);
	const tier = src.one(src.chance(0.2) ? ODD_TIERS : SERVED_TIERS);
	const head = { model: servedName(src, model), service_tier: tier };
	if (src.chance(0.3)) delete head.service_tier;
	const reply = REPLIES[api](src, head, counts(src, model));
	return {
		sentMs: moment(src, model),
		reply: JSON.stringify(reply, null, src.chance(0.2) ? " " : undefined).replaceAll("\n", " "),
	};
}

/** n exchanges: [{ sentMs, reply }], reply being the document's text. */
export function exchanges(n, seed) {
	const src = new Source(seed);
	return Array.from({ length: n }, () => exchange(src));
}
