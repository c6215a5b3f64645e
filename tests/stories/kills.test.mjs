// kill -9, again and again, under load: the others go on, every client hears the truth,
// and the books agree with the bill. KILLS_FRONT, _DISPATCH, _RECORD, _MASTER: how often.
// MUTE_RECORD=1: a mute record too, which takes the half minute that a disk may take.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { audit } from "./lib/audit.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { get, leaks, startAtlas, startSim, until } from "./lib/index.mjs";
import { portsOf } from "./lib/proc.mjs";

const times = (role, usual) => Number(process.env[`KILLS_${role}`] ?? usual);
const CLEAR_WITHIN_MS = 2000;

// A child that dies again and again is started ever later, so that a crash loop costs
// little; a few deaths each, and then another Atlas, keep that out of what is measured.
const DEATHS_EACH = { front: 9, dispatch: 4, record: 4 };

async function world(t, role, server = {}) {
	const sim = await startSim({ ttftMs: 30, tokensPerSecond: 100 });
	const atlas = await startAtlas({
		sim,
		workers: 3,
		conf: {
			server: { log_level: "info", reset_window: 0, ...server },
			queue: { max_concurrent: 40 },
		},
	});
	// The fronts read the ledger: LMDB's lock file outlives a record that dies.
	await Promise.all(Array.from({ length: 12 }, () => get(atlas, "/monitoring/token-usage", { fresh: true })));
	const crowd = new Crowd(atlas, { prefix: role });
	t.after(() => crowd.abandon());
	await crowd.progress(64);
	return { sim, atlas, crowd };
}

async function alive(atlas, role, not) {
	const is = () => {
		const all = atlas.children(role).filter(({ pid }) => pid !== not);
		return all.length > 0 && all;
	};
	return until(is, { ms: 5000, what: `a ${role} runs` });
}

/** How much status says is held: attempts for dispatch, bytes of facts for record. */
async function held({ atlas }, role) {
	const { json } = await atlas.ctl("status");
	if (role === "record") return json.uncommitted_fact_bytes;
	return json.exchanges.sent + json.exchanges.streaming;
}

/**
 * Kills it while it stands still and is seen to hold something: what was counted then is
 * what the kill has hit. Nothing held: it goes on, and is looked at again. Gives how much
 * it held, and the requests that were open.
 */
async function killHolding({ atlas, crowd }, pid, count) {
	let n = 0;
	const isHolding = async () => {
		atlas.kill(pid, "SIGSTOP");
		n = await count();
		if (n === 0) atlas.kill(pid, "SIGCONT");
		return n > 0;
	};
	await until(isHolding, { ms: 10000, what: `${pid} holds something` });
	const were = crowd.openRequests();
	assert.ok(atlas.kill(pid), "it was still there");
	return { n, were };
}

/** Each request that was open at the kill has ended, in time and in words. */
async function everybodyKnows(were, { mayBreak = () => false }) {
	const ended = () => were.every((seen) => seen.outcome !== undefined);
	const killedAt = performance.now();
	await until(ended, { ms: CLEAR_WITHIN_MS, what: "every open request has ended" });
	for (const seen of were) {
		assert.ok(seen.endedAt - killedAt <= CLEAR_WITHIN_MS);
		const isClear = seen.outcome === "full" || seen.outcome === "clear";
		assert.ok(isClear || mayBreak(seen), `request ${seen.n} is ${seen.outcome}`);
	}
}

