// What Prometheus itself thinks of /metrics: promtool, of Debian's package prometheus, or the
// one that PROMTOOL names. Where it is missing a plain message says so.

import assert from "node:assert/strict";
import test from "node:test";
import { chat, chatStream, get, runToEnd, settled, startAtlas, startSim } from "../stories/lib/index.mjs";

const PROMTOOL = process.env.PROMTOOL ?? "promtool";

test("promtool finds nothing to say about the metrics", async (t) => {
	const { code } = await runToEnd("sh", ["-c", 'command -v "$0"', PROMTOOL]);
	if (code !== 0) return t.diagnostic("not tried: there is no promtool");
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 1000 } } });
	for (const model of ["gpt-4o", "gpt-4o-mini"]) {
		assert.equal((await chat(atlas, { model })).status, 200);
		await (await chatStream(atlas, { model })).collect();
	}
	await settled(atlas, 4);
	const { text } = await get(atlas, "/metrics");
	const told = await runToEnd(PROMTOOL, ["check", "metrics"], { input: text });
	assert.deepEqual([told.code, told.stdout + told.stderr], [0, ""]);
	assert.equal(await atlas.stop(), 0);
});
