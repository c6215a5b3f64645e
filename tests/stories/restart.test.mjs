// A restart of the whole service gives nobody a limit anew: what was used in the hour, and
// the calm after an incident, go on where they were, however it ended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, post, startAtlas, startSim, until } from "./lib/index.mjs";
import { rowsOf } from "./lib/audit.mjs";
import { get } from "./lib/http.mjs";

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));

async function limits(atlas) {
	const answer = await get(atlas, "/monitoring/rate-limits");
	assert.equal(answer.status, 200, answer.text);
	return answer.json.rate_limits;
}

/** Everything at once: nobody of them can do anything about the death of another. */
async function killAll(atlas) {
	const pids = [atlas.pid, ...atlas.children().map(({ pid }) => pid)];
	for (const pid of pids) atlas.kill(pid, "SIGSTOP");
	for (const pid of pids.reverse()) atlas.kill(pid);
	assert.equal(await atlas.stop({ signal: "SIGKILL" }), "SIGKILL");
}

const committed = (atlas) =>
	until(async () => (await atlas.ctl("status")).json.uncommitted_fact_bytes === 0, {
		what: "every fact is in the ledger",
	});

/** Asks n times; who gets no answer is told so within max_wait. Gives how many did. */
async function answered(atlas, n) {
	const answers = await times(n, () => chat(atlas, { message: "Hi [[sim tokens=3]]" }));
	for (const answer of answers) assert.ok([200, 503].includes(answer.status), answer.text);
	return answers.filter(({ status }) => status === 200).length;
}

test("a limit that a reload or a restart sets counts what went in the hour before", async () => {
	const sim = await startSim();
	const none = {
		limits: { requests_per_minute: 0, requests_per_hour: 0, tokens_per_minute: 0, tokens_per_hour: 0 },
		queue: { max_wait: "300ms" },
	};
	const some = { requests_per_hour: 10, tokens_per_hour: 100000 };
	const adopt = async (atlas, set) => {
		atlas.configure({ limits: set });
		assert.equal((await atlas.ctl("reload")).code, 0);
		return limits(atlas);
	};
	let atlas = await startAtlas({ sim, conf: none });
	assert.equal(await answered(atlas, 6), 6);
	const set = await adopt(atlas, some);
	assert.equal(set.requests_per_hour, 6);
	assert.ok(set.tokens_per_hour > 0);
	assert.equal(await answered(atlas, 2), 2);
	const before = await limits(atlas);
	assert.equal(before.requests_per_hour, 8);
	assert.equal(await atlas.stop(), 0);

	atlas = await startAtlas({ sim, conf: { ...none, limits: some }, dataDir: atlas.dataDir });
	assert.deepEqual(await limits(atlas), before);
	assert.equal(await atlas.stop(), 0);

	// Without limits again: what was used before this start and since is counted all the same.
	atlas = await startAtlas({ sim, conf: none, dataDir: atlas.dataDir });
	assert.equal(await answered(atlas, 1), 1);
	assert.equal((await adopt(atlas, some)).requests_per_hour, 9);
	assert.equal(await answered(atlas, 3), 1);
	assert.equal((await sim.stats()).requests, 10, "never more than the limit");
	assert.equal(await atlas.stop(), 0);
});

