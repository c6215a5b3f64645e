// A disk that fills up: first it is told, while all goes on in what is kept ready, then
// nothing is sent any more, and it is all over by itself once there is room.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { test } from "node:test";
import { chat, get, ledgerEqualsBill, startAtlas, startSim, until, within } from "./lib/index.mjs";

const KEPT_BYTES = (4 << 20) / 32;

/** Leaves no byte free. */
function fill(file) {
	const fd = openSync(file, "w");
	assert.throws(() => {
		for (;;) writeSync(fd, Buffer.alloc(4096));
	}, { code: "ENOSPC" });
	closeSync(fd);
}

// Who is new has sums of its own: so the ledger grows.
const inNewSession = (atlas) => chat(atlas, { headers: { "X-Atlas-Session": randomUUID() } });

const alertOf = async (atlas) => (await get(atlas, "/monitoring/alerts")).json.alerts.find(({ alert }) => alert === "ledger");
const newsOf = async (atlas) => (await get(atlas, "/monitoring/alerts")).json.news.filter(({ alert }) => alert === "ledger");
const readiness = async (atlas) => (await get(atlas, "/readyz", { token: null })).json;

const alertIs = (atlas, state, test = () => true) => until(async () => {
	const seen = await alertOf(atlas);
	return seen.state === state && test(seen) && seen;
}, { ms: 10000, what: `the alert is ${state}` });

test("a disk that fills up is told before anything is refused", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, disk: "4m", conf: { ledger: { max_size: "16M" } } });
	const file = atlas.path("ledger/data.mdb");
	assert.equal((await chat(atlas)).status, 200);
	await until(() => statSync(file).blocks * 512 >= KEPT_BYTES, { what: "a step is kept ready" });
	assert.ok(statSync(file).size < KEPT_BYTES, "its length is what it holds");
	assert.equal((await alertOf(atlas)).state, "ok");

	fill(atlas.path("filler"));
	const told = await alertIs(atlas, "firing");
	assert.match(told.detail, /room for \d+K more/);
	assert.ok(told.value < told.threshold, "all is written down");
	assert.deepEqual(await readiness(atlas), { ...(await readiness(atlas)), status: "ready", reasons: [] });
	assert.match(atlas.log(), /warn .*alert=ledger state=firing .*room for/i);
	const status = await atlas.ctl("status");
	assert.equal(status.code, 1);
	assert.match(status.json.reasons.join(), /running out of room: .*make room/);
	assert.equal((await chat(atlas)).status, 200, "it goes on in what is kept ready");

	const refusal = await until(async () => {
		const answers = await Promise.all(Array.from({ length: 16 }, () => inNewSession(atlas)));
		return answers.find(({ status }) => status !== 200);
	}, { ms: 30000, what: "a request is refused" });
	assert.equal(refusal.json.error.code, "ledger_unavailable");
	await alertIs(atlas, "firing", ({ value, threshold }) => value >= threshold);
	await until(async () => (await readiness(atlas)).reasons.includes("ledger_unavailable"), { what: "/readyz says so" });
	assert.ok((await newsOf(atlas)).filter(({ state }) => state === "firing").length >= 2, "and it is news again");

	rmSync(atlas.path("filler"));
	await until(async () => (await chat(atlas)).status === 200, { ms: 5000, what: "requests are served again" });
	await alertIs(atlas, "resolved");
	await ledgerEqualsBill(atlas, sim);
	const after = await atlas.ctl("status");
	assert.equal(after.code, 0, JSON.stringify(after.json.reasons));
	assert.equal(await atlas.stop(), 0);
});

test("a start on a disk without any room says so", async () => {
	const sim = await startSim();
	const env = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:handle_sigbus=0` }; // it ends as it would without
	for (const disk of ["4k", "12k"]) {
		const atlas = await startAtlas({ sim, disk, env, wait: false });
		assert.equal((await within(atlas.exited, 8000, "its end")).code, 3);
		assert.match(atlas.log(), /disk is full/, disk);
	}
});
