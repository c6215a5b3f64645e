// etc/models.json read a second time, by the letter and in whole numbers: nothing here is
// taken from the C code, so that a mistake made there cannot agree with itself.
//
// All rates are pico-dollars a token as BigInt: $1 per million tokens = 1,000,000n.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const FILE = fileURLToPath(new URL("../../etc/models.json", import.meta.url));
export const KINDS = ["input", "cached", "cache_write", "output", "audio_input", "audio_output"];
export const TIERS = ["default", "flex", "priority", "batch", "ultrafast"];

/** "0.075" → 75000n: dollars per million tokens, from their spelling. */
export function picoOf(spelling) {
	const [, whole, decimals = ""] = /^(\d+)(?:\.(\d{1,6}))?$/.exec(spelling);
	return BigInt(whole) * 1000000n + BigInt(decimals.padEnd(6, "0"));
}

/** The document with each number as the text it was written in. */
function readSpelled(file) {
	const quoted = readFileSync(file, "utf8").replace(/: (\d+(?:\.\d+)?)(?=[,}\s])/g, ': "$1"');
	return JSON.parse(quoted);
}

function rateOf(spelled) {
	const own = Object.fromEntries(
		KINDS.filter((kind) => kind in spelled).map((kind) => [kind, picoOf(spelled[kind])]),
	);
	const { input, output } = own;
	const rate = { cached: input, cache_write: input, ...own };
	rate.hasAudio = "audio_input" in own;
	rate.audio_input ??= input;
	rate.audio_output ??= output;
	return rate;
}

function priceOf(spelled) {
	const usual = {};
	const longer = {};
	for (const tier of TIERS.filter((name) => name in spelled)) {
		usual[tier] = rateOf(spelled[tier]);
		if (spelled[tier].long) longer[tier] = rateOf(spelled[tier].long);
	}
	return {
		fromMs: spelled.from ? Date.parse(`${spelled.from}T00:00:00Z`) : 0,
		longFrom: spelled.long_context_from ? Number(spelled.long_context_from) : Infinity,
		usual,
		longer,
	};
}

/** [{ name, names, apis, prices: [{ fromMs, longFrom, usual: {TIER: RATE}, longer }] }] */
export const models = readSpelled(FILE).models.map((model) => ({
	name: model.name,
	names: [model.name, ...(model.aliases ?? [])],
	apis: model.apis,
	prices: model.prices.map(priceOf),
}));

const byName = new Map(models.flatMap((model) => model.names.map((name) => [name, model])));

/** The model of a name as a reply has it, or undefined. */
export function findModel(served) {
	const name = served.replace(/^(ft:[^:]*):.*$/, "$1");
	return byName.get(name) ?? byName.get(name.replace(/-\d{4}-\d{2}-\d{2}$/, ""));
}

export const priceAt = (model, ms) => model.prices.findLast((price) => price.fromMs <= ms);

const WORDS = { "": "default", auto: "default", fast: "priority" };

/** { rate, isExact } for that many prompt tokens at that tier. */
export function rateAt(model, { tier, ms, prompt }) {
	const price = priceAt(model, ms);
	const rates = prompt >= price.longFrom ? price.longer : price.usual;
	const rate = rates[WORDS[tier] ?? tier];
	return { rate: rate ?? rates.default, isExact: rate !== undefined };
}

/** Nano-dollars, rounded half up once. */
export const nanoOf = (pico) => (pico + 500n) / 1000n;
