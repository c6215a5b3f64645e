// All of a service dies, or has to stop, before record has written down what was spent. The
// next start finds it: no request that was billed is missing from the ledger.

import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, symlinkSync, truncateSync, writeSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { chat, get, leaks, ledgerEqualsBill, startAtlas, startSim, until, usage, within } from "./lib/index.mjs";
import { rowsOf } from "./lib/audit.mjs";
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

async function killAll(atlas) {
	for (const { pid } of inSession(atlas.pid)) atlas.kill(pid, "SIGKILL");
	await within(atlas.exited, 5000, "it is gone");
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
	await killAll(atlas);
	await isComplete(await again(atlas, sim), atlas, sim);
});

test("a stop that cannot wait for record says where the rest is kept", async () => {
	const sim = await startSim();
	const atlas = await spendUnseen(sim);
	assert.equal(await atlas.stop({ signal: "SIGINT", ms: 40000 }), 0);
	assert.match(atlas.log(), /what is missing is kept in \S+\/segment\.left/);
	await isComplete(await again(atlas, sim), atlas, sim);
});

/** A request whose first attempt is in the ledger, and that waits long for its second. */
async function waitsForAnother(sim, server = {}, before = () => {}) {
	const atlas = await startAtlas({ sim, workers: 1, conf: { server } });
	before(atlas);
	await sim.weather({ mode: "503", retry_after: 120 });
	const answer = chat(atlas, { headers: { "x-atlas-session": "waits" } }).catch(() => undefined);
	await until(async () => (await rowsOf(atlas, ["waits"], { missing: true }))[0]?.status === 503, {
		what: "its first attempt is settled",
	});
	return { atlas, answer };
}

/** Its rows say how it ended, and the figures count that. */
async function hasEnded(atlas) {
	const rows = await until(async () => {
		const all = await rowsOf(atlas, ["waits"]);
		all.sort((a, b) => a.attempt - b.attempt);
		return all.at(-1).final && all;
	}, { what: "its last row" });
	const [first, last] = rows;
	for (const name of ["model", "key", "queued_at", "priority"]) assert.equal(last[name], first[name]);
	assert.equal(last.sent_at, null);
	assert.ok(last.done_at >= first.done_at, `${last.done_at}: before ${first.done_at}`);
	const { outcome, status, failure, attempt, cost_nanousd } = last;
	assert.deepEqual(
		{ outcome, status, failure, attempt, cost_nanousd },
		{ outcome: "released", status: 0, failure: "service_stopped", attempt: 2, cost_nanousd: 0 },
		"two minutes were not over",
	);
	const story = (await get(atlas, `/monitoring/requests/${last.id}`)).json.story;
	assert.equal(story.at(-1).because, "service_stopped", JSON.stringify(story));
	assert.equal((await get(atlas, "/monitoring/performance")).json.success_rate, 0);
	const verified = await atlas.ctl("verify");
	assert.equal(verified.code, 0, verified.stdout);
}

test("kill -9 of all between two attempts of a request: the next start ends it", async () => {
	const sim = await startSim();
	const { atlas, answer } = await waitsForAnother(sim);
	await until(async () => (await atlas.ctl("status")).json.uncommitted_fact_bytes === 0);
	await killAll(atlas);
	await answer;
	const next = await again(atlas, sim);
	await hasEnded(next);
	assert.equal(await next.stop(), 0);
});

test("kill -9 of all after the master hung: the end is not before the request", async () => {
	const sim = await startSim();
	const { atlas, answer } = await waitsForAnother(sim, {}, ({ pid, kill }) => kill(pid, "SIGSTOP"));
	await killAll(atlas);
	await answer;
	const next = await again(atlas, sim);
	await hasEnded(next);
	assert.equal(await next.stop(), 0);
});

