// What the ledger says of a request to whoever asks as soon as the answer is there: all of
// it, or that it is not written down yet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, chatStream, get, leaks, startAtlas, startSim } from "./lib/index.mjs";

const NOBODY = `req_${"0".repeat(32)}`;

async function start(conf = {}) {
	const sim = await startSim();
	return startAtlas({ sim, workers: 2, conf });
}

async function stop(atlas) {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
}

/** The id of an answer that is whole, and was given under that session. */
async function answered(atlas, session, isStream) {
	const options = { message: "Say hello [[sim tokens=5]]", headers: { "X-Atlas-Session": session } };
	if (isStream) {
		const stream = await chatStream(atlas, options);
		assert.ok((await stream.collect()).done);
		return stream.headers["x-atlas-request-id"];
	}
	const answer = await chat(atlas, options);
	assert.equal(answer.status, 200, answer.text);
	return answer.headers["x-atlas-request-id"];
}

function isWhole(attempts, what) {
	assert.deepEqual(attempts.map(({ outcome, final }) => [outcome, final]), [["settled_usage", true]], what);
}

for (const durability of ["group", "strict"]) {
	test(`${durability}: who asks right after the answer is told all of it`, async () => {
		const atlas = await start({ ledger: { durability } });
		for (let i = 1; i <= 20; i++) {
			const id = await answered(atlas, "at-once", i % 2 === 0);
			const story = await get(atlas, `/monitoring/requests/${id}`);
			assert.equal(story.status, 200, story.text);
			isWhole(story.json.attempts, `request ${i}`);
			const next = await answered(atlas, "at-once", i % 2 === 0);
			const session = (await get(atlas, "/monitoring/session-usage/at-once")).json;
			assert.deepEqual([session.usage.request_count, session.requests[0].id], [2 * i, next]);
			isWhole(session.requests.slice(0, 1), `session after ${2 * i}`);
		}
		const id = await answered(atlas, "why");
		const why = await atlas.ctl("why", id);
		assert.equal(why.code, 0, why.stdout);
		isWhole(why.json.attempts, "atlasctl why");
		const last = await answered(atlas, "why");
		const session = (await atlas.ctl("session", "why")).json;
		assert.deepEqual([session.usage.request_count, session.requests[0].id, session.up_to_date], [2, last, true]);
		await stop(atlas);
	});
}

test("while record stands still it is said that it is not written down, and to ask again", async () => {
	const atlas = await start();
	const [{ pid }] = atlas.children("record");
	const before = await answered(atlas, "older");
	assert.equal((await atlas.ctl("why", before)).code, 0);
	atlas.kill(pid, "SIGSTOP");
	const id = await answered(atlas, "stands");
	await answered(atlas, "older");
	const ask = (path) => get(atlas, `/monitoring/${path}`, { fresh: true });
	const told = await Promise.all([`requests/${id}`, `requests/${NOBODY}`].map(ask));
	const others = await Promise.all(["session-usage/stands", "token-usage"].map(ask));
	const [why, unknown, older] = await Promise.all([["why", id], ["session", "stands"], ["session", "older"]].map((words) => atlas.ctl(...words)));
	atlas.kill(pid, "SIGCONT");
	for (const { status, json, headers, text } of told) {
		assert.deepEqual([status, json.error.code], [503, "ledger_unavailable"], text);
		assert.match(json.error.message, /not written down yet/);
		assert.ok(Number(headers["retry-after"]) >= 1);
	}
	assert.deepEqual(others.map(({ status }) => status), [200, 200], "sums are told as they stand");
	assert.deepEqual([others[0].json.up_to_date, others[0].json.requests], [false, []]);
	assert.equal(why.code, 1);
	assert.match(why.json.error, /not written down yet/);
	assert.equal(unknown.code, 1);
	assert.match(unknown.json.error, /not written down yet/);
	assert.deepEqual([older.code, older.json.up_to_date, older.json.usage.request_count], [0, false, 1]);
	const whole = (await atlas.ctl("session", "older")).json;
	assert.deepEqual([whole.up_to_date, whole.usage.request_count], [true, 2]);
	isWhole((await get(atlas, `/monitoring/requests/${id}`)).json.attempts);
	assert.equal((await get(atlas, `/monitoring/requests/${NOBODY}`)).status, 404);
	const session = (await get(atlas, "/monitoring/session-usage/stands")).json;
	assert.deepEqual([session.up_to_date, session.usage.request_count], [true, 1]);
	await stop(atlas);
});
