// What Prometheus itself thinks of /metrics: promtool, the one that PROMTOOL names, that is
// installed, or of Debian's package prometheus, which is fetched and unpacked, not installed.

import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import { chat, chatStream, get, makeFolder, runToEnd, settled, startAtlas, startSim } from "../stories/lib/index.mjs";

const FETCH = 'cd "$0" && apt-get -qq download prometheus && dpkg -x prometheus_*.deb .';

async function promtool() {
	const known = process.env.PROMTOOL ?? "promtool";
	if ((await runToEnd("sh", ["-c", 'command -v "$0"', known])).code === 0) return known;
	const folder = makeFolder(os.tmpdir());
	const fetched = await runToEnd("sh", ["-c", FETCH, folder], { ms: 120000 });
	assert.equal(fetched.code, 0, fetched.stderr);
	return path.join(folder, "usr/bin/promtool");
}

test("promtool finds nothing to say about the metrics", async () => {
	const tool = await promtool();
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 1000 } } });
	for (const model of ["gpt-4o", "gpt-4o-mini"]) {
		assert.equal((await chat(atlas, { model })).status, 200);
		await (await chatStream(atlas, { model })).collect();
	}
	await settled(atlas, 4);
	const { text } = await get(atlas, "/metrics");
	const told = await runToEnd(tool, ["check", "metrics"], { input: text });
	assert.deepEqual([told.code, told.stdout + told.stderr], [0, ""]);
	assert.equal(await atlas.stop(), 0);
});
