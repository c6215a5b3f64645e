// More fronts and fewer, and a pause, while clients go on: nobody is cut off or turned away
// but by the pause, and that in words. SCALE_STREAMS=200 for the long form.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import test from "node:test";
import {
	chat, chatStream, freePort, get, isListening, leaks, ledgerEqualsBill, post, startAtlas, startSim,
	until, within,
} from "./lib/index.mjs";

const STREAMS = Number(process.env.SCALE_STREAMS ?? 20);

/** Clients that never stop asking: half on kept connections, half on one each. */
function load(atlas) {
	const seen = { answered: 0, wrong: [], stop: false };
	const client = async (fresh) => {
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		const own = { ...atlas, token: atlas.token, agent };
		while (!seen.stop) {
			const { status, text } = await chat(own, { message: "Me", fresh }).catch((error) => ({ text: `${error}` }));
			if (status !== 200) seen.wrong.push(`${fresh ? "new" : "kept"}: ${status} ${text}`);
			seen.answered++;
			await new Promise((go) => setTimeout(go, 20));
		}
		agent.destroy();
	};
	seen.all = Promise.all(Array.from({ length: 8 }, (_, ix) => client(ix % 2 === 0)));
	return seen;
}

const fronts = (atlas) => atlas.children("front").length;

/** Until so many fronts are there and clients have been answered since. */
async function settled(atlas, n, clients) {
	await until(() => fronts(atlas) === n, { ms: 20000, what: `${n} fronts` });
	const before = clients.answered;
	await until(() => clients.answered >= before + 50, { ms: 10000, what: "they go on asking" });
}

