// What is told of limits and queue: the same numbers by HTTP and by atlasctl, the order in
// which the waiting will start, and the calm that follows a throttle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, get, leaks, startAtlas, startSim, until } from "./lib/index.mjs";

const rateLimits = async (atlas) => (await get(atlas, "/monitoring/rate-limits")).json;
const queueStatus = async (atlas) => (await get(atlas, "/monitoring/queue-status")).json.queue;
const stateOf = async (atlas) => (await rateLimits(atlas)).rate_limits.stabilization_state;

const reaches = (atlas, state, options) =>
	until(async () => (await stateOf(atlas)) === state, { what: `the key is ${state}`, ...options });

test("who waits is shown in the order in which it starts, and why", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 1 } } });
	assert.equal((await chat(atlas)).status, 200);
	const asked = ["low", "normal", "urgent", "high"].map((priority) =>
		chat(atlas, {
			headers: { "X-Atlas-Priority": priority, "X-Atlas-Session": `of-${priority}` },
		}),
	);
	const queue = await until(async () => {
		const seen = await queueStatus(atlas);
		return seen.queued_requests.filter((r) => r.position > 0).length === 4 && seen;
	}, { what: "four have a place" });
	assert.deepEqual(
		queue.queued_requests.map((r) => [r.position, r.priority, r.session_id, r.reason]),
		[
			[1, "URGENT", "of-urgent", "requests"],
			[2, "HIGH", "of-high", "requests"],
			[3, "NORMAL", "of-normal", "requests"],
			[4, "LOW", "of-low", "requests"],
		],
	);
	assert.deepEqual(queue.queue_by_priority, { LOW: 1, NORMAL: 1, HIGH: 1, URGENT: 1 });
	assert.equal(queue.queue_size, 4);
	const waits = queue.queued_requests.map((r) => r.estimated_wait_ms);
	for (const [i, wait] of waits.entries()) {
		assert.ok(wait > i * 60000 && wait < (i + 1) * 61000, `${waits}`);
	}
	const listed = (await atlas.ctl("queue")).json.queue;
	assert.deepEqual(
		listed.queued_requests.map((r) => r.id),
		queue.queued_requests.map((r) => r.id),
	);

	const limits = await rateLimits(atlas);
	assert.equal(limits.limits[0].used_up, "window");
	assert.equal(limits.rate_limits.requests_per_minute, 1);
	assert.equal(limits.rate_limits.request_utilization_minute, 1);
	assert.equal(limits.config.requests_per_minute, 1);
	assert.equal(limits.rate_limits.stabilization_active, false);
	assert.equal(limits.status, "warning");
	const { score_parts: parts, issues } = (await get(atlas, "/monitoring/performance")).json;
	assert.equal(parts.utilization, -10, "the whole of what a full limit may cost");
	assert.ok(issues.includes("the fullest upstream limit is 100 % used"), `${issues}`);
	const lasting = (rows) => rows.map(({ room_in_seconds: _room, empty_in_seconds: _empty, ...row }) => row); // a second may have passed
	assert.deepEqual(lasting((await atlas.ctl("limits")).json.limits), lasting(limits.limits));

	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200, answer.text);
	const after = await queueStatus(atlas);
	assert.deepEqual([after.queue_size, after.total_queued, after.total_processed], [0, 5, 5]);
	assert.equal(await atlas.stop(), 0);
});

test("a burst that is used up is said to be, while the limit is healthy", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 6, burst: "10s" } } });
	assert.equal((await chat(atlas)).status, 200);
	const { status, limits: [limit] } = await rateLimits(atlas);
	assert.deepEqual([status, limit.used, limit.used_up], ["healthy", 1, "burst"]);
	assert.ok(limit.room_in_seconds > 0 && limit.room_in_seconds <= 11, JSON.stringify(limit));
	for (const words of ["limits", "status"])
		assert.match((await atlas.say(words)).stdout, /its burst is used up: room in \d/, words);
	assert.equal(await atlas.stop(), 0);
});

