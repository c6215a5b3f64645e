// A disk that is full for a minute under load, and a ledger that has reached its size:
// nothing is sent that is not written down in the end, and it is over within five seconds.

import assert from "node:assert/strict";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import test from "node:test";
import { audit } from "../stories/lib/audit.mjs";
import { Crowd } from "../stories/lib/crowd.mjs";
import { leaks, startAtlas, startSim, until } from "../stories/lib/index.mjs";

const FULL_MS = Number(process.env.DISK_FULL_MS ?? 60000);
const BACK_MS = 5000;

/** Leaves no byte free. */
function fill(file) {
	const fd = openSync(file, "w");
	const block = Buffer.alloc(4096);
	assert.throws(() => {
		for (;;) writeSync(fd, block);
	}, { code: "ENOSPC" });
	closeSync(fd);
}

const sessionsOf = (crowd) => [...new Set(crowd.ended.map(({ session }) => session))];
const isRefused = ({ outcome, text }) => outcome === "clear" && /ledger_unavailable/.test(text);

async function refusedNow(crowd) {
	const before = crowd.ended.length;
	await until(() => crowd.ended.slice(before).some(isRefused), { ms: 60000, what: "a request is refused" });
}

const CONF = { server: { log_level: "warn" }, queue: { max_concurrent: 16 } };

for (const durability of ["group", "strict"])
	test(`a disk full for ${FULL_MS / 1000} s under load (${durability})`, async (t) => {
		const sim = await startSim({ ttftMs: 20 });
		const atlas = await startAtlas({ sim, disk: "48m", conf: { ...CONF, ledger: { durability } } });
		const crowd = new Crowd(atlas, { clients: 16, prefix: durability });
		t.after(() => crowd.abandon());
		await crowd.progress(50);
		fill(atlas.path("filler"));
		const begun = performance.now();
		await refusedNow(crowd);
		const { requests } = await sim.billSummary();
		await until(() => performance.now() - begun >= FULL_MS, { ms: 2 * FULL_MS });
		const late = (await sim.billSummary()).requests - requests;
		rmSync(atlas.path("filler"));
		const freed = performance.now();
		await crowd.progress(1, BACK_MS);
		const back = performance.now() - freed;
		await crowd.progress(50);
		await crowd.stop();
		const books = await audit(atlas, sim, sessionsOf(crowd));
		t.diagnostic(`${crowd.ended.filter(isRefused).length} refused, ${late} sent while it was full, ` +
			`back after ${back.toFixed(0)} ms, ${JSON.stringify(books)}`);
		assert.ok(!crowd.ended.some(({ outcome }) => outcome === "muddled"));
		assert.equal(late, 0);
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

test("a ledger that has reached max_size refuses, and goes on with a larger one", async (t) => {
	const sim = await startSim();
	const conf = { ...CONF, server: { ...CONF.server, drain_timeout: "1s" } };
	const atlas = await startAtlas({ sim, conf: { ...conf, ledger: { max_size: "16M" } } });
	const crowd = new Crowd(atlas, { clients: 48, prefix: "map" });
	t.after(() => crowd.abandon());
	await until(() => crowd.ended.some(isRefused), { ms: 600000, what: "the ledger is full" });
	assert.match(atlas.log(), /ledger_failed .*max_size/);
	const { requests } = await sim.billSummary();
	await refusedNow(crowd);
	assert.equal((await sim.billSummary()).requests, requests, "nothing is sent");
	await crowd.stop();
	await atlas.stop(); // record could not write everything down: the rest is kept
	atlas.configure({ ledger: { max_size: "64M" } });
	atlas.start({ OPENAI_API_KEY: sim.apiKey });
	await atlas.ready();
	const books = await audit(atlas, sim, sessionsOf(crowd));
	t.diagnostic(JSON.stringify(books));
	assert.equal((await atlas.ctl("verify")).json.faults, 0);
	assert.equal(await atlas.stop(), 0);
});
