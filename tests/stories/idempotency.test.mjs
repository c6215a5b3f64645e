// Idempotency-Key: who asks again gets the answer there is, and the upstream is called once.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import {
	chat,
	get,
	leaks,
	ledgerEqualsBill,
	startAtlas,
	startSim,
	until,
	usage,
} from "./lib/index.mjs";
import { open, read } from "./lib/http.mjs";
import { portsOf } from "./lib/proc.mjs";

const KEY = "idempotency-key";
const REPLAY = "x-atlas-idempotent-replay";

let n = 0;
const aKey = () => ({ [KEY]: `story-${++n}` });

const idOf = ({ headers }) => headers["x-atlas-request-id"];

/** The raw bytes of an answer, whole or streamed. */
function ask(atlas, { headers, message = "Say hello", stream = false, token, fresh, signal }) {
	const body = {
		model: "gpt-4o-mini",
		messages: [{ role: "user", content: message }],
		...(stream && { stream: true, stream_options: { include_usage: true } }),
	};
	return open(atlas, {
		method: "POST", path: "/v1/chat/completions", headers, body, token, fresh, signal,
	});
}

/** The outcomes of its attempts, once all are settled. */
const outcomes = (atlas, id) =>
	until(async () => {
		const { attempts } = (await atlas.ctl("why", id)).json;
		return attempts.every(({ outcome }) => outcome !== "open") &&
			attempts.map(({ outcome }) => outcome);
	}, { what: `${id} is settled` });

const answer = async (...args) => read(await ask(...args));

