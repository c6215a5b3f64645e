// What held a request back is in its story: which limit, how large it is, what was used of it.

import assert from "node:assert/strict";
import test from "node:test";
import { chat, get, startAtlas, startSim, until } from "./lib/index.mjs";

/** The last event of a request's story that says what held it. */
async function heldOf(atlas, answer) {
	const id = answer.headers["x-atlas-request-id"];
	const story = await until(async () => (await get(atlas, `/monitoring/requests/${id}`)).json?.story, { what: "its story" });
	const event = story.findLast(({ held_by: by }) => by !== undefined);
	assert.deepEqual((await atlas.ctl("why", id)).json.story, story);
	return { id, ...event };
}

test("who waits for a limit on tokens is told its size, its use and what was needed", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { limits: { tokens_per_minute: 150 }, queue: { max_wait: "1s" } } });
	const ask = (max) => chat(atlas, { message: "x [[sim prompt=0 tokens=100]]", body: { max_tokens: max }, fresh: true });
	assert.equal((await ask(100)).status, 200);
	const { id, ...held } = await heldOf(atlas, await ask(110));
	assert.deepEqual([held.event, held.held_by], ["never_sent", "tokens"]);
	assert.deepEqual(held.held_limit,
		{ scope: "all", unit: "tokens", window_seconds: 60, limit: 150, burst: null, used: 100, ahead: 0, needed: 110 });
	const said = (await atlas.say("why", id)).stdout;
	assert.match(said, /^ +held by +150 tokens a minute of all: 100 used, 0 for those ahead, 110 needed$/m);
	assert.equal((await atlas.ctl("verify")).json.faults, 0);
	assert.equal(await atlas.stop(), 0);
});

test("so is who waits for what may go at once, and is sent then", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { limits: { requests_per_minute: 60, burst: "2s" } } });
	const answers = await Promise.all(Array.from({ length: 4 }, () => chat(atlas, { fresh: true })));
	const held = (await Promise.all(answers.map((answer) => heldOf(atlas, answer)))).filter(({ held_by: by }) => by);
	assert.equal(held.length, 2, JSON.stringify(held));
	for (const { event, held_by: by, held_limit: { used, ahead, needed, ...limit } } of held) {
		assert.deepEqual([event, by, needed], ["admitted", "requests", 1]);
		assert.deepEqual(limit, { scope: "all", unit: "requests", window_seconds: 60, limit: 60, burst: 2 });
		assert.ok(used <= 2 && used + ahead + needed > 2, JSON.stringify({ used, ahead }));
	}
	const said = (await atlas.say("why", held[0].id)).stdout;
	assert.match(said, /^ +held by +60 requests a minute of all, let out evenly, at most 2 in advance: \d taken in advance, \d for those ahead, 1 needed$/m);
	assert.equal(await atlas.stop(), 0);
});

test("a retry that waits for longer than its delay is told by what", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		limits: { requests_per_minute: 120, burst: "500ms" }, retry: { max_retries: 1, base_delay: "10ms", max_delay: "10ms" },
	} });
	const { id } = await heldOf(atlas, await chat(atlas, { message: "x [[sim 500]]" }));
	const said = (await atlas.say("why", id)).stdout;
	assert.match(said, /^ +delay +\d+ ms, by own_backoff\n +again +\d+ ms later, held by requests$/m);
	assert.equal(await atlas.stop(), 0);
});

test("the pace of a key is called so", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		limits: { requests_per_minute: 60 }, retry: { max_retries: 0 }, stabilization: { minutes: 15, max_backoff: "50ms" },
	} });
	await chat(atlas, { message: "x [[sim 429 retry_as=none]]" });
	await until(async () => (await chat(atlas)).status === 200, { what: "the key is good again" });
	const answers = await Promise.all(Array.from({ length: 3 }, () => chat(atlas, { fresh: true })));
	const held = (await Promise.all(answers.map((answer) => heldOf(atlas, answer)))).find(({ held_limit: limit }) => limit?.scope === "key");
	assert.ok(held, "one waits for the pace");
	const said = (await atlas.say("why", held.id)).stdout;
	assert.match(said, /^ +held by +\d+ requests? an? (minute|hour), the pace of its key, let out evenly, at most \d+ in advance: \d+ taken in advance, \d for those ahead, 1 needed$/m);
	assert.equal(await atlas.stop(), 0);
});