test("kill -9 of all while an answer is awaited: its row says what is not known", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	await sim.weather({ mode: "black-hole" });
	const answer = chat(atlas, { headers: { "x-atlas-session": "lost" } }).catch(() => undefined);
	await until(async () => (await rowsOf(atlas, ["lost"], { missing: true })).length === 1, { what: "it is sent" });
	await until(async () => (await atlas.ctl("status")).json.uncommitted_fact_bytes === 0);
	await killAll(atlas);
	await answer;
	const next = await again(atlas, sim);
	const [row] = await rowsOf(next, ["lost"]);
	const { outcome, error_code, failure } = row;
	assert.deepEqual({ outcome, error_code, failure },
		{ outcome: "unknown", error_code: "upstream_outcome_unknown", failure: "upstream_outcome_unknown" });
	const { stdout } = await next.say("why", row.id);
	assert.match(stdout, /first byte after -, all after -\n/);
	assert.equal(await next.stop(), 0);
});

const CHUNK_BYTES = 16 << 20;
const AROUND_BYTES = 256;

/** Wherever the session is named, with the time and the model before it: no NUL, no sense. */
function scribble(file, session) {
	const fd = openSync(file, "r+");
	const chunk = Buffer.alloc(CHUNK_BYTES);
	const found = new Set();
	for (let from = 0; readSync(fd, chunk, 0, CHUNK_BYTES, from) > AROUND_BYTES; from += CHUNK_BYTES - AROUND_BYTES)
		for (let at = chunk.indexOf(session); at >= 0; at = chunk.indexOf(session, at + 1)) found.add(from + at);
	for (const at of found) writeSync(fd, Buffer.alloc(8 + 128 + 64, 0xff), 0, 8 + 128 + 64, at - 128 - 8);
	closeSync(fd);
	return found.size;
}

test("kill -9 of all, and a request that is scribbled over: its end is what its row says", async () => {
	const sim = await startSim();
	const { atlas, answer } = await waitsForAnother(sim);
	await until(async () => (await atlas.ctl("status")).json.uncommitted_fact_bytes === 0);
	await killAll(atlas);
	await answer;
	assert.ok(scribble(path.join(atlas.runDir, "segment"), "waits") > 0, "its exchange is found");
	const next = await again(atlas, sim);
	await hasEnded(next);
	assert.equal(await next.stop(), 0);
});

test("a segment given up between two attempts of a request ends it", async () => {
	const sim = await startSim();
	const { atlas, answer } = await waitsForAnother(sim, { reset_window: "60s" });
	for (let n = 1; n <= 2; n++) {
		const [{ pid }] = await until(() => atlas.children("dispatch").length > 0 && atlas.children("dispatch"));
		atlas.kill(pid);
		await until(() => !atlas.children("dispatch").some((child) => child.pid === pid));
	}
	assert.equal((await answer).status, 503);
	await until(async () => (await atlas.ctl("status")).json?.segment_resets === 1, { ms: 10000 });
	await atlas.ready();
	await hasEnded(atlas);
	assert.equal(await atlas.stop(), 0);
});

test("a stop at once between two attempts of a request ends it", async () => {
	const sim = await startSim();
	const { atlas, answer } = await waitsForAnother(sim);
	assert.equal(await atlas.stop({ signal: "SIGINT", ms: 20000 }), 0);
	await answer;
	assert.ok(!existsSync(path.join(atlas.runDir, "segment.left")), "all is in the ledger");
	const next = await again(atlas, sim);
	await hasEnded(next);
	assert.equal(await next.stop(), 0);
});

/** Another Atlas with the run_dir of that one; it may have a data_dir of its own. */
const onRunDir = (atlas, options) =>
	startAtlas({ workers: 1, ...options, conf: { server: { run_dir: atlas.runDir } } });

/** The one sentence it does not start with. */
async function refusal(atlas) {
	const { code } = await within(atlas.exited, 20000, "it gives up");
	assert.equal(code, 3, atlas.log());
	const said = atlas.log().split("\n").filter((line) => line.startsWith("atlasd: "));
	assert.equal(said.length, 1, atlas.log());
	return said[0];
}

