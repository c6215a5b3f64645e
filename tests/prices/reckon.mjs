// What a reply costs, reckoned a second time: JSON.parse for the reply, our own reading of
// the catalogue, whole numbers throughout.

import { findModel, nanoOf, rateAt } from "./catalogue.mjs";

const least = (a, b) => (a < b ? a : b);
const count = (n) => BigInt(n ?? 0);

/** The counts of a usage object, whichever endpoint's words it is in, or undefined. */
export function countsOf(usage) {
	if (!usage) return undefined;
	const inside = usage.prompt_tokens_details ?? usage.input_tokens_details ?? {};
	const outside = usage.completion_tokens_details ?? usage.output_tokens_details ?? {};
	const prompt = count(usage.prompt_tokens ?? usage.input_tokens);
	const completion = count(usage.completion_tokens ?? usage.output_tokens);
	const cached = least(count(inside.cached_tokens), prompt);
	return {
		prompt,
		completion,
		cached,
		cacheWrite: least(count(inside.cache_write_tokens), prompt - cached),
		promptAudio: least(count(inside.audio_tokens), prompt),
		completionAudio: least(count(outside.audio_tokens), completion),
	};
}

/** { served, tier, counts } of a reply's text. */
export function readReply(text) {
	const document = JSON.parse(text);
	const reply = document.response ?? document;
	return {
		served: reply.model ?? "",
		tier: reply.service_tier ?? "",
		counts: countsOf(reply.usage),
	};
}

/** { nano, pricing } as the ledger should have it. */
export function reckon({ served, tier, counts }, ms) {
	const model = findModel(served);
	if (!model) return { nano: 0n, pricing: "unpriced" };
	const { rate, isExact } = rateAt(model, { tier, ms, prompt: Number(counts.prompt) });
	const heard = rate.hasAudio ? counts.promptAudio : 0n;
	const text = counts.prompt - heard;
	const cached = least(counts.cached, text);
	const written = least(counts.cacheWrite, text - cached);
	const spoken = counts.completionAudio;
	const pico =
		(text - cached - written) * rate.input +
		cached * rate.cached +
		written * rate.cache_write +
		heard * rate.audio_input +
		(counts.completion - spoken) * rate.output +
		spoken * rate.audio_output;
	const hasSound = counts.promptAudio > 0n || spoken > 0n;
	const isCut = heard > 0n && (cached < counts.cached || written < counts.cacheWrite);
	const isKnown = isExact && (rate.hasAudio || !hasSound) && !isCut;
	return { nano: nanoOf(pico), pricing: isKnown ? "exact" : "assumed" };
}
