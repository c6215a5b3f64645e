// A thousand clients that leave wherever they happen to be: nothing of them stays behind,
// and whatever reached the upstream is in the ledger.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import net from "node:net";
import test from "node:test";
import { get, leaks, startAtlas, startSim, until } from "./lib/index.mjs";

const CLIENTS = 1000;
const AT_A_TIME = 100;
const WAYS = ["before the head", "in the body", "while waiting", "mid-stream", "half-close"];

function bytesOf(atlas, stream) {
	const json = JSON.stringify({
		model: "gpt-4o-mini", stream,
		messages: [{ role: "user", content: "[[sim tokens=40 ttft=20 tps=400]]" }],
	});
	const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n` +
		`Authorization: Bearer ${atlas.token}\r\nX-Atlas-Session: leavers\r\n` +
		`Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n`;
	return head + json;
}

const wait = (ms) => new Promise((go) => setTimeout(go, ms));

/** One client: connects, gets as far as its way says, and leaves at a point of its own. */
async function leave(atlas, ix) {
	const way = WAYS[ix % WAYS.length];
	const bytes = bytesOf(atlas, ix % 2 === 0);
	const cut = way === "before the head" ? 30 : way === "in the body" ? bytes.length - 5 : bytes.length;
	const socket = net.connect(atlas.port, "127.0.0.1");
	const closed = new Promise((resolve) => socket.on("close", resolve));
	let begun;
	const first = new Promise((resolve) => (begun = resolve));
	socket.on("error", () => {});
	socket.on("data", begun);
	socket.on("close", begun);
	socket.write(bytes.slice(0, cut));
	if (way === "mid-stream") await first;
	await wait((ix * 7) % 60); // spread over the life of an exchange
	if (way === "half-close") socket.end();
	else socket.destroy();
	await closed;
}

const descriptors = (atlas) =>
	atlas.children("front").map(({ pid }) => readdirSync(`/proc/${pid}/fd`).length);

test("a thousand clients leave and nothing of them stays", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 2, conf: { queue: { max_concurrent: 50 } } });
	const before = descriptors(atlas);
	let next = 0;
	const worker = async () => {
		while (next < CLIENTS) await leave(atlas, next++);
	};
	await Promise.all(Array.from({ length: AT_A_TIME }, worker));
	const asked = async () => (await sim.billSummary()).requests;
	// those that leave in mid-stream have for certain; of the others it is a matter of speed
	assert.ok((await asked()) >= CLIENTS / WAYS.length, "many have reached the upstream");
	await until(async () => {
		const rows = await get(atlas, "/monitoring/session-usage/leavers");
		return rows.status === 200 && rows.json.usage.request_count >= (await asked());
	}, { ms: 8000, what: "a row for each that reached the upstream" });
	await until(async () => {
		const { json } = await atlas.ctl("status");
		return Object.values(json.exchanges).every((n) => n === 0);
	}, { what: "no exchange in use" });
	await until(() => {
		const now = descriptors(atlas);
		return now.every((n, ix) => n <= before[ix] + 4); // the ledger and the kept-alive probe
	}, { what: `descriptors as before (${before})` });
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
