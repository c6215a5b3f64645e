// What Atlas says it has spent, and whether the simulator's bill says the same.

import assert from "node:assert/strict";
import { get } from "./http.mjs";
import { until } from "./until.mjs";

/** token_usage of GET /monitoring/token-usage; hours as there. */
export async function usage(atlas, hours = 24) {
	const answer = await get(atlas, `/monitoring/token-usage?hours=${hours}`);
	assert.equal(answer.status, 200, answer.text);
	return answer.json.token_usage;
}

/** Waits until the ledger counts that many requests, and gives its token_usage. */
export const settled = (atlas, requests, { ms = 5000 } = {}) =>
	until(
		async () => {
			const seen = await usage(atlas);
			return seen.request_count >= requests && seen;
		},
		{ ms, what: `${requests} requests in the ledger` },
	);

const PAIRS = [
	["total_prompt_tokens", "prompt_tokens"],
	["total_completion_tokens", "completion_tokens"],
	["total_cached_tokens", "cached_tokens"],
	["total_reasoning_tokens", "reasoning_tokens"],
	["total_tokens", "total_tokens"],
];

const NANO = 1e9;

/**
 * Waits until every request the simulator has billed is in the ledger with the tokens and
 * the cost of the bill; fails with both where they differ to the end. Only for runs whose
 * every outcome is known: an UNKNOWN attempt counts at its upper bound.
 */
export async function ledgerEqualsBill(atlas, sim, { ms = 5000 } = {}) {
	let seen;
	const agree = async () => {
		const bill = await sim.billSummary();
		const ledger = await usage(atlas);
		seen = { ledger: {}, bill: {} };
		for (const [ours, theirs] of PAIRS) {
			seen.ledger[ours] = ledger[ours];
			seen.bill[ours] = bill[theirs];
		}
		seen.ledger.cost_nanousd = Math.round(Number(ledger.total_cost_usd) * NANO);
		seen.bill.cost_nanousd = bill.cost_nanousd;
		assert.deepEqual(seen.ledger, seen.bill);
		return seen;
	};
	return until(agree, { ms, what: "the ledger equals the bill" }).catch((error) => {
		if (seen) assert.deepEqual(seen.ledger, seen.bill);
		throw error;
	});
}