test("of many unlike ones all start in the very order they were told", async () => {
	const sim = await startSim();
	const queue = { max_concurrent: 1 };
	const atlas = await startAtlas({ sim, conf: { queue, limits: { requests_per_minute: 1 } } });
	assert.equal((await chat(atlas)).status, 200);
	const n = 48;
	const asked = Array.from({ length: n }, (_, i) => {
		const headers = {
			"X-Atlas-Priority": ["low", "normal", "high", "urgent"][i % 4],
			"X-Atlas-Session": `session-${i % 5}`,
		};
		return chat(atlas, { headers, body: { max_tokens: [8, 40, 300][i % 3] } });
	});
	const placed = ({ queued_requests: all }) => all.filter(({ position }) => position > 0);
	const told = await until(async () => {
		const seen = placed(await queueStatus(atlas));
		return seen.length === n && seen.every(({ position }, i) => position === i + 1) && seen;
	}, { what: `${n} have a place` });
	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	const idOf = new Map();
	for (const answer of await Promise.all(asked)) {
		assert.equal(answer.status, 200, answer.text);
		idOf.set(answer.headers["x-request-id"], answer.headers["x-atlas-request-id"]);
	}
	const started = (await sim.bill()).filter(({ event }) => event === "final")
		.map(({ request_id }) => idOf.get(request_id)).filter((id) => id !== undefined);
	assert.deepEqual(started, told.map(({ id }) => id));
	assert.equal(await atlas.stop(), 0);
});

test("a queue that others have filled has places left for URGENT", async () => {
	const sim = await startSim();
	const conf = { limits: { requests_per_minute: 1 }, queue: { max_size: 2, max_wait: "1h" } };
	const atlas = await startAtlas({ sim, workers: 1, conf });
	const ask = (priority) => chat(atlas, { headers: { "X-Atlas-Priority": priority } });
	const wait = async (priority, n) => {
		const answer = ask(priority);
		await until(async () => {
			const { queued_requests: queued } = await queueStatus(atlas);
			return queued.filter(({ position }) => position > 0).length === n;
		}, { what: `${n} have a place` });
		return { answer };
	};
	assert.equal((await ask("normal")).status, 200);
	const low = await wait("low", 1), high = await wait("high", 2);
	assert.equal((await ask("high")).json.error.code, "queue_full");
	const urgent = await wait("urgent", 3);
	for (const priority of ["urgent", "normal"]) assert.equal((await ask(priority)).json.error.code, "queue_full", priority);
	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	for (const { answer } of [low, high, urgent]) assert.equal((await answer).status, 200);
	assert.equal(await atlas.stop(), 0);
});

test("what a request takes of a limit is told everywhere by the time it is answered", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 60 } } });
	const status = async () => (await atlas.ctl("status")).json.limits;
	for (const used of [1, 2, 3]) {
		assert.equal((await chat(atlas)).status, 200);
		const told = [await status(), (await atlas.ctl("limits")).json.limits, (await rateLimits(atlas)).limits];
		for (const limits of told) {
			assert.equal(limits[0].used, used, JSON.stringify(limits));
			assert.deepEqual(Object.keys(limits[0]), Object.keys(told[2][0]), "and by the same names");
		}
	}
	assert.equal(await atlas.stop(), 0);
});

test("after a throttle one probe goes, then the pace is held, also by a successor", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { stabilization: { minutes: 15 } } });
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal((await chat(atlas)).status, 200);
	await reaches(atlas, "hold");
	const told = [...atlas.log().matchAll(/ key_state key=\S+ state=(\S+) errors=\d+ held_requests_per_minute=\d+$/gm)];
	assert.deepEqual(told.map(([, state]) => state), ["backoff", "probing", "hold"], "the probe once, as it is sent");
	const held = await rateLimits(atlas);
	assert.equal(held.status, "warning");
	assert.equal(held.rate_limits.stabilization_active, true);
	const left = held.rate_limits.stabilization_remaining_seconds;
	assert.ok(left > 880 && left <= 900, `${left} s`);
	assert.ok(held.keys[0].pace_requests_per_hour > 0);
	assert.ok(!JSON.stringify(held).includes(sim.apiKey));
	atlas.kill(atlas.children("dispatch")[0].pid);
	await atlas.ready();
	assert.equal((await chat(atlas, { fresh: true })).status, 200);
	const after = (await rateLimits(atlas)).rate_limits;
	assert.equal(after.stabilization_state, "hold");
	assert.ok(after.stabilization_remaining_seconds <= left);
	assert.equal(await atlas.stop(), 0);
});