test("fronts from 1 to 8 to 2 under load: nothing fails, no stream is cut", async (t) => {
	const sim = await startSim({ ttftMs: 5, tokensPerSecond: 200 });
	const atlas = await startAtlas({
		sim, workers: 1, conf: { server: { drain_timeout: "500ms" }, queue: { max_concurrent: STREAMS + 100 } },
	});
	const clients = load(atlas);
	t.after(() => (clients.stop = true));
	const streams = [];
	const open = async (tokens) => {
		const message = `[[sim tokens=${tokens}]]`;
		const begun = await Promise.all(Array.from({ length: STREAMS / 2 }, () =>
			chatStream(atlas, { message, fresh: true })));
		for (const { status, collect } of begun) {
			assert.equal(status, 200);
			streams.push(collect());
		}
	};
	await open(500);
	const up = await atlas.ctl("workers", "8");
	assert.deepEqual([up.code, up.json.old, up.json.new], [0, "1", "8"]);
	await settled(atlas, 8, clients);
	await open(400); // they outlast drain_timeout in fronts that are told to go
	atlas.configure({ server: { workers: 2 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	await settled(atlas, 2, clients);
	clients.stop = true;
	await clients.all;
	assert.deepEqual(clients.wrong, []);
	for (const { done, cut, error } of await Promise.all(streams))
		assert.deepEqual({ done, cut, error }, { done: true, cut: undefined, error: undefined });
	assert.equal((await atlas.ctl("workers", "0")).code, 2);
	assert.equal((await atlas.ctl("workers", "99")).code, 1);
	console.log(`${clients.answered} requests answered, ${streams.length} streams whole, 0 failed, 0 cut`);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

/** How many sockets a process has open: one front may take all connections of a moment. */
const sockets = (pid) => readdirSync(`/proc/${pid}/fd`).filter((fd) => {
	try {
		return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:");
	} catch {
		return false; // closed meanwhile
	}
}).length;

test("a stop does not wait for a front that takes its time", async () => {
	const sim = await startSim({ ttftMs: 5, tokensPerSecond: 20 });
	const atlas = await startAtlas({ sim, workers: 2, conf: { server: { drain_timeout: "500ms" } } });
	const fronts = atlas.children("front").map(({ pid }) => ({ pid, idle: sockets(pid) }));
	const streams = [];
	do streams.push(await chatStream(atlas, { message: "[[sim tokens=4000]]", fresh: true }));
	while (streams.length < 8 || (streams.length < 40 && fronts.some(({ pid, idle }) => sockets(pid) <= idle)));
	assert.equal((await atlas.ctl("workers", "1")).code, 0);
	await until(async () =>
		(await atlas.ctl("status")).json.processes.some(({ state }) => state === "draining"), { ms: 15000 });
	assert.equal(await atlas.stop(), 0);
	for (const { collect } of streams) assert.equal((await collect()).done, false);
	assert.deepEqual(await leaks(atlas), []);
});

test("drain refuses what is new, lets go on what runs, and resume takes it back", async () => {
	const sim = await startSim({ ttftMs: 5, tokensPerSecond: 200 });
	const atlas = await startAtlas({ sim, workers: 2 });
	const running = await chatStream(atlas, { message: "[[sim tokens=200]]" });
	assert.equal((await atlas.ctl("drain")).json.new, "draining");
	for (const target of ["/v1/chat/completions", "/chat/complete"]) {
		const refused = await post(atlas, target, {
			model: "gpt-4o-mini", message: "x", ...(target[1] === "v" && { messages: [{ role: "user", content: "x" }] }),
		});
		assert.equal(refused.status, 503, refused.text);
		assert.equal(refused.json.error.code, "draining");
		assert.ok(refused.headers["retry-after"]);
	}
	const ready = await get(atlas, "/readyz");
	assert.deepEqual([ready.status, ready.json.reasons], [503, ["draining"]]);
	assert.equal((await get(atlas, "/healthz")).status, 200);
	assert.equal((await atlas.ctl("status")).code, 1);
	assert.equal((await running.collect()).done, true);
	assert.equal((await atlas.ctl("resume")).json.new, "running");
	assert.equal((await get(atlas, "/readyz")).status, 200);
	assert.equal((await chat(atlas)).status, 200);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});

/** Of one fresh request to an address; undefined = nobody listens there. */
const statusAt = (host, port) =>
	new Promise((resolve) => {
		const headers = { host: `localhost:${port}` };
		const request = http.get({ host, port, path: "/healthz", agent: false, headers });
		request.once("response", (answer) => resolve(answer.resume().statusCode));
		request.once("error", () => resolve());
	});

test("a listen address is made wider and narrower by a reload", async () => {
	const sim = await startSim({ ttftMs: 5, tokensPerSecond: 200 });
	const atlas = await startAtlas({ sim, workers: 2 });
	const { port } = atlas;
	const answers = async (host) => {
		for (let i = 0; i < 6; i++)
			assert.equal(await statusAt(host, port), 200);
	};
	const listen = async (...list) => {
		atlas.configure({ server: { listen: list.join(" ") } });
		return atlas.ctl("reload");
	};
	const running = await chatStream(atlas, { message: "[[sim tokens=200]]" });
	const blocked = net.createServer().listen(0, "127.0.0.1");
	await once(blocked, "listening");
	const taken = `127.0.0.1:${blocked.address().port}`;
	// the wide one is bound before the other fails: it is undone
	const refused = await listen(`0.0.0.0:${port}`, taken);
	assert.equal(refused.code, 1);
	assert.match(refused.json.error, new RegExp(`cannot listen on ${taken}: .*another program`));
	await answers("127.0.0.1");
	assert.equal(await statusAt("127.0.0.2", port), undefined);
	const both = await listen(`127.0.0.1:${port}`, `0.0.0.0:${port}`);
	assert.equal(both.code, 1);
	assert.match(both.json.error, new RegExp(`0.0.0.0:${port}: it overlaps 127.0.0.1:${port}, which Atlas itself`));
	await answers("127.0.0.1");
	assert.equal((await listen(`0.0.0.0:${port}`)).code, 0);
	await answers("127.0.0.1");
	await answers("127.0.0.2");
	assert.equal((await listen(`127.0.0.1:${port}`)).code, 0);
	await answers("127.0.0.1");
	assert.equal(await statusAt("127.0.0.2", port), undefined);
	blocked.close();
	const { done, cut } = await running.collect();
	assert.deepEqual({ done, cut }, { done: true, cut: undefined });
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("listen addresses come and go by a reload; who is connected stays", async () => {
	const sim = await startSim({ ttftMs: 5, tokensPerSecond: 200 });
	const atlas = await startAtlas({ sim, workers: 2 });
	const [second, third] = [await freePort(), await freePort()];
	const at = (port) => ({ ...atlas, token: atlas.token, port });
	const first = `127.0.0.1:${atlas.port}`;
	const answers = async (port) => {
		for (let i = 0; i < 6; i++)
			assert.equal((await get(at(port), "/healthz", { fresh: true })).status, 200);
	};
	const listen = async (...list) => {
		atlas.configure({ server: { listen: list.join(" ") } });
		return atlas.ctl("reload");
	};
	assert.equal((await listen(first, `127.0.0.1:${second}`)).code, 0);
	await answers(atlas.port);
	await answers(second);
	// a front that comes later has both
	atlas.kill(atlas.children("front")[1].pid);
	await until(() => fronts(atlas) === 2);
	await answers(second);
	const running = await chatStream(atlas, { message: "[[sim tokens=300]]" });
	const blocked = net.createServer().listen(third, "127.0.0.1");
	await once(blocked, "listening");
	const refused = await listen(`127.0.0.1:${third}`);
	assert.equal(refused.code, 1);
	assert.match(refused.json.error, new RegExp(`cannot listen on 127.0.0.1:${third}`));
	await answers(second);
	await answers(atlas.port);
	blocked.close();
	assert.equal((await listen(`127.0.0.1:${second}`)).code, 0);
	await until(async () => !(await isListening(atlas.port)), { what: "the first is refused" });
	await answers(second);
	const { done, cut } = await running.collect();
	assert.deepEqual({ done, cut }, { done: true, cut: undefined });
	atlas.kill(atlas.pid, "SIGTERM");
	assert.equal((await within(atlas.exited, 10000, "it stops")).code, 0);
	assert.equal(await isListening(second), false);
	assert.deepEqual(await leaks(atlas), []);
});
