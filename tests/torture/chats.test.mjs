// A thousand chats answered at once by one front: not an event of any of them is missed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chatStream, leaks, ledgerEqualsBill, startAtlas, startSim } from "../stories/lib/index.mjs";

const CHATS = Number(process.env.ATLAS_CHATS ?? 1000);
const MESSAGE = "A long story [[sim tokens=120 tps=20]]";

const talk = (atlas, i) =>
	chatStream(atlas, { path: "/chat/stream", messages: undefined, body: { model: undefined, messages: undefined, message: MESSAGE, session_id: `crowd-${i}` } });

test(`${CHATS} chat streams in one front, whole to the last word`, async () => {
	const sim = await startSim({ billSync: "no" });
	const atlas = await startAtlas({ sim, workers: 1, conf: { queue: { max_concurrent: 5000 }, server: { log_level: "warn", max_connections: 20000 } } });
	const streams = await Promise.all(Array.from({ length: CHATS }, (_, i) => talk(atlas, i)));
	assert.ok(streams.every(({ status }) => status === 200));
	const told = await Promise.all(streams.map((stream) => stream.collect()));
	for (const { said, done, events } of told) {
		const names = events.map(({ event }) => event);
		assert.equal(said.length, told[0].said.length);
		assert.equal(said, told[0].said);
		assert.equal(done, true);
		assert.equal(names[0], "session");
		assert.deepEqual(names.slice(-2), ["usage", "done"]);
	}
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
