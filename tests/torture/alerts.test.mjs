// An alert's command that never ends: it is ended after its 30 s, and the log says so.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { chat, leaks, makeFolder, startAtlas, startSim, until } from "../stories/lib/index.mjs";

test("a command that never ends is ended, and the next one runs", async () => {
	const command = path.join(makeFolder("/tmp"), "command");
	writeFileSync(command, "#!/bin/sh\n[ $ATLAS_ALERT_NAME = cost_day ] && sleep 9999\nexit 4\n", { mode: 0o755 });
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { alerts: { cost_day: 0.000001, cost_week: 0.000001, command } } });
	assert.equal((await chat(atlas)).status, 200);
	await until(() => atlas.log().match(/ alert_failed command=/g)?.length === 2, { what: "both ends", ms: 60000 });
	const ended = [...atlas.log().matchAll(/ alert_failed command="[^"]+" (.*)$/gm)].map(([, how]) => how);
	assert.deepEqual(ended, ['signal=9 error="timed out"', "exit=4"]);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
