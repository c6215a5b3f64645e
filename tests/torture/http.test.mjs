// The HTTP front against time and shortage: deadlines, clients that do not read, bodies
// beyond the memory for them, and a process that runs out of descriptors.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import net from "node:net";
import test from "node:test";
import { chat, get, startAtlas, startSim, until, usage } from "../stories/lib/index.mjs";
import { chatBytes, raw } from "../stories/lib/raw.mjs";
import { cpuTicks } from "../bench/cost.mjs";

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

const statuses = (seen) => seen.answers.map((a) => a.status);

test("slow clients meet their deadlines", async () => {
	const sim = await startSim({ ttftMs: 1, tokensPerSecond: 0 });
	const server = {
		header_timeout: "300ms", body_timeout: "300ms",
		idle_timeout: "300ms", write_timeout: "300ms",
	};
	const atlas = await startAtlas({ sim, workers: 1, conf: { server } });
	const [half, idle, body] = await Promise.all([
		raw(atlas.port, HEALTH.slice(0, 20)),
		raw(atlas.port, HEALTH),
		raw(atlas.port, chatBytes(atlas)[0]),
	]);
	assert.deepEqual([half, idle, body].map((s) => [statuses(s), s.ended]),
		[[[408], "end"], [[200], "end"], [[408], "end"]]);
	const many = { stream: true, max_tokens: 16000, messages: [{ role: "user", content: "[[sim tokens=16000 tps=0]]" }] };
	const stalled = net.connect(atlas.port, "127.0.0.1");
	stalled.pause();
	stalled.on("error", () => {});
	for (const part of chatBytes(atlas, { body: many })) stalled.write(part);
	await until(async () => (await usage(atlas)).request_count === 1, {
		ms: 8000, what: "the stalled reader's exchange is settled",
	});
	await until(async () => (await atlas.ctl("status")).json.counters.exchanges_abandoned === 1, {
		what: "the front has cut it off",
	});
	stalled.destroy();
	assert.equal(await atlas.stop(), 0);
});

test("what bodies may take is one sum over all fronts", async () => {
	const sim = await startSim({ ttftMs: 1 });
	const conf = { server: { body_memory: "1M", max_body_bytes: "1M" } };
	const atlas = await startAtlas({ sim, workers: 2, conf });
	const [head] = chatBytes(atlas, { text: "x" });
	const announced = head.replace("Content-Length: 1\r", `Content-Length: ${300 << 10}\r`);
	const holders = Array.from({ length: 6 }, () => raw(atlas.port, [announced, "{"], { ms: 1000 }));
	const refused = (await Promise.all(holders)).filter((seen) => statuses(seen)[0] === 503);
	assert.equal(refused.length, 3, "three of 300 KiB fit into 1 MiB");
	assert.match(refused[0].answers[0].body, /body_memory_full/);
	assert.equal((await until(async () => {
		const answer = await chat(atlas);
		return answer.status === 200 && answer;
	}, { what: "room again" })).status, 200);
	assert.equal(await atlas.stop(), 0);
});

test("a front without descriptors pauses, says so once, and recovers", async () => {
	const atlas = await startAtlas({ workers: 1 });
	const [{ pid }] = atlas.children("front");
	execFileSync("prlimit", ["--pid", String(pid), "--nofile=64"]);
	const clients = Array.from({ length: 200 }, () => net.connect(atlas.port, "127.0.0.1"));
	for (const client of clients) client.on("error", () => {});
	const pauses = () => atlas.log().split("\n").filter((line) => /accept_paused/.test(line)).length;
	await until(() => pauses() > 0, { what: "accepting pauses" });
	const before = cpuTicks([pid]);
	const begun = performance.now();
	await until(() => performance.now() - begun >= 2000, { ms: 3000 });
	assert.ok(cpuTicks([pid]) - before <= 10, "5 % of two seconds");
	assert.equal(pauses(), 1);
	for (const client of clients) client.destroy();
	await until(async () => (await get(atlas, "/healthz")).status === 200, { ms: 1000 });
	assert.equal(await atlas.stop(), 0);
});
