// Cancelling, one request or a session: what waits is never sent, what runs is closed and
// settled, and whatever races with it, every client hears how its request has ended.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { audit } from "./lib/audit.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { chat, chatStream, get, leaks, post, serve, startAtlas, startSim, until } from "./lib/index.mjs";

const RACES = Number(process.env.CANCEL_RACES ?? 16);
const SLOW = "[[sim tokens=400 ttft=20 tps=20]]";

const queueOf = async (atlas) => (await get(atlas, "/monitoring/queue-status")).json.queue;
const cancelRequest = (atlas, id, options) =>
	post(atlas, `/monitoring/requests/${id}/cancel`, undefined, options);
const cancelSession = (atlas, id, options) =>
	post(atlas, `/chat/sessions/${id}/cancel`, undefined, options);

/** Until that many requests of a session wait and run; gives their entries. */
const session = (atlas, name, { queued = 0, running = 0 }) =>
	until(async () => {
		const queue = await queueOf(atlas);
		const of = (list) => list.filter(({ session_id: id }) => id === name);
		const seen = { queued: of(queue.queued_requests), running: of(queue.processing_requests) };
		return seen.queued.length === queued && seen.running.length === running && seen;
	}, { what: `${name}: ${queued} wait and ${running} run` });

const inSession = (name, more = {}) => ({ ...more, headers: { "X-Atlas-Session": name, ...more.headers } });

function isCancelled(answer) {
	assert.equal(answer.status, 499, answer.text);
	assert.equal(answer.json.error.code, "request_cancelled");
	assert.equal(answer.headers["x-should-retry"], "false");
}

const attempts = (atlas, id) =>
	until(async () => {
		const { json } = await atlas.ctl("why", id);
		return json?.attempts?.every(({ outcome }) => outcome !== "open") && json.attempts;
	}, { what: `${id} is settled` });

