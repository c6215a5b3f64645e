// Holds of a client under kill -9: whatever becomes of fronts, nothing stays held.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Crowd } from "../stories/lib/crowd.mjs";
import { startAtlas, startSim, until, usage } from "../stories/lib/index.mjs";

const KILLS = Number(process.env.CLIENTS_KILLS ?? 100);

test(`${KILLS} killed fronts leave nothing held`, async (t) => {
	const sim = await startSim({ ttftMs: 30 });
	const client = { concurrent: 48, budget_day: 1000 };
	const atlas = await startAtlas({ sim, workers: 4, conf: { client } });
	const crowd = new Crowd(atlas, { clients: 32, prefix: "holds" });
	t.after(() => crowd.abandon());
	for (let i = 0; i < KILLS; i++) {
		await crowd.progress(10, 30000);
		const fronts = atlas.children("front");
		if (fronts.length > 0) atlas.kill(fronts[i % fronts.length].pid);
	}
	await crowd.progress(100, 30000);
	await crowd.stop();
	const isFree = async () => {
		const [{ use }] = (await atlas.ctl("tokens", "list")).json;
		const spent = Math.round(Number((await usage(atlas)).total_cost_usd) * 1e9);
		assert.deepEqual([use.concurrent, Math.round(use.budget_day * 1e9)], [0, spent]);
		return true;
	};
	await until(isFree, { ms: 30000, what: "nothing is held" });
	assert.equal(await atlas.stop(), 0);
});
