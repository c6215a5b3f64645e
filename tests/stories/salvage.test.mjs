// All of a service dies, or has to stop, before record has written down what was spent. The
// next start finds it: no request that was billed is missing from the ledger.

import assert from "node:assert/strict";
import { existsSync, truncateSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { chat, leaks, ledgerEqualsBill, startAtlas, startSim, until, usage, within } from "./lib/index.mjs";
import { inSession } from "./lib/proc.mjs";

const SPENT = 12;

/** An Atlas whose record stands still while it spends. */
async function spendUnseen(sim) {
	const atlas = await startAtlas({ sim, workers: 1 });
	const record = atlas.children("record")[0].pid;
	assert.equal((await chat(atlas, { fresh: true })).status, 200);
	await until(async () => (await usage(atlas)).request_count === 1);
	atlas.kill(record, "SIGSTOP");
	const answers = await Promise.all(Array.from({ length: SPENT }, () => chat(atlas, { fresh: true })));
	assert.deepEqual(answers.map(({ status }) => status), Array(SPENT).fill(200));
	return atlas;
}

const again = (atlas, sim) =>
	startAtlas({ sim, workers: 1, dataDir: atlas.dataDir, conf: { server: { run_dir: atlas.runDir } } });

async function isComplete(atlas, old, sim) {
	await ledgerEqualsBill(atlas, sim);
	assert.ok((await usage(atlas)).request_count > SPENT, "every request has its row");
	assert.match(atlas.log(), /salvaged facts=\d\d/);
	assert.ok(!existsSync(path.join(old.runDir, "segment.left")));
	assert.equal((await chat(atlas, { fresh: true })).status, 200);
	await ledgerEqualsBill(atlas, sim);
	assert.equal((await atlas.ctl("verify")).code, 0);
	assert.equal(await atlas.stop(), 0);
}

test("kill -9 of all while record stands still", async () => {
	const sim = await startSim();
	const atlas = await spendUnseen(sim);
	for (const { pid } of inSession(atlas.pid)) atlas.kill(pid, "SIGKILL");
	await within(atlas.exited, 5000, "it is gone");
	await isComplete(await again(atlas, sim), atlas, sim);
});

test("a stop that cannot wait for record says where the rest is kept", async () => {
	const sim = await startSim();
	const atlas = await spendUnseen(sim);
	assert.equal(await atlas.stop({ signal: "SIGINT", ms: 40000 }), 0);
	assert.match(atlas.log(), /what is missing is kept in \S+\/segment\.left/);
	await isComplete(await again(atlas, sim), atlas, sim);
});

test("a segment that cannot be read is said to be, and stops nobody", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	assert.equal((await chat(atlas)).status, 200);
	for (const { pid } of inSession(atlas.pid)) atlas.kill(pid, "SIGKILL");
	await within(atlas.exited, 5000, "it is gone");
	truncateSync(path.join(atlas.runDir, "segment"), 4096);
	const next = await again(atlas, sim);
	assert.match(next.log(), /too small to be a segment/);
	assert.equal(await next.stop(), 0);
	assert.deepEqual(await leaks(next), []);
});
