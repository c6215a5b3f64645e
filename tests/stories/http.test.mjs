// The HTTP front as any client may treat it: every byte sequence of raw_requests.json, whole
// and cut at every byte, connections that go on, pipelining, HEAD, 100-continue, HTTP/1.0.
// Its deadlines are in tests/torture.

import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { leaks, startAtlas, startSim, until } from "./lib/index.mjs";
import { chatBytes, raw } from "./lib/raw.mjs";
import { CASES, judgeAll, SAMPLE } from "./lib/raw_cases.mjs";

test("every raw request gets the answer its row names", async () => {
	const atlas = await startAtlas({ workers: 2 });
	await judgeAll(atlas, CASES);
	await judgeAll(atlas, SAMPLE, 1);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

const statuses = (seen) => seen.answers.map((a) => a.status);

test("connections go on, and answers come in the order of their requests", async () => {
	const sim = await startSim({ ttftMs: 5 });
	const atlas = await startAtlas({ sim, workers: 1 });
	const three = await raw(atlas.port, [chatBytes(atlas).join("").repeat(3)], { answers: 3 });
	assert.deepEqual(statuses(three), [200, 200, 200]);
	const stream = chatBytes(atlas, { body: { stream: true } }).join("");
	const behind = await raw(atlas.port, [stream + HEALTH], { answers: 2 });
	assert.deepEqual(statuses(behind), [200, 200]);
	assert.match(behind.answers[0].body, /data: \[DONE\]\n\n$/);
	assert.equal(behind.answers[1].body, '{"status":"ok"}\n');
	const old = await raw(atlas.port, [stream.replace("HTTP/1.1", "HTTP/1.0")]);
	assert.equal(old.ended, "end");
	assert.equal(old.answers[0].headers["transfer-encoding"], undefined);
	assert.match(old.answers[0].body, /data: \[DONE\]\n\n$/);
	const [got, head] = [HEALTH, HEALTH.replace("GET", "HEAD")];
	const both = await raw(atlas.port, [head + got], { answers: 2, head: [true, false] });
	const [bare, full] = both.answers.map(({ headers }) => ({ ...headers, date: "" }));
	assert.deepEqual(bare, full);
	assert.equal(await atlas.stop(), 0);
});

test("100 Continue comes when the body is wanted, and only then", async () => {
	const sim = await startSim({ ttftMs: 1 });
	const atlas = await startAtlas({ sim, workers: 1, conf: { server: { max_body_bytes: "1K" } } });
	const expect = { head: "Expect: 100-continue\r\n" };
	const [head, body] = chatBytes(atlas, expect);
	const socket = net.connect(atlas.port, "127.0.0.1");
	socket.write(head);
	let text = "";
	socket.on("data", (piece) => (text += piece));
	await until(() => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"), { what: "100 Continue" });
	socket.write(body);
	await until(() => text.includes("HTTP/1.1 200 OK"), { what: "the answer" });
	socket.destroy();
	const unknown = await raw(atlas.port, chatBytes(atlas, { ...expect, token: "no" })[0]);
	assert.deepEqual(statuses(unknown), [401]);
	const large = chatBytes(atlas, { ...expect, text: "x".repeat(2000) })[0];
	assert.deepEqual(statuses(await raw(atlas.port, large)), [413]);
	assert.equal(await atlas.stop(), 0);
});

test("a client that sends 32 MiB too many sees its 413", async () => {
	const atlas = await startAtlas({ workers: 1, conf: { server: { max_body_bytes: "1M" } } });
	const [head] = chatBytes(atlas, { text: "x" });
	const large = head.replace("Content-Length: 1\r", `Content-Length: ${32 << 20}\r`);
	const pieces = Array.from({ length: 512 }, () => Buffer.alloc(65536));
	const seen = await raw(atlas.port, [large, ...pieces], { answers: 1 });
	assert.deepEqual(statuses(seen), [413]);
	assert.equal(await atlas.stop(), 0);
});