test("what was spent goes into its own ledger and into no other", async () => {
	const sim = await startSim();
	const atlas = await spendUnseen(sim);
	await killAll(atlas);
	const left = path.join(atlas.runDir, "segment.left");
	const port = Number(new URL(sim.base).port);
	assert.match(await refusal(await onRunDir(atlas, { sim, port, dataDir: atlas.dataDir, wait: false })), /listen/);
	assert.deepEqual(readdirSync(atlas.runDir), ["segment.left"], "no start that is refused takes it away");
	const other = await onRunDir(atlas, { sim, wait: false });
	const said = await refusal(other);
	for (const named of [left, atlas.dataDir, other.dataDir, "start once", "remove"])
		assert.ok(said.includes(named), said);
	assert.deepEqual(readdirSync(atlas.runDir), ["segment.left"]);
	assert.deepEqual(readdirSync(other.dataDir), [], "no token of a start that never was");

	const link = path.join(atlas.folder, "link");
	symlinkSync(atlas.folder, link);
	const sameDir = path.join(link, path.basename(atlas.dataDir));
	await isComplete(await onRunDir(atlas, { sim, dataDir: sameDir }), atlas, sim);
});

test("facts that are given up do not come back", async () => {
	const sim = await startSim();
	const atlas = await spendUnseen(sim);
	await killAll(atlas);
	await refusal(await onRunDir(atlas, { sim, wait: false }));
	rmSync(path.join(atlas.runDir, "segment.left"));
	const other = await onRunDir(atlas, { sim });
	assert.equal((await usage(other)).request_count, 0);
	assert.equal(await other.stop(), 0);
});

test("a segment with nothing unwritten is in nobody's way", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	assert.equal((await chat(atlas)).status, 200);
	await ledgerEqualsBill(atlas, sim);
	await killAll(atlas);
	const other = await onRunDir(atlas, { sim });
	assert.equal((await usage(other)).request_count, 0);
	assert.deepEqual(readdirSync(atlas.runDir).includes("segment.left"), false);
	assert.equal(await other.stop(), 0);
});

test("a start on a data_dir in use leaves nothing, and no token of another ledger", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const second = await startAtlas({ sim, workers: 1, dataDir: atlas.dataDir, wait: false });
	await refusal(second);
	assert.deepEqual(readdirSync(second.runDir), []);
	const third = await onRunDir(second, { sim });
	assert.doesNotMatch(third.log(), /salvaged/);
	assert.equal((await usage(third)).request_count, 0, "its own token holds");
	assert.equal((await get(third, "/admin/tokens", { token: atlas.token })).status, 401);
	assert.equal(await third.stop(), 0);
	assert.equal(await atlas.stop(), 0);
});

/** Writes another version of the layout into the head of a segment. */
function ageLayout(file) {
	const fd = openSync(file, "r+");
	const word = Buffer.alloc(4);
	readSync(fd, word, 0, 4, 8);
	word.writeUInt32LE(word.readUInt32LE() - 1);
	writeSync(fd, word, 0, 4, 8);
	closeSync(fd);
}

for (const { what, spoil, says } of [
	{ what: "is cut short", spoil: (file) => truncateSync(file, 4096), says: /too small to be a segment/ },
	{ what: "has an older layout", spoil: ageLayout, says: /has layout \d+, this build reads \d+/ },
])
	test(`a segment that ${what} is given up in a sentence, and stops nobody`, async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim, workers: 1 });
		assert.equal((await chat(atlas)).status, 200);
		await killAll(atlas);
		spoil(path.join(atlas.runDir, "segment"));
		const next = await again(atlas, sim);
		const said = next.log().split("\n").filter((line) => says.test(line));
		assert.equal(said.length, 1, next.log());
		assert.match(said[0], /given up.*segment\.left/);
		assert.equal(await next.stop(), 0);
		assert.deepEqual(await leaks(next), []);
	});
