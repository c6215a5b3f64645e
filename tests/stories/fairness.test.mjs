// Many clients at once: no front has much more than its share of them.

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { get, startAtlas, startSim, until } from "./lib/index.mjs";
import { portsOf } from "./lib/proc.mjs";

const CLIENTS = Number(process.env.FAIRNESS_CLIENTS ?? 64);
const FRONTS = 4;
const ROUNDS = 3;

/** Clients who connect and stay: their ports, and how to let them go. */
async function crowd(t, port) {
	const sockets = Array.from({ length: CLIENTS }, () => net.connect(port, "127.0.0.1"));
	t.after(() => sockets.forEach((s) => s.destroy()));
	await Promise.all(sockets.map((s) => new Promise((up, down) => s.on("connect", up).on("error", down))));
	return { ports: sockets.map((s) => s.localPort), leave: () => sockets.forEach((s) => s.destroy()) };
}

/** How many of these clients each front holds. */
const held = (atlas, ports) => atlas.children("front").map(({ pid }) => {
	const own = portsOf(pid, atlas.port);
	return ports.filter((port) => own.has(port)).length;
});
const sum = (list) => list.reduce((a, b) => a + b, 0);

/** Once they hold so many of them. */
const settled = (atlas, ports, n) => until(() => {
	const share = held(atlas, ports);
	return sum(share) === n && share;
}, { ms: 20000, what: `${n} are held` });

/** Once all of them take clients. */
const everyFront = (atlas) => until(async () => {
	const { json } = await atlas.ctl("status");
	return json.processes.filter(({ role, state }) => role === "front" && state === "ready").length === FRONTS;
}, { ms: 20000, what: "every front is ready" });

const isFair = (share) => assert.ok(Math.max(...share) <= (2 * sum(share)) / FRONTS, `${share}`);

test(`${CLIENTS} connections at once over ${FRONTS} fronts`, async (t) => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: FRONTS, conf: { server: { header_timeout: "120s" } } });
	const spreads = [];
	await everyFront(atlas);
	for (let i = 0; i < ROUNDS; i++) {
		const { ports, leave } = await crowd(t, atlas.port);
		const share = await settled(atlas, ports, CLIENTS);
		spreads.push(share);
		isFair(share);
		leave();
		await settled(atlas, ports, 0);
	}
	console.log(`held by each front: ${spreads.map((share) => share.join("+")).join(", ")}`);
	// one that starts anew gets its part of those who come then
	const first = await crowd(t, atlas.port);
	await settled(atlas, first.ports, CLIENTS);
	atlas.kill(atlas.children("front")[0].pid);
	await everyFront(atlas);
	const second = await crowd(t, atlas.port);
	const ports = [...first.ports, ...second.ports];
	const left = sum(held(atlas, first.ports));
	const share = await settled(atlas, ports, left + CLIENTS);
	console.log(`one anew: ${share.join("+")}`);
	isFair(share);
	assert.ok(Math.min(...share) >= CLIENTS / FRONTS / 2, `${share}`);
	first.leave();
	second.leave();
	assert.equal(await atlas.stop(), 0);
});
