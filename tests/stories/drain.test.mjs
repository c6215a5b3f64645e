// Leaving while streams run: they come to their end, and whoever comes new is told so at
// once instead of waiting behind them.

import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";
import { chat, chatStream, isListening, leaks, serve, startAtlas, startSim, until, within } from "./lib/index.mjs";
import { inSession } from "./lib/proc.mjs";

async function world({ workers = 2 } = {}) {
	const sim = await startSim({ ttftMs: 20, tokensPerSecond: 100 });
	return { sim, atlas: await startAtlas({ sim, workers, conf: { server: { drain_timeout: "20s" } } }) };
}

/** A stream to its end: a hundred tokens a second. */
async function runningStream(atlas) {
	const message = "Go on [[sim tokens=400]]";
	const stream = await chatStream(atlas, { message, fresh: true });
	assert.equal(stream.status, 200);
	return stream.collect();
}

/** An upstream whose streams say a word, and the other when they are told to go() on. */
async function answersWhenTold() {
	const model = "gpt-4o-mini", usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
	const open = [];
	const event = (said) => `data: ${JSON.stringify(said)}\n\n`;
	const word = (content) => event({ object: "chat.completion.chunk", model, choices: [{ index: 0, delta: { content } }] });
	const server = await serve((request, body, response) => {
		if (JSON.parse(body).stream) {
			response.writeHead(200, { "content-type": "text/event-stream" }).write(word("Hello"), () => open.push(response));
			return;
		}
		const message = { role: "assistant", content: "Hello" };
		response.setHeader("content-type", "application/json");
		response.end(JSON.stringify({ object: "chat.completion", model, choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
	});
	const go = () => {
		for (const response of open) response.end(`${word(" there")}${event({ model, choices: [], usage })}data: [DONE]\n\n`);
	};
	return { ...server, apiKey: "sk-story", open, go };
}

/** "refused", "reset", or how the server has closed it. */
const connection = (port) =>
	new Promise((resolve) => {
		const socket = net.connect(port, "127.0.0.1");
		const state = { socket, is: "connecting" };
		socket.on("connect", () => {
			state.is = "open";
			resolve(state);
		});
		socket.on("error", ({ code }) => {
			state.is = code === "ECONNREFUSED" ? "refused" : "reset";
			resolve(state);
		});
		socket.on("close", () => (state.is = state.is === "open" ? "closed" : state.is));
	});

const isRefused = async (atlas) => !(await isListening(atlas.port));

describe("draining", { concurrency: true }, () => {
	for (const signal of ["SIGTERM", "SIGKILL"])
		test(`the master gets ${signal}: the port refuses while a stream goes on to its end`, async () => {
			const { sim, atlas } = await world();
			let isTold = false;
			const told = runningStream(atlas).finally(() => (isTold = true));
			await until(async () => (await sim.stats()).in_flight === 1, { what: "it runs" });
			atlas.kill(atlas.pid, signal);
			await until(() => isRefused(atlas), { ms: 3000, what: "connections are refused" });
			assert.equal(isTold, false, "the stream still runs");
			const { done, cut, error } = await told;
			assert.deepEqual({ done, cut, error }, { done: true, cut: undefined, error: undefined });
			await within(atlas.exited, 10000, "the master leaves");
			await until(() => inSession(atlas.pid).length === 0, { what: "all have left" });
		});

	test("the log says what goes on, until when, how to hurry it, and that it ended early", async () => {
		const sim = await startSim({ ttftMs: 20, tokensPerSecond: 100 });
		const conf = { server: { drain_timeout: "20s" }, queue: { max_concurrent: 1 } };
		const atlas = await startAtlas({ sim, workers: 1, conf });
		const streams = [runningStream(atlas), runningStream(atlas), runningStream(atlas)];
		await until(async () => (await atlas.ctl("status")).json.queue_size === 2, { what: "one runs, two wait" });
		const begun = Date.now();
		atlas.kill(atlas.pid, "SIGTERM");
		for (const { done } of await Promise.all(streams)) assert.equal(done, true);
		await within(atlas.exited, 10000, "the master leaves");
		const lines = atlas.log().split("\n").filter((line) => line.includes(" master drain"));
		const [, wait] = / draining at_once=0 running=1 waiting=2 timeout_ms=20000 until=(\S+) text=".*TERM again/.exec(lines[0]);
		assert.ok(Math.abs(Date.parse(wait) - begun - 20000) < 2000, lines[0]);
		const [, after, early] = / drained after_ms=(\d+) early_ms=(\d+)$/.exec(lines[1]);
		assert.ok(Math.abs(Number(after) + Number(early) - 20000) <= 1, lines[1]);
	});

	test("who waits in the kernel's queue when Atlas stops is not left there", async () => {
		const { atlas } = await world({ workers: 1 });
		const [front] = atlas.children("front");
		atlas.kill(front.pid, "SIGSTOP");
		const waiting = await connection(atlas.port);
		assert.equal(waiting.is, "open", "the kernel has taken it");
		atlas.kill(atlas.pid, "SIGTERM");
		await until(() => waiting.is !== "open", { ms: 3000, what: "it is told" });
		atlas.kill(front.pid, "SIGCONT");
		const { code } = await within(atlas.exited, 10000, "the master leaves");
		assert.equal(code, 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("a front that goes because workers shrank takes nobody's port along", async (t) => {
		// streams of a surplus front may last, connections that only wait may not
		const upstream = await answersWhenTold();
		t.after(upstream.close);
		const conf = { server: { drain_timeout: "500ms" } };
		const atlas = await startAtlas({ sim: upstream, workers: 3, conf });
		const streams = Array.from({ length: 9 }, () => runningStream(atlas));
		await until(() => upstream.open.length === 9, { what: "they stream" });
		atlas.configure({ server: { workers: 1 } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		const begun = performance.now();
		const isDraining = async () =>
			(await atlas.ctl("status")).json.processes.some(({ state }) => state === "draining");
		// one that has no stream is gone at once
		await until(async () => atlas.children("front").length < 3 || (await isDraining()), { what: "fronts leave" });
		const fresh = await Promise.all(Array.from({ length: 12 }, () => chat(atlas, { fresh: true })));
		assert.deepEqual(fresh.map(({ status }) => status), Array(12).fill(200));
		await until(() => performance.now() - begun > 1000, { what: "drain_timeout is long over" });
		upstream.go();
		for (const { done, cut, said } of await Promise.all(streams))
			assert.deepEqual({ done, cut, said }, { done: true, cut: undefined, said: "Hello there" });
		await until(() => atlas.children("front").length === 1, { ms: 10000, what: "one front is left" });
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});
});