test("an hour is spoken of as one", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { limits: { requests_per_hour: 1 }, queue: { max_wait: "1s" } } });
	assert.equal((await chat(atlas)).status, 200);
	const { id } = await heldOf(atlas, await chat(atlas));
	assert.match((await atlas.say("why", id)).stdout, /^ +held by +1 request an hour of all: 1 used, 0 for those ahead, 1 needed$/m);
	assert.equal(await atlas.stop(), 0);
});

test("a model's own limit is called by its name, also where others pass by", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		limits: { requests_per_minute: 1000 },
		"model gpt-4o": { requests_per_minute: 1 }, queue: { max_wait: "2s", max_concurrent: 1 },
	} });
	const slow = "Slow [[sim tokens=20 tps=40]]";
	assert.equal((await chat(atlas, { model: "gpt-4o" })).status, 200);
	const running = chat(atlas, { message: slow, fresh: true });
	const late = [chat(atlas, { model: "gpt-4o", fresh: true }), chat(atlas, { model: "gpt-4o", fresh: true })];
	const other = chat(atlas, { fresh: true });
	assert.equal((await running).status, 200);
	assert.equal((await other).status, 200, "it is not held by what is none of its limits");
	const held = (await Promise.all(late.map(async (one) => heldOf(atlas, await one)))).map(({ held_limit: limit }) => limit);
	for (const { ahead, ...limit } of held) {
		assert.ok(ahead <= 1, `${ahead} ahead`);
		assert.deepEqual(limit, { scope: "model gpt-4o", unit: "requests", window_seconds: 60, limit: 1, burst: null, used: 1, needed: 1 });
	}
	assert.equal(await atlas.stop(), 0);
});

test("of its token's own limits the tightest is told, with its use", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const make = async (name, ...limits) => (await atlas.ctl("tokens", "create", "--role", "chat", "--name", name, ...limits)).json.token;
	const ask = async (token) => {
		const id = (await chat(atlas, { token, message: "x [[sim prompt=0 tokens=100]]", body: { max_tokens: 100 } })).headers["x-atlas-request-id"];
		const story = await until(async () => (await get(atlas, `/monitoring/requests/${id}`)).json?.story, { what: "its story" });
		return { id, limit: story[0].token_limit };
	};
	assert.equal((await ask(atlas.token)).limit, null, "the admin's has none");
	const many = await make("many", "--requests-per-hour", "60", "--concurrent", "50", "--budget-day", "1000");
	for (const used of [1, 2]) {
		const { id, limit } = await ask(many);
		assert.deepEqual(limit, { limit: "requests_per_hour", allowed: 60, at_once: 6, used });
		assert.match((await atlas.say("why", id)).stdout, new RegExp(`^ +its token +${used} of requests_per_hour 60 used, of 6 at once$`, "m"));
	}
	const poor = await make("poor", "--concurrent", "1000", "--budget-day", "0.01");
	const { id, limit: { used, ...budget } } = await ask(poor);
	assert.match((await atlas.say("why", id)).stdout, new RegExp(`^ +its token +\\$0\\.0*[1-9]\\d* of budget_day \\$0\\.01 used$`, "m"));
	assert.deepEqual(budget, { limit: "budget_day", allowed: 0.01, at_once: null });
	assert.ok(used > 0 && used < 0.01, `${used} $`);
	assert.equal((await atlas.ctl("verify")).json.faults, 0);
	assert.equal(await atlas.stop(), 0);
});
