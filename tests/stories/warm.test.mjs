// What was asked lately is put together again when a minute has begun, before somebody asks.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { chat, get, leaks, ledgerEqualsBill, startAtlas, startSim, until } from "./lib/index.mjs";
import { startWall } from "./lib/wall.mjs";

const REPORT = "/monitoring/cost-breakdown?hours=24", SERIES = "/monitoring/token-usage?hours=24&by=session";

const nano = (list) => list.reduce((sum, { total_cost_usd: usd }) => sum + Math.round(usd * 1e9), 0);

test("lists that were asked are surveyed anew as each minute begins, and still sum to the total", async () => {
	const wall = startWall();
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, env: wall.env });
	const warmed = async () => Number(/^atlas_surveys_warmed_total (\d+)$/m.exec((await get(atlas, "/metrics")).text)[1]);
	for (let i = 0; i < 6; i++) await chat(atlas, { headers: { "x-atlas-session": `session-${i % 3}` } });
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await warmed(), 0, "nobody has asked");
	for (let minute = 1; minute <= 3; minute++) {
		const before = await warmed();
		for (const path of [REPORT, SERIES]) assert.equal((await get(atlas, path)).status, 200);
		wall.shift(60 * minute);
		await until(async () => await warmed() >= before + 2, { what: `both, in minute ${minute}` });
		const { json: cost } = await get(atlas, REPORT);
		for (const list of ["by_model", "by_client", "by_key", "by_session"]) assert.equal(nano(cost[list]), nano([cost]), list);
		const { json: usage } = await get(atlas, SERIES);
		assert.equal(nano(usage.series_by.flatMap(({ points }) => points)), nano([cost]));
		await chat(atlas, { headers: { "x-atlas-session": "session-9" } });
		await ledgerEqualsBill(atlas, sim);
	}
	wall.shift(60 * 60);
	const last = await warmed();
	await chat(atlas);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await warmed(), last, "what nobody asks any more is left");
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("nothing is kept warm from a ledger that is read by another lock file than it is written", async () => {
	const wall = startWall();
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, env: wall.env });
	assert.equal((await chat(atlas)).status, 200);
	await ledgerEqualsBill(atlas, sim);
	assert.equal((await get(atlas, REPORT)).status, 200);
	const [{ pid: front }] = atlas.children("front"), [{ pid: record }] = atlas.children("record");
	const lock = () => /lock\.mdb.*$/m.exec(readFileSync(`/proc/${front}/maps`, "utf8"))?.[0];
	assert.equal(lock(), "lock.mdb");
	rmSync(atlas.path("ledger/lock.mdb"));
	await until(() => atlas.children("record").some(({ pid }) => pid !== record), { ms: 8000, what: "another record" });
	await until(() => lock() === "lock.mdb (deleted)", { what: "the front has the old one" });
	wall.shift(60);
	await until(() => lock() === undefined, { what: "the front has closed it" });
	assert.equal((await get(atlas, REPORT)).status, 200);
	assert.equal(lock(), "lock.mdb");
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
