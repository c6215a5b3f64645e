// A client's limits under kill -9 of fronts: nothing stays held, no interval sees more than
// burst + rate x t, and no budget is overspent. CLIENTS_KILLS: how many fronts are killed,
// CLIENTS_FRONTS: of so many.

import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "./lib/audit.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { withinRate } from "./lib/envelope.mjs";
import { leaks, startAtlas, startSim, until, usage } from "./lib/index.mjs";

const KILLS = Number(process.env.CLIENTS_KILLS ?? 6);
const FRONTS = Number(process.env.CLIENTS_FRONTS ?? 4);
const AT_A_TIME = 32;
const [PER_SECOND, BURST] = [40, 48]; // a burst of two percent

const spentOf = async (atlas) => Math.round(Number((await usage(atlas)).total_cost_usd) * 1e9);
const useOf = async (atlas) => (await atlas.ctl("tokens", "list")).json[0].use;

/** Nothing runs, and what the token has used is what the ledger says it has spent. */
const nothingIsHeld = (atlas) =>
	until(async () => {
		const use = await useOf(atlas);
		assert.deepEqual([use.concurrent, Math.round(use.budget_day * 1e9)], [0, await spentOf(atlas)]);
		return true;
	}, { ms: 30000, what: "nothing is held" });

async function start(t, client, prefix) {
	const sim = await startSim({ ttftMs: 30 });
	const atlas = await startAtlas({ sim, workers: FRONTS, conf: { client } });
	const crowd = new Crowd(atlas, { clients: AT_A_TIME, prefix });
	t.after(() => crowd.abandon());
	return { sim, atlas, crowd };
}

/** Kills a front, another each time, after so many more answers of any kind. */
async function killFronts({ atlas, crowd }, times, answers) {
	for (let i = 0; i < times; i++) {
		const goal = crowd.ended.length + answers;
		await until(() => crowd.ended.length >= goal, { ms: 30000, what: `${answers} more ends` });
		const fronts = atlas.children("front");
		if (fronts.length > 0) atlas.kill(fronts[i % fronts.length].pid);
	}
}

test(`${KILLS} killed fronts leave nothing held and let nothing pass`, async (t) => {
	const client = {
		concurrent: 16, budget_day: 1000,
		requests_per_minute: 60 * PER_SECOND, burst_percent: 2,
	};
	const world = await start(t, client, "holds");
	const { atlas, crowd } = world;
	await killFronts(world, KILLS, 40);
	await crowd.progress(20, 30000);
	await crowd.stop();
	await nothingIsHeld(atlas);
	const sessions = [...new Set(crowd.ended.map(({ session }) => session))];
	const rows = await rowsOf(atlas, sessions, { missing: true });
	assert.ok(rows.length > BURST, `${rows.length} passed`);
	withinRate(rows.map((row) => Date.parse(row.queued_at)), { perSecond: PER_SECOND, burst: BURST });
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

// What is held of a request is what it counts as when a kill leaves its outcome unknown, and
// no answer costs more: nothing goes beyond the budget.
test("a budget holds while fronts are killed, and is used up", async (t) => {
	const budget = 400_000;
	const world = await start(t, { budget_day: budget / 1e9 }, "budget");
	const { sim, atlas, crowd } = world;
	await killFronts(world, Math.ceil(KILLS / 2), 20);
	const isSpent = () => crowd.ended.slice(-40).every(({ text }) => text.includes("insufficient_quota"));
	await until(() => crowd.ended.length > 100 && isSpent(), { ms: 30000, what: "it is spent" });
	await crowd.stop();
	await nothingIsHeld(atlas);
	const spent = await spentOf(atlas);
	assert.ok(spent > budget / 2 && spent <= budget, `${spent} of ${budget}`);
	const { cost_nanousd: billed } = await sim.billSummary();
	assert.ok(billed <= budget, `${billed} of ${budget} are billed`);
	assert.equal(await atlas.stop(), 0);
});
