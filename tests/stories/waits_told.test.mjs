// What is told of a wait that no limit explains: for one that runs, and for the upstream.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./lib/http.mjs";
import { chat, chatStream, get, startAtlas, startSim, until } from "./lib/index.mjs";
import { events } from "./lib/sse.mjs";

test("a wait for a place grows with the age of those that run, and is told again", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { queue: { max_concurrent: 2 } } });
	for (let i = 0; i < 5; i++) assert.equal((await chat(atlas)).status, 200);
	const long = { message: "Long [[sim tokens=900 tps=10]]", fresh: true };
	const running = [await chatStream(atlas, long), await chatStream(atlas, long)];
	const waiting = await chatStream(atlas, { path: "/chat/stream", messages: undefined, fresh: true,
		body: { model: undefined, messages: undefined, message: "Short" } });
	const told = [];
	for await (const { event, json } of waiting.events()) {
		if (event === "queue") told.push(json);
		if (told.length === 2) break;
	}
	assert.deepEqual(told.map(({ position, reason }) => [position, reason]),
		[[1, "concurrency"], [1, "concurrency"]]);
	const [first, second] = told.map(({ estimated_wait_ms: ms }) => ms);
	assert.ok(first < 1000 && second > 1000, `${first} ms, then ${second} ms`);
	for (const stream of running) stream.abort();
	assert.equal(await atlas.stop(), 0);
});

/** What a stream says that waits for its next attempt: it has no place there, but a wait of so
 * many milliseconds and its reason. */
async function heldInChat(atlas, message, headers, isIt = ({ position }) => position === null) {
	const stream = await chatStream(atlas, { path: "/chat/stream", headers, fresh: true,
		body: { model: undefined, messages: undefined, message } });
	for await (const { event, json } of stream.events())
		if (event === "queue" && isIt(json)) return json;
	return undefined;
}

async function heldInComments(atlas, message, headers) {
	const stream = await open(atlas, { method: "POST", path: "/v1/chat/completions", fresh: true,
		headers: { ...headers, "X-Atlas-Queue-Events": "comments" },
		body: { model: "gpt-4o-mini", stream: true, messages: [{ role: "user", content: message }] } });
	for await (const { comment } of events(stream)) {
		const [, ms, reason, timesOut] = /^queued(?: position=\d+)? wait_ms=(\d+) reason=(\w+)( times_out=true)?$/.exec(comment) ?? [];
		if (ms) return { estimated_wait_ms: Number(ms), reason, times_out: timesOut !== undefined };
	}
	return undefined;
}

test("a retry tells when the key lets it go, and that it is errors that hold it back", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		retry: { base_delay: "10s", max_delay: "10s" }, stabilization: { faults: 1 },
	} });
	const session = { "X-Atlas-Session": "held" };
	const late = "Late [[sim 500 ttft=1000]]";
	const queue = async () => (await get(atlas, "/monitoring/queue-status")).json.queue;
	const told = [heldInChat(atlas, late, session), heldInComments(atlas, late, session)];
	const asks = [chat(atlas, { message: late, headers: session, fresh: true })];
	await until(async () => (await queue()).processing_count === 3, { what: "three are on their way" });
	asks.push(chat(atlas, { message: "Soon [[sim 500 retry_after=60]]", headers: session, fresh: true }));
	const waiting = await until(async () => {
		const { queued_requests: all } = await queue();
		return all.length === 4 && all.every(({ reason }) => reason === "faults") && all;
	}, { what: "all wait" });
	for (const { estimated_wait_ms: ms, reason } of [...waiting, ...await Promise.all(told)]) {
		assert.ok(ms > 40000 && ms < 80000, JSON.stringify(waiting));
		assert.equal(reason, "faults");
	}
	assert.ok(waiting.every(({ position }) => position === null), JSON.stringify(waiting));
	assert.equal((await atlas.ctl("cancel", "--session", "held")).code, 0);
	const ended = await Promise.all(asks);
	for (const { status } of ended) assert.equal(status, 499);
	const { json: why } = await atlas.ctl("why", ended[1].headers["x-atlas-request-id"]);
	const [retry, unsent] = why.story.slice(-2);
	assert.deepEqual([retry.event, retry.delay_by], ["retry", "retry_after"]);
	assert.ok(retry.delay_ms >= 60000 && retry.delay_ms < 80000, `${retry.delay_ms} ms`);
	assert.deepEqual([unsent.event, unsent.held_by], ["never_sent", "faults"]);
	assert.equal(retry.given_up_because, "request_cancelled");
	assert.equal(Date.parse(retry.at) + retry.given_up_after_ms, Date.parse(unsent.at));
	const lines = (await atlas.say("why", ended[1].headers["x-atlas-request-id"])).stdout;
	assert.match(lines, /^ +retry +was called for, never sent: request_cancelled after \d/m);
	assert.equal((await sim.stats()).requests, 4, "no retry was sent");
	const { retries } = (await atlas.ctl("usage")).json;
	assert.equal(retries.attempts_retried, 4, "each was called for");
	const said = (await atlas.say("usage")).stdout;
	assert.doesNotMatch(said, /again/, "none was made again");
	assert.match(said, /^ +requests +4 sent$/m);
	assert.match(said, /^ +attempts +4 reached the upstream, 4 did not .*; a retry was called for after 4$/m);
	assert.match((await get(atlas, "/metrics")).text, /^atlas_retried_by_backoff_total 3$/m, "one waited as the upstream said");
	assert.equal(retries.retry_rate, 1, "of those that were sent");
	const report = (await get(atlas, "/monitoring/performance")).json;
	assert.deepEqual(report.retries, retries);
	assert.equal(report.score_parts.retries, -20);
	assert.ok(report.issues.includes("a retry was called for after 4 of 4 attempts (100 %)"), `${report.issues}`);
	assert.equal(await atlas.stop(), 0);
});

