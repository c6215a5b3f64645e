// The books against the bill: every attempt the simulator has billed stands in the ledger
// once, for exactly what it cost, or in an interval that holds it.

import assert from "node:assert/strict";
import { get } from "./http.mjs";
import { usage } from "./ledger.mjs";
import { until } from "./until.mjs";

/** All rows of these sessions; missing: there may be none of some. */
export async function rowsOf(atlas, sessions, { missing = false } = {}) {
	const rows = [];
	for (const session of sessions) {
		const answer = await get(atlas, `/monitoring/session-usage/${session}`);
		if (missing && answer.status === 404) continue;
		assert.equal(answer.status, 200, answer.text);
		assert.ok(answer.json.requests.length < 100, `${session} has more rows than are shown`);
		rows.push(...answer.json.requests);
	}
	return rows;
}

/** The last line of the bill for each request the simulator has seen. */
function lastLines(bill) {
	const last = new Map();
	for (const line of bill) last.set(line.request_id, line);
	return [...last.values()];
}

/**
 * Waits until nothing is open, then compares; gives what was counted. liars: modes in which
 * the upstream itself reports other counts than it bills, so that nobody can know better.
 */
export async function audit(atlas, sim, sessions, { liars = [] } = {}) {
	const isIdle = async () => {
		const { json } = await atlas.ctl("status");
		return json?.totals?.open_attempts === 0 && json.uncommitted_fact_bytes === 0 && json;
	};
	await until(isIdle, { ms: 15000, what: "no attempt is open" });
	const rows = await rowsOf(atlas, sessions);
	const attempts = new Set();
	const byId = new Map();
	for (const row of rows) {
		const key = `${row.id}/${row.attempt}`;
		assert.ok(!attempts.has(key), `${key} stands twice in the ledger`);
		attempts.add(key);
		byId.set(row.id, [...(byId.get(row.id) ?? []), row]);
	}
	const billed = lastLines(await sim.bill()).filter((line) => line.billed);
	const found = { settled: 0, estimated: 0, unknown: 0, rows: rows.length };
	for (const line of billed) {
		// a released one cost nothing
		const candidates = (byId.get(line.x_client_request_id) ?? []).filter(({ outcome }) => outcome !== "released");
		assert.equal(candidates.length, 1, `${line.x_client_request_id}: rows ${candidates.length}`);
		if (!liars.includes(line.mode)) compare(candidates[0], line, found);
	}
	const costOf = (some) => some.reduce((sum, row) => sum + row.cost_nanousd, 0);
	const estimated = rows.filter(({ outcome }) => outcome === "settled_estimate");
	const told = await usage(atlas);
	const nano = (usd) => Math.round(Number(usd) * 1e9);
	assert.equal(nano(told.total_cost_usd), costOf(rows), "the total is the sum of the rows");
	assert.equal(nano(told.estimated_cost_usd), costOf(estimated), "and what is estimated of it");
	assert.equal(told.estimated_attempts, estimated.length);
	return { ...found, billed: billed.length };
}

function compare(row, line, found) {
	const what = `${row.id} (${row.outcome})`;
	if (row.outcome === "settled_usage") {
		found.settled++;
		for (const name of ["prompt_tokens", "cached_tokens", "completion_tokens",
			"reasoning_tokens", "cost_nanousd"])
			assert.equal(row[name], line[name], `${what}: ${name}`);
	} else if (row.outcome === "unknown") {
		found.unknown++;
		for (const name of ["prompt_tokens", "completion_tokens", "cost_nanousd"])
			assert.ok(line[name] <= row[name], `${what}: ${name} ${line[name]} > ${row[name]}`);
	} else {
		assert.equal(row.outcome, "settled_estimate", `${what}: billed ${line.cost_nanousd}`);
		found.estimated++;
	}
}