describe("one at a time upstream", () => {
	let sim, atlas, block;

	before(async () => {
		sim = await startSim();
		atlas = await startAtlas({ sim, workers: 2, conf: { queue: { max_concurrent: 1 } } });
		block = await chatStream(atlas, { message: `Block ${SLOW}`, fresh: true });
		assert.equal(block.status, 200);
	});

	after(async () => {
		block.abort();
		await until(async () => (await queueOf(atlas)).processing_count === 0, { what: "idle" });
		assert.equal((await sim.stats()).requests, 1, "nothing that waited has been sent");
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("a request that waits is told and never sent", async () => {
		const asked = chat(atlas, inSession("waits"));
		const { queued: [{ id }] } = await session(atlas, "waits", { queued: 1 });
		const told = await cancelRequest(atlas, id);
		assert.equal(told.status, 200, told.text);
		assert.deepEqual(told.json, { cancelled: true, id, was: "queued", queued: 1, running: 0 });
		const answer = await asked;
		isCancelled(answer);
		assert.match(answer.json.error.message, /never sent/);
		const again = await cancelRequest(atlas, id);
		assert.equal(again.status, 404, again.text);
		assert.equal(again.json.error.code, "not_found");
	});

	test("why says of what was never sent that it waits, and then that nothing is known", async () => {
		const asked = chat(atlas, inSession("unsent"));
		const { queued: [{ id }] } = await session(atlas, "unsent", { queued: 1 });
		const told = async () => {
			const { status, json } = await get(atlas, `/monitoring/requests/${id}`);
			const said = await atlas.ctl("why", id);
			assert.deepEqual([status, said.code], [404, 1]);
			assert.ok(said.json.error.startsWith(id), said.stdout);
			return [json.error.message, said.json.error];
		};
		await until(async () => (await queueOf(atlas)).queued_requests[0].position === 1, { what: "it has a place" });
		for (const sentence of await told()) assert.match(sentence, /waits at position 1,/);
		assert.equal((await cancelRequest(atlas, id)).status, 200);
		isCancelled(await asked);
		for (const sentence of await told()) assert.match(sentence, /no attempt of it: .*log/);
		assert.ok(atlas.log().includes(id), "the log knows");
	});

	test("so is a stream, with a status, since it has no head yet", async () => {
		const asked = chatStream(atlas, inSession("stream-waits"));
		const { queued: [{ id }] } = await session(atlas, "stream-waits", { queued: 1 });
		assert.equal((await cancelRequest(atlas, id)).status, 200);
		isCancelled((await asked).refusal);
	});

	test("a session's token cancels all of it, and nobody else's of that name", async () => {
		const made = async (name) =>
			(await atlas.ctl("tokens", "create", "--role", "chat", "--name", name)).json.token;
		const [mine, other] = [await made("mine"), await made("other")];
		const ask = (token) => chat(atlas, inSession("shared", { token, fresh: true }));
		const [ours, theirs] = [[ask(mine), ask(mine)], ask(other)];
		await session(atlas, "shared", { queued: 3 });
		const told = await cancelSession(atlas, "shared", { token: mine });
		assert.deepEqual(told.json,
			{ cancelled: 2, session_id: "shared", queued: 2, running: 0 });
		for (const answer of await Promise.all(ours)) isCancelled(answer);
		await session(atlas, "shared", { queued: 1 });
		const nothing = await cancelSession(atlas, "shared", { token: mine });
		assert.equal(nothing.json.cancelled, 0);
		assert.equal((await cancelSession(atlas, "shared")).json.cancelled, 1, "an admin may");
		isCancelled(await theirs);
	});

	test("a chat's stream says so and ends", async () => {
		const chatting = await chatStream(atlas, {
			path: "/chat/stream", body: { session_id: "chat_cancelled" }, fresh: true,
		});
		await session(atlas, "chat_cancelled", { queued: 1 });
		assert.equal((await cancelSession(atlas, "chat_cancelled")).json.queued, 1);
		const all = await chatting.collect();
		assert.equal(all.error.code, "request_cancelled");
		assert.ok(all.done);
	});

	test("who waits for the same Idempotency-Key ends with it", async () => {
		const how = inSession("keyed", { headers: { "Idempotency-Key": "one" }, fresh: true });
		const asked = [chat(atlas, how)];
		const { queued: [{ id }] } = await session(atlas, "keyed", { queued: 1 });
		asked.push(chat(atlas, how), chat(atlas, how));
		await session(atlas, "keyed", { queued: 3 });
		assert.equal((await cancelRequest(atlas, id)).json.was, "queued");
		for (const answer of await Promise.all(asked)) isCancelled(answer);
	});

	test("atlasctl does the same", async () => {
		const asked = [chat(atlas, inSession("ctl", { fresh: true }))];
		const { queued: [{ id }] } = await session(atlas, "ctl", { queued: 1 });
		const one = await atlas.ctl("cancel", id);
		assert.deepEqual([one.code, one.json.queued, one.json.running], [0, 1, 0], one.stderr);
		assert.equal((await atlas.ctl("cancel", id)).code, 1);
		asked.push(...[1, 2].map(() => chat(atlas, inSession("ctl", { fresh: true }))));
		await session(atlas, "ctl", { queued: 2 });
		const both = await atlas.ctl("cancel", "--session", "ctl");
		assert.deepEqual([both.code, both.json.cancelled], [0, 2]);
		for (const answer of await Promise.all(asked)) isCancelled(answer);
		assert.equal((await atlas.ctl("cancel", "req_none")).code, 1);
		assert.equal((await atlas.ctl("cancel")).code, 2);
	});

	test("only an admin cancels by id; what is no id is refused", async () => {
		const id = `req_${"0".repeat(32)}`;
		for (const role of ["chat", "monitor"]) {
			const made = await atlas.ctl("tokens", "create", "--role", role, "--name", `a-${role}`);
			assert.equal((await cancelRequest(atlas, id, { token: made.json.token })).status, 403);
		}
		assert.equal((await cancelRequest(atlas, id)).status, 404);
		assert.equal((await cancelRequest(atlas, "req_x")).status, 400);
		assert.equal((await cancelSession(atlas, "s".repeat(64))).status, 400);
		assert.equal((await get(atlas, `/monitoring/requests/${id}/cancel`)).status, 405);
	});

	test("while dispatch is away the order waits, and so few more", async () => {
		const asked = chat(atlas, inSession("away"));
		const { queued: [{ id }] } = await session(atlas, "away", { queued: 1 });
		const [{ pid }] = atlas.children("dispatch");
		atlas.kill(pid, "SIGSTOP");
		const orders = await Promise.all(
			Array.from({ length: 40 }, () => cancelRequest(atlas, id, { fresh: true })));
		atlas.kill(pid, "SIGCONT");
		for (const order of orders) {
			assert.equal(order.status, 503, order.text);
			assert.equal(order.json.error.code, "dispatch_unavailable");
			assert.ok(Number(order.headers["retry-after"]) >= 1);
		}
		isCancelled(await asked);
	});
});

test("what runs is closed and settled, whole or streamed", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 2 });
	const whole = chat(atlas, inSession("runs", { message: SLOW, fresh: true }));
	const { running: [first] } = await session(atlas, "runs", { running: 1 });
	await until(async () => (await sim.stats()).requests === 1, { what: "it is sent" });
	assert.deepEqual((await cancelRequest(atlas, first.id)).json,
		{ cancelled: true, id: first.id, was: "processing", queued: 0, running: 1 });
	isCancelled(await whole);
	assert.deepEqual((await attempts(atlas, first.id)).map(({ outcome }) => outcome), ["unknown"]);

	const stream = await chatStream(atlas, inSession("runs", { message: SLOW }));
	const id = stream.headers["x-atlas-request-id"];
	assert.deepEqual((await cancelSession(atlas, "runs")).json,
		{ cancelled: 1, session_id: "runs", queued: 0, running: 1 });
	const all = await stream.collect();
	assert.equal(all.error.code, "request_cancelled");
	assert.ok(all.done && !all.cut);
	const [settled] = await attempts(atlas, id);
	assert.equal(settled.outcome, "settled_estimate");
	await until(async () => (await sim.stats()).in_flight === 0, { what: "none runs upstream" });

	// nobody waits for it any more, but its key keeps it going: until it is cancelled
	const keyed = await chatStream(atlas, inSession("runs", {
		message: SLOW, headers: { "Idempotency-Key": "left" }, fresh: true,
	}));
	keyed.abort();
	const { running: [orphan] } = await session(atlas, "runs", { running: 1 });
	assert.equal((await cancelRequest(atlas, orphan.id)).json.was, "processing");
	await session(atlas, "runs", {});

	const queue = await queueOf(atlas);
	assert.deepEqual([queue.total_cancelled, queue.total_failed], [3, 0]);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("a stream whose client left is no evidence of how long a request takes", async () => {
	// its usage comes with every piece, and it has no end
	const piece = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-mini",
		choices: [{ index: 0, delta: { content: "on and " }, finish_reason: null }],
		usage: { prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 } };
	const upstream = await serve((request, body, response) =>
		response.writeHead(200, { "content-type": "text/event-stream" }).write(`data: ${JSON.stringify(piece)}\n\n`));
	const atlas = await startAtlas({ sim: { base: upstream.base, apiKey: "sk-endless-1234" }, workers: 1 });
	const stream = await chatStream(atlas, { message: "Go on" });
	stream.abort();
	const [attempt] = await attempts(atlas, stream.headers["x-atlas-request-id"]);
	assert.equal(attempt.outcome, "settled_usage");
	assert.ok(attempt.duration_ms > 0);
	const queue = await queueOf(atlas);
	assert.deepEqual([queue.total_cancelled, queue.avg_processing_time_ms], [1, 0]);
	assert.equal(await atlas.stop(), 0);
	upstream.close();
});

