// What Atlas says of its own state and of its refusals: with the figure, the setting and the
// wait that a person needs to act on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, startAtlas, startSim, until } from "./lib/index.mjs";

const statusOf = async (atlas) => (await atlas.ctl("status")).json;

test("a key that is held is in the first line of a status that is healthy", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { stabilization: { minutes: 15 } } });
	const steady = await statusOf(atlas);
	assert.deepEqual([steady.notes, steady.keys.map(({ state }) => state)], [[], ["steady"]]);
	assert.doesNotMatch((await atlas.say("status")).stdout, /^KEY/m);
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal((await chat(atlas)).status, 200);
	const held = await until(async () => {
		const seen = await statusOf(atlas);
		return seen.keys[0].state === "hold" && seen;
	}, { what: "the key is held" });
	const { name, pace_requests_per_hour: pace } = held.keys[0];
	assert.ok(pace > 0);
	assert.equal(held.state, "healthy");
	assert.deepEqual(held.keys.map((key) => Object.keys(key)),
		(await atlas.ctl("limits")).json.keys.map((key) => Object.keys(key)));
	assert.equal(held.notes.length, 1);
	const said = await atlas.say("status");
	assert.equal(said.code, 0, "it serves");
	const [head] = said.stdout.split("\n");
	const line = /^KEY .*$/m.exec(said.stdout)?.[0];
	for (const text of [held.notes[0], head, line])
		for (const part of [name, `${pace} requests an hour`, /1[45] min \d+ s/]) assert.match(text, new RegExp(part));
	assert.match(head, /^Atlas is healthy; /);
	assert.match(line, / hold/);
	assert.equal(await atlas.stop(), 0);
});

test("what is used above a limit that was made smaller is told as such", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 100 } } });
	for (let i = 0; i < 3; i++) assert.equal((await chat(atlas)).status, 200);
	assert.doesNotMatch((await atlas.say("status")).stdout, /than it allows/);
	atlas.configure({ limits: { requests_per_minute: 2 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.match((await atlas.say("status")).stdout, /3 of 2 \(150%\)\n +1 more than it allows now: nothing fits for \d+/);
	assert.match((await atlas.say("limits")).stdout, /3 of 2 used .* 1 more than it allows/);
	assert.equal(await atlas.stop(), 0);
});

test("what was never sent has waited until its end, in the head and in the log", async () => {
	const sim = await startSim();
	const conf = { limits: { requests_per_minute: 1 }, queue: { max_wait: "1s" } };
	const atlas = await startAtlas({ sim, conf });
	assert.equal((await chat(atlas)).status, 200);
	const late = await chat(atlas);
	assert.equal(late.json.error.code, "queue_timeout", late.text);
	assert.ok(Number(late.headers["x-atlas-queue-ms"]) >= 1000, late.headers["x-atlas-queue-ms"]);
	const done = new RegExp(`request_done id=${late.headers["x-atlas-request-id"]} .* queue_ms=(\\d+) total_ms=(\\d+)`);
	const [, queueMs, totalMs] = await until(() => done.exec(atlas.log()), { what: "the line of its end" });
	assert.ok(Number(queueMs) >= 1000 && Number(queueMs) <= Number(totalMs), `${queueMs} of ${totalMs} ms`);
	assert.equal(await atlas.stop(), 0);
});
