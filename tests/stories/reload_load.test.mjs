// Reloads while it is busy: no request fails, no stream is cut. RELOADS=100 for the long form.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { chatStream, get, startAtlas, startSim, until } from "./lib/index.mjs";
import { control } from "./lib/control.mjs";

const RELOADS = Number(process.env.RELOADS ?? 20);
const STREAMS = 200;
const EVERY_MS = 5; // 200 requests a second

test(`${RELOADS} reloads among 200 requests a second and ${STREAMS} streams`, async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { queue: { max_concurrent: 400 } } });
	atlas.agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
	const streams = await Promise.all(Array.from({ length: STREAMS }, () =>
		chatStream(atlas, { message: "Go on [[sim tokens=4000 tps=1]]", fresh: true })));
	const cut = [];
	for (const [i, stream] of streams.entries()) {
		assert.equal(stream.status, 200);
		stream.collect().then((end) => cut.push(`${i}: ${JSON.stringify(end.error ?? end.cut?.message)}`));
	}
	const counts = { asked: 0, answered: 0, failed: [] };
	// Every other one on a connection of its own.
	const timer = setInterval(() => {
		const fresh = counts.asked++ % 2 === 0;
		get(atlas, "/v1/models/gpt-4o", { fresh }).then(
			({ status, text }) => status === 200 ? counts.answered++ : counts.failed.push(text),
			(error) => counts.failed.push(error.message),
		);
	}, EVERY_MS);
	const before = atlas.children().map(({ pid }) => pid).sort();
	let epoch = 1;
	for (let i = 0; i < RELOADS; i++) {
		const asked = counts.asked;
		atlas.configure({ limits: { tokens_per_hour: 1000000000 + i }, server: { idle_timeout: `${60 + (i % 9)}s` } });
		const answer = await control(atlas, "reload");
		assert.equal(answer.ok, true, answer.error);
		assert.deepEqual([answer.epoch, answer.not_adopted], [++epoch, []]);
		await until(() => counts.asked >= asked + 20, { what: "requests between two reloads" });
	}
	clearInterval(timer);
	await until(() => counts.answered + counts.failed.length === counts.asked, { ms: 20000, what: "all answers" });
	assert.deepEqual(counts.failed, []);
	assert.deepEqual(cut, [], "no stream has ended");
	assert.ok(counts.asked >= RELOADS * 20);
	assert.deepEqual(atlas.children().map(({ pid }) => pid).sort(), before);
	console.log(`${counts.answered} requests answered, ${streams.length} streams go on, 0 failed, 0 cut`);
	for (const stream of streams) stream.abort();
	atlas.agent.destroy();
	assert.equal(await atlas.stop({ signal: "SIGINT" }), 0);
});
