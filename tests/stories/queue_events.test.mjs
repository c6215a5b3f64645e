// X-Atlas-Queue-Events: comments: who waits for a stream of the API hears in comments of it
// where it stands, which no SDK shows to anybody who has not asked for it.
// QUEUE_TOLD_CHANGES: after so many changes each has been told in time, on a quiet machine.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { chat, chatStream, get, leaks, post, startAtlas, startSim, until } from "./lib/index.mjs";
import { open } from "./lib/http.mjs";
import { events } from "./lib/sse.mjs";

const COMMENTS = { "X-Atlas-Queue-Events": "comments" };
const QUEUED = /^queued position=(\d+) wait_ms=(\d+) reason=(\w+)$/;
const model = "gpt-4o-mini";
const isQuiet = process.env.QUEUE_TOLD_CHANGES !== undefined;
const CHANGES = Number(process.env.QUEUE_TOLD_CHANGES ?? 5);
const asks = (content) => ({ model, messages: [{ role: "user", content }] });

let sim, atlas, block;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 2, conf: { queue: { max_concurrent: 1 } } });
	assert.equal((await chat(atlas)).status, 200); // so that it is known how long one takes
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

/** Upstream is taken until release(). */
async function taken() {
	block = await chatStream(atlas, { message: "Block [[sim tokens=900 tps=10]]", fresh: true });
	assert.equal(block.status, 200);
}

async function release() {
	block.abort();
	const isFree = async () =>
		(await get(atlas, "/monitoring/queue-status")).json.queue.processing_requests
			.every(({ id }) => id !== block.headers["x-atlas-request-id"]);
	await until(isFree, { what: "upstream is free" });
}

/** A stream and what has come of it so far: { places: [[position, reason, at]], data }. */
async function listen(message, { session, headers = COMMENTS, path = "/v1/chat/completions", body } = {}) {
	const response = await open(atlas, {
		method: "POST", path, fresh: true,
		headers: { ...headers, "X-Atlas-Session": session ?? "queue" },
		body: { ...(body ?? asks(message)), stream: true },
	});
	const heard = { status: response.statusCode, headers: response.headers, places: [], comments: [], data: [] };
	const read = async () => {
		for await (const { comment, data } of events(response)) {
			const place = QUEUED.exec(comment);
			if (comment !== undefined) heard.comments.push(comment);
			if (place) heard.places.push({ position: Number(place[1]), reason: place[3], at: performance.now() });
			if (data !== undefined) heard.data.push(data);
		}
	};
	heard.end = read();
	return heard;
}

const last = (heard) => heard.places.at(-1)?.position;
const stands = (heard, position) =>
	until(() => last(heard) === position, { what: `it stands at ${position}, now ${last(heard)}` });

test("who waits hears where, at once and soon after every change", async () => {
	await taken();
	const first = await listen("First", { session: "first" });
	const line = [];
	for (let i = 0; i < CHANGES; i++) {
		line.push(chat(atlas, { headers: { "X-Atlas-Session": "line", "X-Atlas-Priority": "high" }, fresh: true }));
		await stands(first, i + 2);
	}
	const delays = [];
	for (let position = CHANGES; position >= 1; position--) {
		const { queued_requests: [{ id }] } = (await get(atlas, "/monitoring/queue-status")).json.queue;
		const { json } = await post(atlas, `/monitoring/requests/${id}/cancel`);
		assert.equal(json.was, "queued");
		const cancelled = performance.now();
		await stands(first, position);
		delays.push(first.places.at(-1).at - cancelled);
	}
	const told = isQuiet ? Math.max(...delays) : Math.min(...delays);
	assert.ok(told <= 250, `${delays.map(Math.round)} ms`);
	for (const answer of await Promise.all(line)) assert.equal(answer.status, 499);
	assert.equal(first.status, 200);
	assert.match(first.headers["content-type"], /^text\/event-stream/);
	assert.match(first.headers["x-atlas-request-id"], /^req_[0-9a-f]{32}$/);
	assert.ok(first.places.every(({ reason }) => reason === "concurrency"), JSON.stringify(first.places));
	assert.deepEqual(first.data, []);
	await release();
	await first.end;
	assert.equal(first.data.at(-1), "[DONE]");
	assert.ok(first.data.length > 2);
	assert.equal(first.comments.length, first.places.length);
});

test("what fails behind the head is an event in the stream, and its end", async () => {
	await taken();
	const failing = [
		["cancelled", "cancelled", "request_cancelled"],
		["refused by the upstream", "refused [[sim 400]]"],
		["no answer", "dies [[sim die-after-read]]", "upstream_outcome_unknown"],
	];
	const heard = [];
	for (const [, message] of failing) {
		heard.push(await listen(message, { session: `fails-${heard.length}` }));
		assert.equal(heard.at(-1).status, 200);
	}
	const told = await post(atlas, "/chat/sessions/fails-0/cancel");
	assert.equal(told.json.queued, 1);
	await release();
	for (const [i, [what, , code]] of failing.entries()) {
		await heard[i].end;
		const [error, done, ...more] = heard[i].data;
		assert.ok(JSON.parse(error).error.message, what);
		if (code) assert.equal(JSON.parse(error).error.code, code, what);
		assert.equal(done, "[DONE]", what);
		assert.deepEqual(more, [], what);
	}
});

test("a response's stream fails in that API's own words", async () => {
	await taken();
	const heard = await listen("", {
		path: "/v1/responses", session: "response", body: { model, input: "x [[sim 400]]" },
	});
	await release();
	await heard.end;
	const failed = JSON.parse(heard.data.at(-1));
	assert.equal(failed.type, "response.failed");
	assert.ok(failed.response.error.message);
});

test("who has not asked hears nothing; who asks for something else is refused", async () => {
	await taken();
	const asked = listen("Silent", { headers: {}, session: "silent" });
	await until(async () => (await get(atlas, "/monitoring/queue-status")).json.queue.queue_size === 1,
		{ what: "it waits" });
	await release();
	const silent = await asked;
	await silent.end;
	assert.deepEqual(silent.comments, []);
	const bad = await chat(atlas, { headers: { "X-Atlas-Queue-Events": "events" } });
	assert.equal(bad.status, 400, bad.text);
	const whole = await chat(atlas, { headers: COMMENTS });
	assert.equal(whole.status, 200, "a whole answer has no place for comments");
});

test("OpenAI's SDK sees the stream as ever, and its errors as errors", async () => {
	const client = new OpenAI({
		baseURL: `${atlas.base}/v1`, apiKey: atlas.token, defaultHeaders: COMMENTS, maxRetries: 0,
	});
	const expected = (await client.chat.completions.create(asks("Tell me more"))).choices[0].message.content;
	await taken();
	const collect = async (stream) => {
		let said = "";
		for await (const chunk of stream) said += chunk.choices?.[0]?.delta?.content ?? "";
		return said;
	};
	const streams = [];
	for (const message of ["Tell me more", "Fail [[sim 400]]"])
		streams.push(await client.chat.completions.create({ ...asks(message), stream: true }));
	const responses = await client.responses.create({ model, input: "Tell me more", stream: true });
	const failing = assert.rejects(collect(streams[1]), OpenAI.APIError);
	await release();
	assert.equal(await collect(streams[0]), expected);
	await failing;
	const types = [];
	for await (const event of responses) types.push(event.type);
	assert.equal(types.at(-1), "response.completed");
});
