// An export of a ledger whose old rows are taken out: it says what it has, and what it could
// not have any more is not left out in silence.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { open, read } from "./lib/http.mjs";
import { chat, get, leaks, makeFolder, program, request, runToEnd, startAtlas, startSim, until } from "./lib/index.mjs";
import { startWall } from "./lib/wall.mjs";

const ROWS = 40000; // more than sockets hold
const DAYS = 0.04; // nearly an hour, before now
const MINUTE = 60;

/** An Atlas with so many rows of the last hour, and a wall to set. */
async function start() {
	const dataDir = makeFolder(os.tmpdir());
	execFileSync(program("bench/facts"), [ROWS, dataDir, 10, DAYS]);
	const wall = startWall();
	const sim = await startSim();
	const conf = { ledger: { keep_rows: "1h" } };
	return { wall, atlas: await startAtlas({ sim, dataDir, conf, env: wall.env, workers: 1 }) };
}

const since = ({ headers }) => Date.parse(headers["x-atlas-export-from"]);

/** atlasctl export into a pipe that is read when one wants: { ended, file }. */
async function intoPipe(atlas) {
	const pipe = path.join(atlas.folder, "rows");
	execFileSync("mkfifo", [pipe]);
	const ended = runToEnd("sh", ["-c", 'exec "$1" -c "$2" export --format jsonl >"$3"', "sh", program("atlasctl"), atlas.conf, pipe], { ms: 30000 });
	return { ended, file: await openFile(pipe) };
}

test("it says since when it has all rows, and ends cut when it is overtaken", async () => {
	const { atlas, wall } = await start();
	const question = "/monitoring/export?format=jsonl";
	const pruned = async () => (await atlas.ctl("verify")).json.pruned_rows;
	const { stderr } = await atlas.say("export", "--model", "none");
	assert.equal(stderr, "");
	const small = await get(atlas, `${question}&newest=10`);
	assert.equal(small.text.trim().split("\n").length, 10);
	assert.ok(Math.abs(since(small) - (Date.now() - 24 * 60 * MINUTE * 1000)) < 2 * MINUTE * 1000, "nothing has gone yet");

	const slow = await open(atlas, { path: question, fresh: true }); // and nobody reads on
	const stalled = await intoPipe(atlas);
	wall.shift(50 * MINUTE);
	await until(async () => (await pruned()) > ROWS / 2, { what: "old rows are taken out" });
	await assert.rejects(read(slow), { code: "ECONNRESET" });
	assert.match(atlas.log(), /export_cut.*reason=pruned/);
	assert.ok((await stalled.file.readFile("utf8")).split("\n").length < ROWS);
	await stalled.file.close();
	const { code, stderr: why } = await stalled.ended;
	assert.deepEqual([code, /taken out before they were read/.test(why)], [1, true], why);

	await until(async () => {
		const gone = await pruned();
		const whole = await get(atlas, question);
		const lines = whole.text.trim().split("\n").map((line) => JSON.parse(line));
		return gone === await pruned() && lines.length === ROWS - gone && lines.filter(({ sent_at: at }) => Date.parse(at) < since(whole)).length < ROWS / 100;
	}, { ms: 20000, what: "one that is not overtaken has all that is left" });
	const asHead = () => request(atlas, { method: "HEAD", path: question });
	const [head, whole, later] = [await asHead(), await get(atlas, question), await asHead()];
	assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", undefined]);
	for (const name of ["content-type", "content-disposition", "cache-control"])
		assert.equal(head.headers[name], whole.headers[name], name);
	assert.ok(since(head) <= since(whole) && since(whole) <= since(later), "rows go on being taken out");
	assert.match((await atlas.say("export", "--model", "none")).stderr, /rows are gone, by \[ledger\] keep_rows/);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("one whose file is replaced ends cut, and what is asked from then on is of the new file", async () => {
	const FILE = "ledger/data.mdb";
	const { atlas } = await start();
	const total = () => get(atlas, "/monitoring/cost-breakdown", { fresh: true });
	const before = (await total()).json.attempt_count;
	const slow = await open(atlas, { path: "/monitoring/export?format=jsonl", fresh: true }); // and nobody reads on
	const unready = async () => (await get(atlas, "/readyz", { token: null })).json.reasons.includes("ledger_unavailable");
	let polling = true;
	const polls = Array.from({ length: 4 }, async () => {
		const refused = [];
		while (polling) {
			const { status, text } = await total();
			if (status !== 200) refused.push(text);
		}
		return refused;
	});
	copyFileSync(atlas.path(FILE), atlas.path("copy"));
	renameSync(atlas.path(FILE), atlas.path("away"));
	await until(unready, { ms: 8000, what: "the file is missed" });
	renameSync(atlas.path("copy"), atlas.path(FILE));
	await until(async () => (await chat(atlas)).status === 200, { ms: 10000, what: "requests are served again" });
	await until(async () => (await total()).json.attempt_count > before, { ms: 8000, what: "the new file is read" });
	polling = false;
	assert.deepEqual((await Promise.all(polls)).flat(), []);
	await assert.rejects(read(slow), { code: "ECONNRESET" });
	assert.match(atlas.log(), /ledger_failed .*another file stands in its place/);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