describe("a key", { concurrency: true }, () => {
	let sim, atlas;

	before(async () => {
		sim = await startSim({ ttftMs: 20, tokensPerSecond: 200 });
		atlas = await startAtlas({ sim, workers: 2, conf: { retry: { max_retries: 0 } } });
	});

	after(async () => {
		await ledgerEqualsBill(atlas, sim);
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	/** How often the upstream has seen a request with that text. */
	async function calls(...ids) {
		const bill = await sim.bill();
		const seen = bill.filter(({ x_client_request_id: id }) => ids.includes(id));
		return new Set(seen.map(({ request_id: id }) => id)).size;
	}

	for (const stream of [false, true])
		test(`twice in a row: the same ${stream ? "events" : "bytes"}, asked for once`, async () => {
			const how = { headers: aKey(), stream, message: "Twice [[sim tokens=30]]" };
			const first = await answer(atlas, how);
			assert.equal(first.status, 200, first.text);
			assert.equal(first.headers[REPLAY], undefined);
			const again = await answer(atlas, how);
			assert.equal(again.status, 200, again.text);
			assert.equal(again.headers[REPLAY], "true");
			assert.equal(again.headers["content-type"], first.headers["content-type"]);
			assert.equal(again.text, first.text);
			assert.equal(idOf(again), idOf(first), "it is named after what was sent");
			assert.equal(again.headers["x-atlas-cost-usd"], first.headers["x-atlas-cost-usd"]);
			assert.equal(await calls(idOf(first)), 1);
		});

	for (const stream of [false, true])
		test(`at the same time: ${stream ? "events" : "bytes"} for all, asked for once`, async () => {
			const how = { headers: aKey(), stream, message: "Together [[sim tokens=60]]" };
			const early = Array.from({ length: 4 }, () => answer(atlas, { ...how, fresh: true }));
			const first = await early[0];
			const all = await Promise.all([...early, answer(atlas, how)]);
			assert.deepEqual(all.map(({ status }) => status), Array(5).fill(200));
			assert.deepEqual(all.map(({ text }) => text), Array(5).fill(first.text));
			assert.equal(all.filter(({ headers }) => headers[REPLAY] === "true").length, 4);
			assert.equal(new Set(all.map(idOf)).size, 1);
			assert.equal(await calls(idOf(first)), 1);
		});

	test("another body under it is refused", async () => {
		const headers = aKey();
		assert.equal((await answer(atlas, { headers })).status, 200);
		for (const other of [{ message: "Other" }, { stream: true }]) {
			const refused = await answer(atlas, { headers, ...other });
			assert.equal(refused.status, 409, refused.text);
			assert.equal(refused.json.error.code, "idempotency_key_reused");
			assert.equal(refused.headers["x-should-retry"], "false");
		}
	});

	test("of another client is another key", async () => {
		const headers = aKey();
		const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "other");
		const first = await answer(atlas, { headers });
		const other = await answer(atlas, { headers, token: made.json.token, message: "Other" });
		assert.equal(other.status, 200, other.text);
		assert.equal(other.headers[REPLAY], undefined);
		assert.equal(await calls(idOf(first), idOf(other)), 2);
	});

	test("that is empty or endless is refused", async () => {
		for (const key of ["", "k".repeat(256)])
			assert.equal((await answer(atlas, { headers: { [KEY]: key } })).status, 400);
		assert.equal((await answer(atlas, { headers: { [KEY]: "k".repeat(255) } })).status, 200);
	});

	test("does not keep an answer larger than its pipe from anybody", async () => {
		const how = { headers: aKey(), message: "Much [[sim tokens=40000 tps=0]]" };
		const first = await answer(atlas, how);
		const again = await answer(atlas, how);
		assert.ok(first.text.length > 128 * 1024, String(first.text.length));
		assert.equal(again.text, first.text);
		assert.equal(again.headers[REPLAY], "true");
	});

	test("goes on when its client leaves, who then gets all of it", async () => {
		const how = { headers: aKey(), stream: true, message: "Leave [[sim tokens=100]]" };
		const leave = new AbortController();
		const first = await ask(atlas, { ...how, fresh: true, signal: leave.signal });
		await new Promise((resolve) => first.once("data", resolve));
		first.on("error", () => {});
		leave.abort();
		const again = await answer(atlas, how);
		assert.match(again.text, /data: \[DONE\]\n\n$/);
		assert.match(again.text, /"finish_reason":"length"|"finish_reason":"stop"/);
		assert.equal(again.headers[REPLAY], "true");
		assert.equal(await calls(first.headers["x-atlas-request-id"]), 1);
		assert.deepEqual(await outcomes(atlas, idOf(again)), ["settled_usage"]);
	});
});

test("an error ends all who wait for it, and is not kept", async () => {
	const sim = await startSim({ ttftMs: 200 });
	const atlas = await startAtlas({ sim, workers: 2, conf: { retry: { max_retries: 0 } } });
	for (const [mode, status] of [["500", 502], ["400", 400], ["die-after-read", 502]]) {
		const how = { headers: aKey(), message: `Fail by ${mode}` };
		await sim.weather({ mode, count: 1 });
		const all = await Promise.all(
			Array.from({ length: 3 }, () => answer(atlas, { ...how, fresh: true })));
		assert.deepEqual(all.map((one) => one.status), Array(3).fill(status), all[0].text);
		assert.equal(new Set(all.map(({ text }) => text)).size, 1);
		const again = await answer(atlas, how);
		assert.equal(again.status, 200, again.text);
		assert.equal(again.headers[REPLAY], undefined);
	}
	assert.equal((await sim.stats()).requests, 6);
	assert.equal(await atlas.stop(), 0);
});

test("who waits takes over when the first is cancelled in the queue", async () => {
	const sim = await startSim({ ttftMs: 10, tokensPerSecond: 100 });
	const atlas = await startAtlas({ sim, workers: 2, conf: { queue: { max_concurrent: 1 } } });
	const [unblock, leave] = [new AbortController(), new AbortController()];
	const blocks = chat(atlas, {
		message: "First [[sim tokens=900 tps=10]]", fresh: true, signal: unblock.signal,
	}).catch(() => "left");
	const queued = async () => (await atlas.ctl("status")).json.exchanges;
	await until(async () => (await sim.stats()).requests === 1, { what: "one blocks" });
	const how = { headers: aKey(), message: "Behind it", fresh: true };
	const first = ask(atlas, { ...how, signal: leave.signal }).catch(() => "left");
	await until(async () => (await queued()).queued === 1, { what: "the first waits" });
	const others = [answer(atlas, how), answer(atlas, how)];
	await until(async () => (await queued()).queued === 3, { what: "all wait" });
	leave.abort();
	assert.equal(await first, "left");
	await until(async () => (await queued()).queued === 2, { what: "the first has gone" });
	unblock.abort();
	assert.equal(await blocks, "left");
	const all = await Promise.all(others);
	assert.deepEqual(all.map(({ status }) => status), [200, 200]);
	assert.equal(all[0].text, all[1].text);
	assert.equal(all.filter(({ headers }) => headers[REPLAY] === "true").length, 1);
	assert.equal((await sim.stats()).requests, 2);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("a front dies in mid-stream: the client asks again and gets all, paid once", async () => {
	const sim = await startSim({ ttftMs: 20, tokensPerSecond: 100 });
	const atlas = await startAtlas({ sim, workers: 2 });
	for (const stream of [true, false]) {
		const how = { headers: aKey(), stream, message: `Die ${stream} [[sim tokens=100]]` };
		const before = (await sim.stats()).requests;
		// Who will serve it is found out before, so that it dies well before the answer ends.
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		const target = { port: atlas.port, token: atlas.token, agent };
		assert.equal((await get(target, "/healthz")).status, 200);
		const [[{ localPort }]] = Object.values(agent.freeSockets);
		const front = atlas.children("front")
			.find(({ pid }) => portsOf(pid, atlas.port).has(localPort));
		const first = ask(target, how);
		const broken = first.then((answer) => read(answer)).catch(() => "broken");
		const isOn = async () => (await sim.stats()).requests === before + 1;
		await until(isOn, { what: "it is sent" });
		if (stream) assert.equal((await first).statusCode, 200);
		atlas.kill(front.pid);
		assert.equal(await broken, "broken");
		const again = await answer(atlas, { ...how, fresh: true });
		assert.equal(again.status, 200, again.text);
		assert.equal(again.headers[REPLAY], "true");
		assert.match(again.text, stream ? /data: \[DONE\]\n\n$/ : /"usage"/);
		assert.equal((await sim.stats()).requests, before + 1);
		assert.deepEqual(await outcomes(atlas, idOf(again)), ["settled_usage"]);
	}
	await ledgerEqualsBill(atlas, sim);
	assert.equal((await usage(atlas)).request_count, 2);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