test("who is failed hears for how long the key is held, and no less", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		retry: { max_retries: 0, base_delay: "20s", max_delay: "20s" }, stabilization: { faults: 1, max_backoff: "20s" },
	} });
	const failed = await chat(atlas, { message: "Fail [[sim 500]]" });
	assert.equal(failed.json.error.code, "upstream_failed", failed.text);
	const { stabilization_remaining_seconds: left } = (await get(atlas, "/monitoring/rate-limits")).json.rate_limits;
	const [, said] = /Please try again in ([\d.]+)s\.$/.exec(failed.json.error.message);
	assert.ok(left >= 8 && said >= left && said <= 20, `${said} s, and it is held for ${left} s`);
	assert.equal(Number(failed.headers["retry-after"]), Math.ceil(said));
	assert.equal(await atlas.stop(), 0);
});

test("so does who reached nobody", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		retry: { max_retries: 0, base_delay: "20s", max_delay: "20s" }, stabilization: { faults: 1, max_backoff: "20s" },
	} });
	await sim.stop();
	const failed = await chat(atlas);
	assert.equal(failed.json.error.code, "upstream_unreachable", failed.text);
	const seconds = Number(failed.headers["retry-after"]);
	assert.ok(seconds >= 9 && seconds <= 20, `${seconds} s`);
	assert.equal(await atlas.stop(), 0);
});

test("a connection that is refused is an attempt that may be made again", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { retry: { max_retries: 2, base_delay: "10ms", max_delay: "20ms" } } });
	await sim.stop();
	assert.equal((await chat(atlas)).json.error.code, "upstream_unreachable");
	const { retries, metrics } = await until(async () => {
		const report = (await get(atlas, "/monitoring/performance", { fresh: true })).json;
		return report.endings.ended === 1 && report;
	}, { what: "its end is written down" });
	assert.equal(metrics.attempt_count, 0);
	assert.deepEqual([retries.attempts_retried, retries.retry_rate], [2, 0.666667]);
	assert.deepEqual((await atlas.ctl("usage")).json.retries, retries);
	assert.equal(await atlas.stop(), 0);
});

test("who will not be sent in time is told so, and when its wait ends", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		limits: { requests_per_minute: 1 }, queue: { max_wait: "4s" },
	} });
	assert.equal((await chat(atlas)).status, 200);
	const late = chat(atlas, { headers: { "X-Atlas-Session": "late" }, fresh: true });
	const isLate = ({ position, session_id: session }) => position > 0 && session === "late";
	const waiting = await until(async () =>
		(await get(atlas, "/monitoring/queue-status")).json.queue.queued_requests.find(isLate), { what: "it has a place" });
	const [listed, queue, why] = await Promise.all([atlas.ctl("queue"), atlas.say("queue"), atlas.say("why", waiting.id)]);
	const told = [heldInChat(atlas, "One", {}, (place) => place.times_out), heldInComments(atlas, "Two", {})];
	for (const place of [waiting, listed.json.queue.queued_requests.find(isLate), ...await Promise.all(told)]) {
		assert.ok(place.estimated_wait_ms > 0 && place.estimated_wait_ms <= 4000, JSON.stringify(place));
		assert.equal(place.times_out, true, JSON.stringify(place));
	}
	assert.match(queue.stdout, / in vain /);
	assert.match(why.stderr, /ends unsent.*max_wait/);
	const { json } = await late;
	assert.equal(json.error.code, "queue_timeout");
	assert.equal((await sim.stats()).requests, 1);
	assert.equal(await atlas.stop(), 0);
});
