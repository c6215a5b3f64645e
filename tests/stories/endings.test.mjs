// Streams of an upstream that end in odd ways: the client gets one end, and nobody dies of it.

import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import { chatStream, leaks, startAtlas } from "./lib/index.mjs";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const event = (value) => `data: ${JSON.stringify(value)}\n\n`;
const WORD = event({ choices: [{ index: 0, delta: { content: "hi" } }] });
const WHOLE =
	WORD +
	event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) +
	event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }) +
	"data: [DONE]\n\n";
const chunked = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;

let upstream, atlas, answer;
const open = new Set();

before(async () => {
	upstream = net.createServer((socket) => {
		open.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => open.delete(socket));
		socket.on("data", () => answer(socket));
	});
	upstream.unref();
	await new Promise((go) => upstream.listen(0, "127.0.0.1", go));
	const base_url = `http://127.0.0.1:${upstream.address().port}/v1`;
	atlas = await startAtlas({ workers: 1, conf: { openai: { base_url }, retry: { max_retries: 0 } } });
});

after(async () => {
	for (const socket of open) socket.destroy();
	upstream.close();
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const dispatch = () => atlas.children("dispatch")[0].pid;

for (const [what, fault] of [
	["is no JSON", "data: oops\n\n"],
	["is an end mark with a blank", "data: [DONE] \n\n"],
	["is an event without an end", `data: ${"x".repeat(9 << 20)}`],
])
	test(`a word and, in the same read, what ${what}`, async () => {
		const before = dispatch();
		answer = (socket) => socket.end(`${HEAD}Connection: close\r\n\r\n${WORD}${fault}`);
		const { said, error, done } = await (await chatStream(atlas, { fresh: true })).collect();
		assert.equal(said, "hi");
		assert.match(error?.code, /^upstream_(truncated|protocol)$/);
		assert.equal(done, true, "told that it is over");
		assert.equal(dispatch(), before, "nobody has died of it");
	});

for (const [what, rest] of [
	["nothing", ""],
	["a trailer that goes on and on", `0\r\n${"X-Trailer: 1\r\n".repeat(20000)}`],
	["no chunk", "what?\r\n"],
])
	test(`an end mark, and behind it ${what}`, async () => {
		answer = (socket) => socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunked(WHOLE)}${rest}`);
		const { said, error, done, events } = await (await chatStream(atlas, { fresh: true })).collect();
		assert.deepEqual({ said, error, done }, { said: "hi", error: undefined, done: true });
		assert.equal(events.filter(({ data }) => data === "[DONE]").length, 1);
	});
