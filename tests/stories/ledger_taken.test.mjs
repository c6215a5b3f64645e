// The ledger's file taken away, replaced or cut short while Atlas runs: nothing is spent
// that cannot be written down, everybody says why, and no new ledger begins unasked.

import assert from "node:assert/strict";
import {
	copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { chat, get, ledgerEqualsBill, startAtlas, startSim, until, within } from "./lib/index.mjs";

const FILE = "ledger/data.mdb";
const PAGE = 4096;

async function served(n = 3) {
	const sim = await startSim();
	const atlas = await startAtlas({ sim });
	for (let i = 0; i < n; i++) assert.equal((await chat(atlas)).status, 200);
	await ledgerEqualsBill(atlas, sim);
	return { sim, atlas };
}

const readiness = async (atlas) => (await get(atlas, "/readyz", { token: null })).json;

const says = (atlas, reason) => until(async () => (await readiness(atlas)).reasons.includes(reason), {
	ms: 8000, what: `/readyz says ${reason}`,
});

/** Until a request is refused for the ledger; what was sent before has its facts in the segment. */
async function refused(atlas, sim) {
	const answer = await until(async () => {
		const seen = await chat(atlas);
		return seen.status !== 200 && seen;
	}, { ms: 15000, what: "a request is refused" });
	assert.equal(answer.status, 503, answer.text);
	assert.equal(answer.json.error.code, "ledger_unavailable");
	const { requests } = await sim.billSummary();
	const more = await Promise.all(Array.from({ length: 4 }, () => chat(atlas)));
	assert.ok(more.every(({ status }) => status === 503));
	assert.equal((await sim.billSummary()).requests, requests, "nothing was sent");
}

/** Dispatch twice, and with it the segment; whoever answered before has left. */
async function reset(atlas) {
	const fronts = new Set(atlas.children("front").map(({ pid }) => pid));
	for (let n = 1; n <= 2; n++) {
		const [{ pid }] = await until(() => atlas.children("dispatch").length > 0 && atlas.children("dispatch"));
		atlas.kill(pid);
		await until(() => !atlas.children("dispatch").some((child) => child.pid === pid));
	}
	await until(() => /segment_reset/.test(atlas.log()), { ms: 8000, what: "it is reset" });
	await until(() => {
		const now = atlas.children("front");
		return now.length === fronts.size && !now.some(({ pid }) => fronts.has(pid));
	}, { ms: 15000, what: "all fronts are others" });
}

const servedAgain = (atlas) => until(async () => (await chat(atlas)).status === 200, {
	ms: 10000, what: "requests are served again",
});

/** The segment is made anew, and there is no ledger to go on from. */
async function unavailableAfterReset(atlas, sim) {
	const { requests } = await sim.billSummary();
	await reset(atlas);
	await says(atlas, "ledger_unavailable");
	assert.equal((await get(atlas, "/healthz", { token: null })).status, 200);
	for (const token of [undefined, "atlas-chat-nobody-knows", null]) {
		const answer = await within(chat(atlas, { token }), 2000, "an answer");
		assert.equal(answer.status, 503, answer.text);
		assert.equal(answer.json.error.code, "ledger_unavailable");
		assert.ok(Number(answer.headers["retry-after"]) > 0);
	}
	const { code, json } = await atlas.ctl("status");
	assert.equal(code, 1);
	assert.match(json.reasons[0], /ledger is unavailable/);
	assert.doesNotMatch(json.reasons.join("\n"), /record|front/);
	assert.equal((await sim.billSummary()).requests, requests, "nothing was sent");
}

async function goesOn(atlas, sim) {
	await atlas.ready();
	assert.equal((await chat(atlas)).status, 200);
	await ledgerEqualsBill(atlas, sim);
	assert.equal((await atlas.ctl("verify")).json.faults, 0);
	assert.equal(await atlas.stop(), 0);
}

describe("a ledger taken from a running Atlas", { concurrency: true }, () => {
	test("a file that is taken away stops the spending until it is back", async () => {
		const { sim, atlas } = await served();
		renameSync(atlas.path(FILE), atlas.path("away"));
		await says(atlas, "ledger_unavailable");
		await refused(atlas, sim);
		assert.match(atlas.log(), /ledger_failed .*data\.mdb/);
		const { alerts } = (await get(atlas, "/monitoring/alerts")).json;
		assert.equal(alerts.find(({ alert }) => alert === "ledger").state, "firing");
		const status = await atlas.ctl("status");
		assert.equal(status.code, 1);
		assert.match(status.json.reasons.join(), /ledger is unavailable: its file is gone/);
		renameSync(atlas.path("away"), atlas.path(FILE));
		await servedAgain(atlas);
		await ledgerEqualsBill(atlas, sim);
		await until(async () => (await readiness(atlas)).status === "ready", { what: "/readyz says ready" });
		assert.equal(await atlas.stop(), 0);
	});

	test("a copy in its place goes on, by another record", async () => {
		const { sim, atlas } = await served();
		const [{ pid }] = atlas.children("record");
		copyFileSync(atlas.path(FILE), atlas.path("copy"));
		renameSync(atlas.path(FILE), atlas.path("away"));
		await says(atlas, "ledger_unavailable");
		await refused(atlas, sim);
		renameSync(atlas.path("copy"), atlas.path(FILE));
		await servedAgain(atlas);
		assert.notEqual(atlas.children("record")[0].pid, pid);
		assert.match(atlas.log(), /warn .*a copy of the ledger has been put in its place/);
		await goesOn(atlas, sim);
	});

	test("a lock file that is deleted is made anew, and nobody reads by the old one", async () => {
		const { sim, atlas } = await served();
		const [{ pid }] = atlas.children("record");
		const ask = () => get(atlas, "/monitoring/token-usage", { fresh: true });
		const lockOf = (front) => /^.*lock\.mdb.*$/m.exec(readFileSync(`/proc/${front.pid}/maps`, "utf8"))?.[0];
		const allHave = (is) => until(async () => {
			await ask();
			return atlas.children("front").every((front) => is(lockOf(front)));
		}, { ms: 8000, what: "all fronts read the ledger" });
		await allHave((line) => line !== undefined);
		rmSync(atlas.path("ledger/lock.mdb"));
		await until(() => atlas.children("record").some((child) => child.pid !== pid), { ms: 8000, what: "another record" });
		await servedAgain(atlas);
		await allHave((line) => line !== undefined && !line.endsWith("(deleted)"));
		assert.match(atlas.log(), /warn record warning text="the ledger's lock\.mdb was deleted/);
		await goesOn(atlas, sim);
	});

	test("a copy that lacks something is refused by who has the rest, which goes on when it is back", async () => {
		const { sim, atlas } = await served(1);
		const [{ pid }] = atlas.children("record");
		copyFileSync(atlas.path(FILE), atlas.path("older"));
		for (let i = 0; i < 3; i++) assert.equal((await chat(atlas)).status, 200);
		await ledgerEqualsBill(atlas, sim);
		renameSync(atlas.path(FILE), atlas.path("away"));
		await says(atlas, "ledger_unavailable");
		renameSync(atlas.path("older"), atlas.path(FILE));
		await until(() => /ledger_failed .*an older copy/.test(atlas.log()), { ms: 8000, what: "the log says so" });
		await refused(atlas, sim);
		renameSync(atlas.path("away"), atlas.path(FILE));
		await servedAgain(atlas);
		assert.equal(atlas.children("record")[0].pid, pid);
		await goesOn(atlas, sim);
	});

	test("a deleted ledger is not begun anew by a successor; a copy of it goes on", async () => {
		const { sim, atlas } = await served();
		const [record] = atlas.children("record");
		copyFileSync(atlas.path(FILE), atlas.path("copy"));
		rmSync(atlas.path("ledger"), { recursive: true });
		await says(atlas, "ledger_unavailable");
		atlas.kill(record.pid);
		await until(() => /was there and is gone/.test(atlas.log()), { ms: 8000, what: "the log says so" });
		assert.ok(!existsSync(atlas.path("ledger")), "no new ledger");
		await refused(atlas, sim);
		const { reasons } = (await atlas.ctl("status")).json;
		assert.match(reasons.join(), /^the ledger is unavailable/, "and nothing else is wrong");
		assert.equal(reasons.length, 1, reasons.join());
		// what it was when it was deleted: nothing had been written since
		mkdirSync(atlas.path("ledger"), { mode: 0o700 });
		renameSync(atlas.path("copy"), atlas.path(FILE));
		await servedAgain(atlas);
		await ledgerEqualsBill(atlas, sim);
		assert.equal(await atlas.stop(), 0);
	});

	test("under another segment all say what is wrong until the ledger is back", async () => {
		const { sim, atlas } = await served();
		renameSync(atlas.path("ledger"), atlas.path("away"));
		await says(atlas, "ledger_unavailable");
		await refused(atlas, sim);
		await unavailableAfterReset(atlas, sim);
		assert.match(atlas.log(), /was there and is gone/);
		assert.ok(!existsSync(atlas.path("ledger")), "no new ledger");
		const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann");
		assert.equal(made.code, 1);
		assert.match(made.stderr, /ledger/);
		renameSync(atlas.path("away"), atlas.path("ledger"));
		await goesOn(atlas, sim);
	});

	test("so it is with what cannot be read, also when record dies of something else", async () => {
		const { sim, atlas } = await served(40);
		copyFileSync(atlas.path(FILE), atlas.path("copy"));
		truncateSync(atlas.path(FILE), 4 * PAGE);
		await says(atlas, "ledger_unavailable");
		await unavailableAfterReset(atlas, sim);
		const [{ pid }] = atlas.children("record");
		atlas.kill(pid);
		await until(() => atlas.children("record").some((child) => child.pid !== pid));
		await says(atlas, "ledger_unavailable");
		copyFileSync(atlas.path("copy"), atlas.path(FILE));
		await goesOn(atlas, sim);
	});

	test("a stop meanwhile leaves what was spent to the next start", async () => {
		const { sim, atlas } = await served();
		renameSync(atlas.path("ledger"), atlas.path("away"));
		await says(atlas, "ledger_unavailable");
		await refused(atlas, sim);
		await unavailableAfterReset(atlas, sim);
		assert.equal(await atlas.stop(), 0);
		renameSync(atlas.path("away"), atlas.path("ledger"));
		const next = await startAtlas({ sim, dataDir: atlas.dataDir, conf: { server: { run_dir: atlas.runDir } } });
		assert.match(next.log(), /salvaged facts=[1-9]/);
		await goesOn(next, sim);
	});

	test("a file that is cut short is said to be, by everybody who would read it", async () => {
		const { sim, atlas } = await served(40);
		copyFileSync(atlas.path(FILE), atlas.path("copy"));
		assert.ok(statSync(atlas.path("copy")).size > 40 * PAGE, "so much is surely missed");
		truncateSync(atlas.path(FILE), 4 * PAGE);
		for (const command of [["usage"], ["requests"], ["verify"], ["cost"]]) {
			const told = await atlas.ctl(...command);
			assert.equal(told.code, 1, `${command}: ${told.signal} ${told.stderr}`);
			assert.match(told.stderr, /cut short/, command.join());
			assert.equal(told.json?.ok, false, `${command}: ${told.stdout}`);
		}
		await says(atlas, "ledger_unavailable");
		assert.equal((await get(atlas, "/monitoring/token-usage")).status, 503);
		copyFileSync(atlas.path("copy"), atlas.path(FILE)); // into the same file
		await servedAgain(atlas);
		await ledgerEqualsBill(atlas, sim);
		assert.equal((await atlas.ctl("verify")).json.faults, 0);
		assert.equal(await atlas.stop(), 0);
	});

	test("what an answer leaves out because it is damaged is counted and told", async () => {
		const DIM_MODEL = 1, HEAD_BYTES = 10, VALUE_BYTE = 40;
		const { sim, atlas } = await served();
		assert.equal(await atlas.stop(), 0);
		const file = path.join(atlas.dataDir, FILE), bytes = readFileSync(file), name = Buffer.from("gpt-4o-mini");
		for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + 1))
			if (bytes[at - HEAD_BYTES] <= 2 && bytes[at - HEAD_BYTES + 1] === DIM_MODEL)
				bytes[at + name.length + VALUE_BYTE] ^= 1;
		writeFileSync(file, bytes);
		const again = await startAtlas({ sim, dataDir: atlas.dataDir });
		const { json } = await get(again, "/monitoring/cost-breakdown");
		assert.equal(json.request_count, 3);
		assert.deepEqual(json.by_model, []);
		const [, records] = await until(() => /error .*ledger_damaged records=(\d+) .*atlasctl verify/.exec(again.log()), {
			what: "the log says so",
		});
		const { text } = await get(again, "/metrics");
		assert.ok(Number(/^atlas_records_damaged_total (\d+)$/m.exec(text)[1]) >= Number(records), text);
		assert.equal(await again.stop(), 0);
	});

	test("what cannot be answered because the ledger is damaged says so, and is counted", async () => {
		const SESSIONS = 20;
		const { sim, atlas } = await served();
		for (let i = 0; i < SESSIONS; i++) await chat(atlas, { headers: { "x-atlas-session": `session-${String.fromCharCode(97 + i)}` } });
		assert.equal(await atlas.stop(), 0);
		const file = path.join(atlas.dataDir, FILE), bytes = readFileSync(file), name = Buffer.from("session-h");
		for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + 1)) bytes[at + name.length - 1] = 0x20; // out of order now
		writeFileSync(file, bytes);
		const again = await startAtlas({ sim, dataDir: atlas.dataDir });
		const { status, json } = await get(again, "/monitoring/cost-breakdown");
		assert.equal(status, 503);
		assert.equal(json.error.code, "ledger_unavailable");
		assert.match(json.error.message, /^This cannot be told at the moment: .* damaged: run atlasctl verify/);
		assert.equal((await get(again, "/monitoring/token-usage?by=model")).status, 200);
		assert.match((await get(again, "/metrics")).text, /^atlas_reads_failed_total 1$/m);
		assert.match(again.log(), /error .*ledger_failed .*damaged/);
		assert.equal(await again.stop(), 0);
	});

	test("a meta page that a commit did not leave so is told, and the next start writes it again", async () => {
		const MAP_BYTES = 32, NUMBER = 144; // where they are in a page
		const { sim, atlas } = await served();
		assert.equal(await atlas.stop(), 0);
		const file = path.join(atlas.dataDir, FILE), bytes = readFileSync(file);
		const older = bytes.readBigUInt64LE(NUMBER) < bytes.readBigUInt64LE(PAGE + NUMBER) ? 0 : PAGE;
		bytes[older + MAP_BYTES + 3] ^= 1;
		writeFileSync(file, bytes);
		const told = await atlas.ctl("verify");
		assert.equal(told.code, 1, told.stdout);
		assert.match(told.json.first_faults[0], /meta page/);
		const again = await startAtlas({ sim, dataDir: atlas.dataDir });
		await until(() => /warn .*meta pages.*atlasctl verify/i.test(again.log()), { what: "the log says so" });
		assert.equal((await again.ctl("verify")).json.faults, 0);
		assert.equal((await chat(again)).status, 200);
		await ledgerEqualsBill(again, sim);
		assert.equal(await again.stop(), 0);
	});

	test("a request whose record is damaged is not said to have been sent by nobody", async () => {
		const { sim, atlas } = await served();
		const [{ id, upstream_id: upstreamId }] = (await atlas.ctl("requests")).json.requests;
		assert.equal(await atlas.stop(), 0);
		const file = path.join(atlas.dataDir, FILE), bytes = readFileSync(file);
		for (let at = bytes.indexOf(upstreamId); at !== -1; at = bytes.indexOf(upstreamId, at + 1)) bytes[at + 5] ^= 1;
		writeFileSync(file, bytes);
		const again = await startAtlas({ sim, dataDir: atlas.dataDir });
		for (const name of [id, id.replace("r", "%72")]) {
			const { status, json } = await get(again, `/monitoring/requests/${name}`);
			assert.deepEqual([status, json.error.code], [503, "ledger_unavailable"]);
			assert.match(json.error.message, /It was sent, and .* damaged: run atlasctl verify/);
		}
		const why = await again.ctl("why", id);
		assert.equal(why.code, 1);
		assert.match(why.stderr, /It was sent, and .* damaged/);
		assert.equal(await again.stop(), 0);
	});

	test("a start with the folder but without its file is refused in a sentence", async () => {
		const { sim, atlas } = await served(1);
		assert.equal(await atlas.stop(), 0);
		rmSync(path.join(atlas.dataDir, FILE));
		const again = await startAtlas({ sim, dataDir: atlas.dataDir, wait: false });
		const { code } = await within(again.exited, 20000, "it gives up");
		assert.equal(code, 3);
		assert.match(again.log(), /ledger_failed .*data\.mdb/);
	});
});