/** Whoever has ended and only waits for its new parent to notice does not run. */
function runs(pid) {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

function tally(crowd) {
	const count = {};
	for (const { outcome } of crowd.ended) count[outcome] = (count[outcome] ?? 0) + 1;
	return count;
}

const sessionsOf = (crowd) => [...new Set(crowd.ended.map(({ session }) => session))];

async function closeTheBooks({ sim, atlas, crowd }, title) {
	await crowd.stop();
	const noneIsHeld = async () => {
		const { exchanges } = (await atlas.ctl("status")).json;
		return Object.values(exchanges).every((n) => n === 0);
	};
	await until(noneIsHeld, { ms: 10000, what: "no exchange is in use" });
	const books = await audit(atlas, sim, sessionsOf(crowd));
	assert.ok(!crowd.ended.some(({ outcome }) => outcome === "muddled"), "no muddled answers");
	console.log(`${title}: requests ${JSON.stringify(tally(crowd))}, books ${JSON.stringify(books)}`);
	assert.ok(!atlas.log().includes("ledger_failed"), "every record goes on from what is there");
	const verified = await atlas.ctl("verify");
	assert.equal(verified.code, 0, verified.stdout);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
	await sim.stop();
}

/** A front that holds open requests of ours, another each time where it can be. */
async function busyFront({ atlas, crowd }, i) {
	const is = () => {
		const busy = atlas.children("front").map((front) => {
			const ports = portsOf(front.pid, atlas.port);
			return { ...front, ports };
		}).filter(({ ports }) => crowd.openRequests().some(({ port }) => ports.has(port)));
		return busy.length > 0 && busy[i % busy.length];
	};
	return until(is, { ms: 5000, what: "a front holds a request" });
}

/** One death of a front; only those on its own connections may break. */
async function killFront(all, i) {
	const { pid } = await busyFront(all, i);
	let ports;
	const { n, were } = await killHolding(all, pid, () => {
		ports = portsOf(pid, all.atlas.port);
		return all.crowd.openRequests().filter(({ port }) => ports.has(port)).length;
	});
	await everybodyKnows(were, { mayBreak: ({ port }) => ports.has(port) });
	await all.crowd.progress(20);
	return n;
}

/** One death of dispatch or record. */
async function killOther(all, role, not) {
	const [{ pid }] = await alive(all.atlas, role, not);
	const { n, were } = await killHolding(all, pid, () => held(all, role));
	await everybodyKnows(were, {});
	await all.crowd.progress(20);
	return { pid, n };
}

for (const [role, usual, promise] of [
	["front", 6, "only its own clients notice"],
	["dispatch", 4, "no connection breaks, nothing is lost"],
	["record", 4, "no connection breaks, nothing is lost"],
])
	test(`${role} dies: ${promise}`, async (t) => {
		const wanted = times(role.toUpperCase(), usual);
		let counted = 0;
		const holding = [];
		for (let round = 0; counted < wanted; round++) {
			const all = await world(t, `${role}-${round}`);
			let last;
			for (let i = 0; i < DEATHS_EACH[role] && counted < wanted; i++, counted++)
				if (role === "front") holding.push(await killFront(all, i));
				else {
					const { pid, n } = await killOther(all, role, last);
					last = pid;
					holding.push(n);
				}
			await closeTheBooks(all, `${role} ${round}`);
		}
		const unit = role === "record" ? "bytes of facts" : "requests";
		console.log(`${role}: ${wanted} kills, ${counted} counted, each while it held ` +
			`${Math.min(...holding)} to ${Math.max(...holding)} ${unit}`);
	});

test("the master dies: its children finish and leave, the next start is at first try", async (t) => {
	const all = await world(t, "master", { drain_timeout: "3s" });
	const { sim, atlas, crowd } = all;
	const wanted = times("MASTER", 2);
	let broken = 0;
	let open = 0;
	for (let i = 0; i < wanted; i++) {
		const children = atlas.children().map(({ pid }) => pid);
		const were = crowd.openRequests();
		assert.ok(were.length > 0);
		atlas.kill();
		await atlas.exited;
		await until(() => were.every((seen) => seen.outcome !== undefined), {
			ms: 5000,
			what: "what was open has ended",
		});
		broken += were.filter(({ outcome }) => outcome === "broken").length;
		open += were.length;
		atlas.start({ OPENAI_API_KEY: sim.apiKey });
		await atlas.ready();
		assert.deepEqual(children.filter(runs), [], "no orphans");
		await crowd.progress(64);
	}
	console.log(`master: ${wanted} kills, ${wanted} counted, ${broken} of ${open} requests broken`);
	assert.ok(broken <= open * 0.01, "in-flight requests are finished");
	await closeTheBooks(all, "master");
});

const MUTES = ["front", "dispatch", ...(process.env.MUTE_RECORD ? ["record"] : [])];

for (const role of MUTES)
	test(`a mute ${role} is replaced`, async (t) => {
		const all = await world(t, `mute-${role}`);
		const { atlas, crowd } = all;
		const [victim] = await alive(atlas, role);
		atlas.kill(victim.pid, "SIGSTOP");
		const isReplaced = () => {
			const now = atlas.children(role);
			return now.length > 0 && now.every(({ pid }) => pid !== victim.pid);
		};
		await until(isReplaced, { ms: 60000, what: `another ${role}` });
		await crowd.progress(64, 20000);
		await closeTheBooks(all, `mute ${role}`);
	});

test("two deaths of dispatch in short order: a new segment, and the books still agree", async (t) => {
	const all = await world(t, "reset", { reset_window: "10s" });
	const { atlas, crowd } = all;
	const resets = async () => (await atlas.ctl("status")).json?.segment_resets;
	const [first] = await alive(atlas, "dispatch");
	atlas.kill(first.pid);
	const [second] = await alive(atlas, "dispatch", first.pid);
	await crowd.progress(20);
	const were = crowd.openRequests();
	atlas.kill(second.pid);
	await everybodyKnows(were, {});
	await until(async () => (await resets()) === 1, { ms: 5000, what: "a reset" });
	await crowd.progress(64, 5000);
	await closeTheBooks(all, "reset");
});
