// What is told of a wait that no limit explains: for one that runs, and for the upstream.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, chatStream, startAtlas, startSim } from "./lib/index.mjs";

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
