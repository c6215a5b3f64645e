// Leaving while streams run: they come to their end, and whoever comes new is told so at
// once instead of waiting behind them.

import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";
import { chat, chatStream, isListening, leaks, startAtlas, startSim, until, within } from "./lib/index.mjs";
import { inSession } from "./lib/proc.mjs";

async function world({ workers = 2, drain_timeout = "20s" } = {}) {
	const sim = await startSim({ ttftMs: 20, tokensPerSecond: 100 });
	return { sim, atlas: await startAtlas({ sim, workers, conf: { server: { drain_timeout } } }) };
}

/** A stream to its end: a hundred tokens a second. */
async function runningStream(atlas, tokens = 400) {
	const message = `Go on [[sim tokens=${tokens}]]`;
	const stream = await chatStream(atlas, { message, fresh: true });
	assert.equal(stream.status, 200);
	return stream.collect();
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

	test("a front that goes because workers shrank takes nobody's port along", async () => {
		// streams of a surplus front may last, connections that only wait may not
		const { atlas } = await world({ workers: 3, drain_timeout: "2s" });
		let running = 9;
		const streams = Array.from({ length: running }, () =>
			runningStream(atlas, 900).finally(() => running--));
		await until(async () => (await atlas.ctl("status")).json.exchanges.streaming === 9);
		atlas.configure({ server: { workers: 1 } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		const isDraining = async () =>
			(await atlas.ctl("status")).json.processes.some(({ state }) => state === "draining");
		// one that has no stream is gone at once
		await until(async () => atlas.children("front").length < 3 || (await isDraining()), { what: "fronts leave" });
		const fresh = await Promise.all(Array.from({ length: 12 }, () => chat(atlas, { fresh: true })));
		assert.ok(running > 0, "streams still run");
		assert.deepEqual(fresh.map(({ status }) => status), Array(12).fill(200));
		for (const { done, cut } of await Promise.all(streams)) {
			assert.equal(cut, undefined);
			assert.equal(done, true);
		}
		await until(() => atlas.children("front").length === 1, { ms: 10000, what: "one front is left" });
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});
});
