// What the upstream says of its own limits makes Atlas slower, never faster; what it does not
// say, or cannot mean, changes nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, get, startAtlas, startSim } from "./lib/index.mjs";

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));

async function providerLimits(atlas) {
	const answer = await get(atlas, "/monitoring/rate-limits");
	assert.equal(answer.status, 200, answer.text);
	return answer.json.limits.filter(({ scope }) => scope.startsWith("provider "));
}

const answered = (answers) => answers.filter(({ status }) => status === 200).length;

/** A limit without when there is room again. */
function amounts({ room_in_seconds: room, empty_in_seconds: empty, used_up: _, ...row }) {
	assert.ok(room >= 0 && room <= empty, `${room} ${empty}`);
	return row;
}

async function refusedUpstream(sim) {
	return (await sim.billSummary()).by_status["429"] ?? 0;
}

test("a limit that the upstream tells is kept from the first answer on", async () => {
	const sim = await startSim({ rpm: 12 });
	const conf = { queue: { max_wait: "1s" } };
	const atlas = await startAtlas({ sim, conf });
	assert.equal((await chat(atlas)).status, 200);
	const [row, ...others] = await providerLimits(atlas);
	assert.deepEqual(others, []);
	assert.deepEqual(amounts(row), {
		scope: "provider gpt-4o-mini", unit: "requests", window_seconds: 60, limit: 12, used: 1,
	});
	assert.equal(answered(await times(20, () => chat(atlas))), 11);
	assert.equal(await refusedUpstream(sim), 0);
	assert.equal(await atlas.stop(), 0);
});

test("what others use of the upstream's limit is not asked for", async () => {
	const sim = await startSim({ rpm: 20 });
	const atlas = await startAtlas({ sim, conf: { queue: { max_wait: "1s" } } });
	assert.equal((await chat(atlas)).status, 200);
	// Somebody else with the same key.
	for (let n = 0; n < 9; n++) assert.equal((await chat(sim)).status, 200);
	assert.equal((await chat(atlas)).status, 200, "the answer that shows it");
	assert.equal((await providerLimits(atlas))[0].used, 11);
	assert.equal(answered(await times(15, () => chat(atlas))), 9);
	assert.equal(await refusedUpstream(sim), 0);
	assert.equal(await atlas.stop(), 0);
});

test("answers that come together tell of the same use once", async () => {
	const sim = await startSim({ rpm: 1000, ttftMs: 300 });
	const atlas = await startAtlas({ sim });
	assert.equal((await chat(atlas)).status, 200);
	assert.deepEqual((await times(9, () => chat(sim))).map(({ status }) => status), Array(9).fill(200));
	assert.equal(answered(await times(40, () => chat(atlas))), 40);
	assert.equal((await providerLimits(atlas))[0].used, 50);
	assert.equal(await atlas.stop(), 0);
});

test("one model's limit lets the others pass", async () => {
	const sim = await startSim({ rpm: 3 });
	const conf = { queue: { max_wait: "3s" } };
	const atlas = await startAtlas({ sim, conf });
	for (let n = 0; n < 3; n++) assert.equal((await chat(atlas)).status, 200);
	await sim.limits({ rpm: 0 }); // silent from now on: what it has said holds
	const waits = times(3, () => chat(atlas));
	const passed = await times(5, () => chat(atlas, { model: "gpt-4o" }));
	assert.equal(answered(passed), 5);
	assert.equal(answered(await waits), 0);
	assert.equal(await atlas.stop(), 0);
});

test("limits that are unknown, nothing or nonsense are none", async () => {
	const sim = await startSim({ rpm: 1000, tpm: 1000000 });
	const atlas = await startAtlas({ sim });
	for (const how of ["missing", "minus-one", "zero", "project", "garbage"]) {
		const answer = await chat(atlas, { message: `Hi [[sim limits=${how} tokens=2]]` });
		assert.equal(answer.status, 200, answer.text);
	}
	const told = await providerLimits(atlas);
	for (const { unit, limit } of told) assert.equal(limit, { requests: 1000, tokens: 1000000 }[unit]);
	assert.equal(await atlas.stop(), 0);
});

test("a model's section limits that model alone, and a reload carries its use over", async () => {
	const sim = await startSim();
	const conf = {
		"model gpt-4o-mini": { requests_per_hour: 4, tokens_per_hour: 100000 },
		queue: { max_wait: "500ms" },
	};
	let atlas = await startAtlas({ sim, conf });
	const row = async (unit) =>
		(await get(atlas, "/monitoring/rate-limits")).json.limits.find(
			({ scope, unit: of }) => scope === "model gpt-4o-mini" && of === unit,
		);
	assert.equal(answered(await times(6, () => chat(atlas))), 4);
	assert.equal(answered(await times(6, () => chat(atlas, { model: "gpt-4o" }))), 6);
	assert.deepEqual(amounts(await row("requests")), {
		scope: "model gpt-4o-mini", unit: "requests", window_seconds: 3600, limit: 4, used: 4,
	});
	atlas.configure({ "model gpt-4o-mini": { requests_per_hour: 7 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal(answered(await times(5, () => chat(atlas))), 3);
	const before = [amounts(await row("requests")), amounts(await row("tokens"))];
	assert.equal(await atlas.stop(), 0);

	conf["model gpt-4o-mini"].requests_per_hour = 7;
	atlas = await startAtlas({ sim, conf, dataDir: atlas.dataDir });
	assert.deepEqual([amounts(await row("requests")), amounts(await row("tokens"))], before);
	assert.equal(answered(await times(2, () => chat(atlas))), 0);
	assert.equal(await atlas.stop(), 0);
});
