// etc/models.json against npm's @pydantic/genai-prices: every model and name the oracle has,
// every kind of token, on both sides of every boundary in time and in length.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findModel, KINDS, models, nanoOf, picoOf, priceAt, rateAt } from "./catalogue.mjs";
import { namesOf, oracle, oracleNano, usageOf } from "./oracle.mjs";
import {
	FAST,
	FAST_RATES,
	isDashed,
	NEWER,
	NOT_NAMES,
	NOT_SERVED,
	OTHER_RATES,
	SAMPLES,
} from "./outside.mjs";

const NOW = Date.parse("2026-12-01T00:00:00Z");
const used = new Set();

/** The reason in that list, noted as used. */
function excused(list, key) {
	if (!(key in list)) return undefined;
	used.add(list[key] + key);
	return list[key];
}

/** Names to compare by: [{ name, id }]. */
function candidates() {
	return oracle.flatMap((model) => {
		if (excused(NOT_SERVED, model.id)) return [];
		const names = namesOf(model);
		return [...names, ...(SAMPLES[model.id] ?? [])]
			.filter((name) => !isDashed(name, names) && !excused(NOT_NAMES, name))
			.map((name) => ({ name, id: model.id }));
	});
}

const moments = (model) => [
	...model.prices.slice(1).flatMap(({ fromMs }) => [fromMs - 1, fromMs]),
	NOW,
];

const prompts = (price) => [
	1,
	1000,
	200000,
	...(price.longFrom === Infinity ? [] : [price.longFrom - 1, price.longFrom]),
	1000000,
];

/** What our rates make of usageOf(kind, prompt). */
function ourNano(model, kind, prompt, ms) {
	const { rate } = rateAt(model, { tier: "", ms, prompt });
	const isOutput = kind === "output" || kind === "audio_output";
	const pico = isOutput
		? BigInt(prompt) * rate.input + 1000n * rate[kind]
		: BigInt(prompt) * rate[kind];
	return Number(nanoOf(pico));
}

function compare({ name, id }) {
	const model = findModel(name);
	assert.ok(model, `${name} (${id}) is not in etc/models.json and not listed as outside`);
	let compared = 0;
	for (const ms of moments(model)) {
		for (const prompt of prompts(priceAt(model, ms))) {
			for (const kind of KINDS) {
				const theirs = oracleNano(name, usageOf(kind, prompt), ms);
				const where = `${name}, ${kind} of ${prompt} at ${new Date(ms).toISOString()}`;
				assert.ok(theirs, where);
				const ours = ourNano(model, kind, prompt, ms);
				compared += 1;
				if (ours === theirs.nano) continue;
				if (excused(OTHER_RATES, `${model.name} ${kind}`)) continue;
				assert.equal(ours, theirs.nano, where);
			}
		}
	}
	return compared;
}

test("each name the oracle knows has its price", (t) => {
	const compared = candidates().map(compare);
	const sum = compared.reduce((a, b) => a + b);
	t.diagnostic(`${compared.length} names, ${sum} prices compared`);
	assert.ok(compared.length > 90 && sum > 1000);
});

test("each of our models is the oracle's or listed as unknown to it", () => {
	const theirs = new Set(candidates().map(({ name }) => findModel(name)?.name));
	for (const { name } of models)
		assert.ok(
			theirs.has(name) !== Boolean(excused(NEWER, name)),
			`${name}: ${theirs.has(name) ? "known to the oracle by now" : "unknown to the oracle"}`,
		);
});

test("no entry of the lists is out of date", () => {
	for (const list of [NOT_SERVED, NOT_NAMES, OTHER_RATES, NEWER])
		for (const [key, reason] of Object.entries(list))
			assert.ok(used.has(reason + key), `"${key}" (${reason}) excuses nothing any more`);
});

test("flex and batch are half of the standard rates", () => {
	for (const model of models) {
		for (const price of model.prices) {
			for (const tier of ["flex", "batch"]) {
				for (const rates of [price.usual, price.longer]) {
					const [half, whole] = [rates[tier], rates.default];
					if (!half) continue;
					for (const kind of ["input", "cache_write", "output"])
						assert.equal(half[kind] * 2n, whole[kind], `${model.name} ${tier} ${kind}`);
					// listed at half as well, or not listed: then it costs what input does
					assert.ok(
						half.cached * 2n === whole.cached || half.cached === half.input,
						`${model.name} ${tier} cached`,
					);
				}
			}
		}
	}
});

test("fast rates are those of OpenAI's list", () => {
	for (const model of models) {
		for (const price of model.prices) {
			for (const rates of [price.usual, price.longer]) {
				const [fast, whole] = [rates.priority, rates.default];
				if (!fast) continue;
				const listed = FAST_RATES[model.name];
				for (const kind of ["input", "cached", "output"]) {
					const expected = listed
						? picoOf(listed[kind])
						: (whole[kind] * BigInt(FAST[model.name])) / 100n;
					assert.equal(fast[kind], expected, `${model.name} priority ${kind}`);
				}
			}
		}
		const isListed = model.name in FAST || model.name in FAST_RATES;
		assert.equal("priority" in priceAt(model, NOW).usual, isListed, model.name);
	}
});

test("a name that only looks like a model's has no price", () => {
	for (const name of ["gpt-5-ultra", "gpt-4o-mini-x", "gpt-6", "ft:gpt-5:acme::1", "GPT-5", ""])
		assert.equal(findModel(name), undefined, name);
});