test("a limit that a reload adds to a model's section counts what the model used under it", async () => {
	const sim = await startSim();
	const section = { requests_per_minute: 100 };
	const atlas = await startAtlas({
		sim,
		conf: { "model gpt-4o-mini": section, queue: { max_wait: "300ms" } },
	});
	const ask = () => chat(atlas, { model: "gpt-4o-mini", message: "Hi [[sim tokens=3]]" });
	for (const { status } of await times(4, ask)) assert.equal(status, 200);
	atlas.configure({ "model gpt-4o-mini": { ...section, requests_per_hour: 5 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	const statuses = (await times(3, ask)).map(({ status }) => status).sort();
	assert.deepEqual(statuses, [200, 503, 503]);
	assert.equal(await atlas.stop(), 0);
});

test("what was used of an hour is used after a stop, and after the death of all", async () => {
	const sim = await startSim();
	const conf = {
		limits: { requests_per_hour: 20, tokens_per_hour: 100000 },
		queue: { max_wait: "500ms" },
	};
	let atlas = await startAtlas({ sim, conf });
	assert.equal(await answered(atlas, 8), 8);
	const before = await limits(atlas);
	assert.equal(before.requests_per_hour, 8);
	assert.equal(await atlas.stop(), 0);

	atlas = await startAtlas({ sim, conf, dataDir: atlas.dataDir });
	assert.deepEqual(await limits(atlas), before);
	assert.equal(await answered(atlas, 8), 8);
	// One more is out when all die: nobody knows what became of it, so it counts.
	const lost = chat(atlas, { message: "Hi [[sim ttft=60000]]" }).catch(() => undefined);
	await until(async () => (await sim.stats()).requests === 17, { what: "it has arrived" });
	await committed(atlas);
	await killAll(atlas);
	await lost;

	atlas = await startAtlas({ sim, conf, dataDir: atlas.dataDir });
	assert.equal((await limits(atlas)).requests_per_hour, 17);
	assert.equal(await answered(atlas, 9), 3);
	assert.equal((await sim.stats()).requests, 20, "never more than the limit");
	assert.equal(await atlas.stop(), 0);
});

test("what a client has used of its rates is used after a stop, and after the death of all", async () => {
	const sim = await startSim();
	const client = { requests_per_hour: 20, tokens_per_hour: 100000, burst_percent: 100 };
	let atlas = await startAtlas({ sim, conf: { client } });
	const message = "Hi [[sim prompt=100 tokens=50]]";
	/** Those of n that pass, one after the other; gives what the last says is left. */
	const passed = async (n) => {
		const left = [];
		for (let i = 0; i < n; i++) {
			const answer = await chat(atlas, { message, body: { max_tokens: 200 } });
			assert.ok([200, 429].includes(answer.status), answer.text);
			if (answer.status === 429) assert.match(answer.text, /requests_per_hour/);
			if (answer.status === 200) left.push(answer.headers);
		}
		const { "x-ratelimit-remaining-tokens": tokens } = left.at(-1);
		return { n: left.length, tokens: Number(tokens) };
	};
	const first = await passed(8);
	assert.equal(first.n, 8);
	await committed(atlas);
	assert.equal(await atlas.stop(), 0);

	atlas = await startAtlas({ sim, conf: { client }, dataDir: atlas.dataDir });
	const second = await passed(8);
	assert.equal(second.n, 8);
	// 28 tokens flow back in a second: what eight use is missing, and what the first eight did
	const used = first.tokens - second.tokens;
	assert.ok(used > 8 * 150 - 28 * 40 && used <= 8 * 150 + 200, `${used} tokens`);
	await committed(atlas);
	await killAll(atlas);

	atlas = await startAtlas({ sim, conf: { client }, dataDir: atlas.dataDir });
	assert.equal((await passed(8)).n, 4, "twenty in all");
	assert.equal((await sim.stats()).requests, 20);
	assert.equal(await atlas.stop(), 0);
});

test("a segment made anew has the limits' use from the ledger", async () => {
	const sim = await startSim();
	const client = { requests_per_hour: 12, burst_percent: 100 };
	const conf = { client, limits: { requests_per_hour: 10 }, queue: { max_wait: "500ms" } };
	const atlas = await startAtlas({ sim, conf });
	assert.equal(await answered(atlas, 6), 6);
	for (let n = 1; n <= 2; n++) {
		const [{ pid }] = atlas.children("dispatch");
		atlas.kill(pid);
		const isReplaced = () => atlas.children("dispatch").some((child) => child.pid !== pid);
		await until(isReplaced, { ms: 10000, what: `successor ${n} of dispatch` });
	}
	await until(async () => (await atlas.ctl("status")).json?.segment_resets === 1, {
		ms: 10000,
		what: "the segment is made anew",
	});
	await atlas.ready();
	assert.equal((await limits(atlas)).requests_per_hour, 6);
	assert.equal(await answered(atlas, 6), 4);
	assert.equal((await sim.stats()).requests, 10);
	const beyond = await chat(atlas, { message: "Hi" });
	assert.equal(beyond.status, 429, "the client's twelve are used too");
	assert.match(beyond.text, /requests_per_hour .* 12/);
	assert.equal(await atlas.stop(), 0);
});

test("who was told to wait before the next try waits as long when dispatch dies", async () => {
	const sim = await startSim();
	const asked = 2.5;
	// its own backoff would be over at once, and the key takes no notice of a single fault
	const atlas = await startAtlas({
		sim,
		conf: { retry: { base_delay: "10ms", max_delay: "20ms" }, stabilization: { faults: 100 } },
	});
	await sim.weather({ mode: "503", retry_after: asked, count: 1 });
	const answer = chat(atlas, { headers: { "x-atlas-session": "told" } });
	const rows = () => rowsOf(atlas, ["told"], { missing: true });
	await until(async () => (await rows())[0]?.status === 503, { what: "its first attempt is settled" });
	const [{ pid }] = atlas.children("dispatch");
	atlas.kill(pid);
	assert.equal((await answer).status, 200);
	const [first, second] = await until(async () => {
		const all = (await rows()).sort((a, b) => a.attempt - b.attempt);
		return all[1]?.final && all;
	});
	const waitedMs = Date.parse(second.sent_at) - Date.parse(first.done_at);
	assert.ok(waitedMs >= asked * 1000 - 1, `${waitedMs} ms`);
	assert.equal(await atlas.stop(), 0);
});

test("what a model usually writes is known from its first answer on, whatever dies", async () => {
	const sim = await startSim();
	const conf = { limits: { tokens_per_minute: 20000, burst: "60s" }, queue: { max_wait: "300ms" } };
	let atlas = await startAtlas({ sim, conf });
	// Two that may each write 16,384 tokens do not fit; two of a model that writes few do.
	const twoAtOnce = async () => {
		const answers = await times(2, () => chat(atlas, { message: "Hi [[sim tokens=5 ttft=700]]" }));
		return answers.map(({ status }) => status).sort();
	};
	assert.deepEqual(await twoAtOnce(), [200, 503], "nothing is known");
	assert.deepEqual(await twoAtOnce(), [200, 200], "one answer is");
	const [{ pid }] = atlas.children("dispatch");
	atlas.kill(pid);
	await until(() => atlas.children("dispatch").some((child) => child.pid !== pid), { what: "a successor" });
	await atlas.ready();
	assert.deepEqual(await twoAtOnce(), [200, 200], "by the successor too");
	await committed(atlas);
	await killAll(atlas);
	atlas = await startAtlas({ sim, conf, dataDir: atlas.dataDir });
	assert.deepEqual(await twoAtOnce(), [200, 200], "from the ledger");
	assert.equal(await atlas.stop(), 0);
});

test("a reset is for an admin, frees the limits at once, and outlives a restart", async () => {
	const sim = await startSim();
	const conf = {
		limits: { requests_per_hour: 4 },
		queue: { max_wait: "500ms" },
		stabilization: { minutes: 15, max_backoff: "50ms" },
	};
	let atlas = await startAtlas({ sim, conf });
	const made = await atlas.ctl("tokens", "create", "--role", "monitor", "--name", "looker");
	const path = "/monitoring/reset-rate-limits";
	assert.equal((await post(atlas, path, undefined, { token: made.json.token })).status, 403);
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal(await answered(atlas, 1), 1);
	assert.equal((await limits(atlas)).stabilization_state, "hold");
	const first = await post(atlas, path);
	assert.deepEqual(first.json, { status: "reset", limits: 1, keys: 1 }, first.text);
	const fresh = await limits(atlas);
	assert.equal(fresh.requests_per_hour, 0);
	assert.equal(fresh.stabilization_state, "steady");
	assert.equal(await answered(atlas, 6), 4);
	await committed(atlas);
	await killAll(atlas);

	atlas = await startAtlas({ sim, conf, dataDir: atlas.dataDir });
	assert.equal((await limits(atlas)).requests_per_hour, 4);
	assert.equal((await limits(atlas)).stabilization_state, "steady");
	const unsure = await atlas.ctl("reset-limits");
	assert.equal(unsure.code, 1, "nobody to ask");
	const sure = await atlas.ctl("reset-limits", "--yes");
	assert.equal(sure.code, 0, sure.stderr);
	assert.equal(sure.json.limits, 1);
	assert.equal(await answered(atlas, 6), 4);
	assert.match(atlas.log(), /limits_reset/);
	assert.equal(await atlas.stop(), 0);
});

test("the calm after an incident goes on for the rest of its time", async () => {
	const sim = await startSim();
	const conf = { stabilization: { minutes: 15, max_backoff: "50ms" } };
	let atlas = await startAtlas({ sim, conf });
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal((await chat(atlas)).status, 200, "the probe");
	const calm = async () => {
		const seen = await limits(atlas);
		assert.equal(seen.stabilization_state, "hold");
		return seen.stabilization_remaining_seconds;
	};
	let left = await calm();
	assert.ok(left > 880 && left <= 900, `${left} s`);
	for (const end of [() => atlas.stop(), () => killAll(atlas)]) {
		await committed(atlas);
		await end();
		atlas = await startAtlas({ sim, conf, dataDir: atlas.dataDir });
		const now = await calm();
		assert.ok(now <= left && now > left - 20, `${now} s after ${left} s`);
		left = now;
	}
	assert.equal(await atlas.stop(), 0);
});
