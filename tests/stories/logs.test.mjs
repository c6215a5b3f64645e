// The log: one structured line an event, as text or as JSON, every name from one list, a
// request's id in all processes, and a flood of the same is counted.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chat, get, startAtlas, startSim, until } from "./lib/index.mjs";
import { fits } from "./lib/shape.mjs";

const EVENTS = new Set(
	[...readFileSync("common/base/events.def", "utf8").matchAll(/^EVENT\((\w+)\)/gm)]
		.map(([, name]) => name.toLowerCase()),
);
const LINE = {
	time: "time", level: (level) => ["error", "warn", "info", "debug"].includes(level),
	process: (who) => /^(master|record|dispatch|front \d+)$/.test(who),
	event: (event) => EVENTS.has(event),
};

test("each line is a JSON object, and after a reload text", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { server: { log_format: "json" } } });
	const answer = await chat(atlas, { message: "Fail [[sim 400]]" });
	assert.equal(answer.status, 400);
	const id = answer.headers["x-atlas-request-id"];
	await get(atlas, '/v1/"\x7f', { token: "wrong" }).catch(() => {});
	await until(() => / record attempt_applied|"event":"attempt_applied"/.test(atlas.log()),
		{ what: "record has taken it" });
	assert.equal((await atlas.ctl("log-level", "warn")).code, 0);
	// Its file has stdout too, which is for people: the admin token, once.
	const lines = atlas.log().trim().split("\n").filter((line) => !/^(admin token|atl|\(kept)/.test(line));
	const seen = lines.map((line) => JSON.parse(line));
	for (const line of seen) fits(line, LINE);
	for (const who of ["master", "record", "dispatch", "front 1"])
		assert.ok(seen.some((line) => line.process === who), who);
	const named = seen.filter((line) => line.id === id).map((line) => line.process.split(" ")[0]);
	assert.deepEqual(new Set(named), new Set(["front", "dispatch", "record"]));
	assert.ok(seen.some((line) => line.id === id && line.event === "attempt_failed"));
	atlas.configure({ server: { log_format: "text" } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	const before = atlas.log().length;
	await chat(atlas, { message: "Fail [[sim 400]]" });
	const text = await until(() => atlas.log().slice(before), { what: "lines of text" });
	assert.match(text.split("\n")[0], /^\d{4}-\S+Z (debug|info|warn|error) .+ [a-z_]+ /);
	assert.equal(await atlas.stop(), 0);
});

test("a flood of the same is counted, and told", async () => {
	const sim = await startSim();
	const conf = { server: { log_level: "info" }, retry: { max_retries: 0 } };
	const atlas = await startAtlas({ sim, workers: 1, conf });
	const all = Array.from({ length: 300 }, () => chat(atlas, { message: "Fail [[sim 500]]", fresh: true }));
	for (const answer of await Promise.all(all)) assert.equal(answer.status, 502, answer.text);
	const written = () => atlas.log().match(/ request_done id=/g)?.length ?? 0;
	const counted = () => [...atlas.log().matchAll(/ request_done repeated=(\d+)/g)]
		.reduce((sum, [, n]) => sum + Number(n), 0);
	await until(() => written() + counted() === 300, { what: "each is written or counted" });
	assert.ok(counted() > 0, `${written()} written`);
	assert.equal(await atlas.stop(), 0);
});