test("cancels race with ends, retries, deaths and each other", async (t) => {
	const sim = await startSim({ ttftMs: 20, tokensPerSecond: 200 });
	const atlas = await startAtlas({
		sim,
		workers: 3,
		conf: { server: { reset_window: 0 }, queue: { max_concurrent: 12 }, retry: { base_delay: 0.02 } },
	});
	await sim.weather({ mode: "503", probability: 0.2, retry_after: 0.05 });
	const crowd = new Crowd(atlas, { clients: 32, prefix: "race", perSession: 25 });
	t.after(() => crowd.abandon());
	await crowd.progress(20);
	const seen = { cancelled: 0, ended: 0, away: 0 };
	for (let i = 0; i < RACES; i++) {
		const queue = await queueOf(atlas).catch(() => undefined); // its front may just have died
		const live = [...(queue?.queued_requests ?? []), ...(queue?.processing_requests ?? [])];
		if (live.length === 0) continue;
		const one = live[(i * 7) % live.length];
		const orders = [cancelRequest(atlas, one.id, { fresh: true })];
		if (i % 3 === 0) orders.push(cancelRequest(atlas, one.id, { fresh: true }));
		if (i % 4 === 0) orders.push(cancelSession(atlas, one.session_id, { fresh: true }));
		if (i % 10 === 5) atlas.kill(atlas.children("front")[0].pid);
		if (i % 20 === 9) atlas.kill(atlas.children("dispatch")[0].pid);
		for (const { status, value } of await Promise.allSettled(orders)) {
			if (status === "rejected") continue; // the front that had it has been killed
			assert.ok([200, 404, 503].includes(value.status), value.text);
			if (value.status === 200) seen.cancelled += Number(value.json.cancelled);
			else if (value.status === 404) seen.ended++;
			else seen.away++;
		}
	}
	await sim.clearWeather();
	await crowd.progress(20, 20000);
	await crowd.stop();
	await until(async () => {
		const { exchanges } = (await atlas.ctl("status")).json;
		return Object.values(exchanges).every((n) => n === 0);
	}, { ms: 10000, what: "no exchange is in use" });
	const muddled = crowd.ended.filter(({ outcome }) => outcome === "muddled");
	assert.deepEqual(muddled.map(({ status, text }) => [status, text]), []);
	const told = crowd.ended.filter(({ text }) => text.includes('"request_cancelled"'));
	assert.ok(told.length > 0 && told.length <= seen.cancelled + RACES, `${told.length} were told`);
	const sessions = [...new Set(crowd.ended.map((one) => one.session))];
	const books = await audit(atlas, sim, sessions);
	console.log(`races: ${JSON.stringify(seen)}, told ${told.length}, books ${JSON.stringify(books)}`);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("what is cancelled between its intent and its sending has ended, and was never tried again", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { ledger: { durability: "strict" } } });
	assert.equal((await chat(atlas)).status, 200);
	const { pid } = atlas.children("record")[0];
	atlas.kill(pid, "SIGSTOP");
	const waiting = [1, 2, 3].map(() => chat(atlas, inSession("f", { fresh: true })));
	await session(atlas, "f", { queued: 3 });
	assert.equal((await cancelSession(atlas, "f")).status, 200);
	atlas.kill(pid, "SIGCONT");
	for (const answer of await Promise.all(waiting)) isCancelled(answer);
	await until(async () => (await get(atlas, "/monitoring/performance?hours=1")).json.endings.ended === 4, { what: "all have ended" });
	const { endings, retries } = (await get(atlas, "/monitoring/performance?hours=1")).json;
	assert.deepEqual([endings.cancelled, retries.attempts_retried], [3, 0]);
	assert.equal((await sim.stats()).requests, 1);
	assert.equal(await atlas.stop(), 0);
});
