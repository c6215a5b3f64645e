// A model's limit beside another model's requests, which go past who waits for it: what
// becomes free of it goes to who is first, and not bit by bit to whoever needs less.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, get, ledgerEqualsBill, startAtlas, startSim, until } from "../stories/lib/index.mjs";

const SMALL = 100, LARGE = 1000, SMALLS = 6, OTHERS = 8;

test("small requests of a model do not pass an urgent one that waits for more of its limit", async () => {
	const sim = await startSim({ ttftMs: 50, billSync: "no" });
	const atlas = await startAtlas({
		sim,
		workers: 1,
		conf: {
			"model gpt-4o-mini": { tokens_per_minute: 30 * SMALL },
			queue: { max_wait: "180s" },
		},
	});
	const ask = (max_tokens, priority, session) =>
		chat(atlas, { body: { max_tokens }, headers: { "X-Atlas-Priority": priority, "X-Atlas-Session": session } });
	const queued = async () => (await atlas.ctl("status")).json.queue_size;
	let goesOn = true;
	const small = Array.from({ length: SMALLS }, async () => {
		while (goesOn) {
			const { status, text } = await ask(SMALL, "low", "small");
			assert.equal(status, 200, text);
		}
	});
	const others = Array.from({ length: OTHERS }, async () => {
		while (goesOn)
			assert.equal((await chat(atlas, { model: "gpt-4o", headers: { "X-Atlas-Priority": "high", "X-Atlas-Session": "others" } })).status, 200);
	});
	await until(async () => (await queued()) >= SMALLS, { what: "the model's limit is used up" });
	const urgent = await ask(LARGE, "urgent", "urgent");
	goesOn = false;
	assert.equal(urgent.status, 200, urgent.text);
	await Promise.all([...small, ...others]);
	await until(async () => (await atlas.ctl("status")).json.totals.open_attempts === 0);
	const rows = (await get(atlas, "/monitoring/export?format=jsonl")).text.trim().split("\n").map((line) => JSON.parse(line));
	const one = rows.find(({ session_id }) => session_id === "urgent");
	const passed = rows.filter(({ session_id, sent_at }) => session_id === "small" && sent_at > one.queued_at && sent_at < one.sent_at);
	console.log(`it waited ${one.queue_ms} ms, ${passed.length} passed it`);
	assert.deepEqual(passed, []);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});