test("a refused key fails requests at once, unasked, until it is tried again", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { stabilization: { recheck: "1h" } } });
	await sim.weather({ mode: "401", count: 1 });
	assert.equal((await chat(atlas)).json.error.code, "upstream_authentication");
	await reaches(atlas, "out_of_service");
	assert.equal((await rateLimits(atlas)).status, "error");
	const { requests } = await sim.billSummary();
	const refused = await chat(atlas);
	assert.equal(refused.status, 502, refused.text);
	assert.equal(refused.json.error.code, "upstream_authentication");
	assert.equal((await sim.billSummary()).requests, requests);
	assert.equal((await atlas.ctl("reload")).code, 0);
	await reaches(atlas, "steady");
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(await atlas.stop(), 0);
});

test("who waits for the limit of a model is told how long, too", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({
		sim,
		workers: 1,
		conf: { "model gpt-4o-mini": { requests_per_minute: 2 }, queue: { max_wait: "1h" } },
	});
	const all = Array.from({ length: 5 }, () => chat(atlas, { headers: { "X-Atlas-Session": "all" } }));
	const told = await until(async () => {
		const { queued_requests: some } = (await get(atlas, "/monitoring/queue-status")).json.queue;
		return some.length === 3 && some.every(({ reason }) => reason === "requests") && some;
	});
	assert.deepEqual(told.map(({ position }) => position), [1, 2, 3]);
	const [first, second, third] = told.map(({ estimated_wait_ms: ms }) => ms / 60000);
	assert.ok(first > 0.8 && first <= second && second < 1.1 && third > 1.6 && third < 2.2, `${first} ${second} ${third} minutes`);
	assert.equal((await atlas.ctl("cancel", "--session", "all")).code, 0);
	assert.equal((await Promise.all(all)).filter(({ status }) => status === 200).length, 2);
	assert.equal(await atlas.stop(), 0);
});

test("requests whose front died are counted as cancelled, and its log says how many", async () => {
	const sim = await startSim({ ttftMs: 10 });
	const atlas = await startAtlas({
		sim, workers: 2, conf: { server: { log_level: "info" }, queue: { max_concurrent: 1 } },
	});
	const slow = { message: "[[sim tokens=100 ttft=20 tps=100]]", fresh: true };
	const asked = Array.from({ length: 12 }, () => chat(atlas, slow).then(({ status }) => status, () => "broken"));
	const queueNow = async () => (await get(atlas, "/monitoring/queue-status", { fresh: true })).json.queue;
	await until(async () => (await queueNow()).total_queued === 12, { what: "all are queued" });
	atlas.kill(atlas.children("front")[0].pid);
	const ends = await Promise.all(asked);
	const broken = ends.filter((end) => end === "broken").length;
	assert.ok(ends.every((end) => end === 200 || end === "broken"), `${ends}`);
	const told = await until(async () => {
		const all = await queueNow();
		return all.queue_size + all.processing_count === 0 && /channel_released .*requests=/.test(atlas.log()) && all;
	}, { what: "its channel is let go" });
	assert.equal(told.total_processed + told.total_failed + told.total_refused + told.total_cancelled, 12);
	assert.equal(told.total_cancelled, broken);
	assert.equal(Number(/channel_released .*requests=(\d+)/.exec(atlas.log())[1]), broken);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
