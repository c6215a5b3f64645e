// The oracle: npm's @pydantic/genai-prices, asked for one kind of token at a time. It reckons
// in floating point, so what it says is rounded to whole nano-dollars, which is finer than
// any difference between two prices.

import { calcPrice, findProvider } from "@pydantic/genai-prices";

export const oracle = findProvider({ providerId: "openai" }).models;

/** The names it knows a model by exactly: the "equals" of its rule. */
export function namesOf(model) {
	const walk = (rule) => (rule.or ? rule.or.flatMap(walk) : rule.equals ? [rule.equals] : []);
	return [...new Set(walk(model.match))];
}

/** Nano-dollars of a usage in the oracle's own words, and the id it went by. */
export function oracleNano(name, usage, ms) {
	const result = calcPrice(usage, name, { providerId: "openai", timestamp: new Date(ms) });
	return result && { id: result.model.id, nano: Math.round(result.total_price * 1e9) };
}

/** The usage with which only tokens of that kind are dear, beside a prompt of that size. */
export function usageOf(kind, prompt) {
	const whole = {
		input: {},
		cached: { cache_read_tokens: prompt },
		cache_write: { cache_write_tokens: prompt },
		audio_input: { input_audio_tokens: prompt },
		output: { output_tokens: 1000 },
		audio_output: { output_tokens: 1000, output_audio_tokens: 1000 },
	};
	return { input_tokens: prompt, output_tokens: 0, ...whole[kind] };
}
