// The upstream's limits are kept by waiting, never by its 429s; and who waits goes in order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, ledgerEqualsBill, startAtlas, startSim, until } from "./lib/index.mjs";

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));

/** How many had which status; every refusal must be a queue_timeout with its wait. */
function tally(answers) {
	const refused = answers.filter(({ status }) => status !== 200);
	for (const answer of refused) {
		assert.equal(answer.status, 503, answer.text);
		assert.equal(answer.json.error.code, "queue_timeout");
		assert.match(answer.headers["retry-after"], /^\d+$/);
	}
	return { answered: answers.length - refused.length, refused: refused.length };
}

const queued = async (atlas) => (await atlas.ctl("status")).json.queue_size;

const waits = (atlas, n) =>
	until(async () => (await queued(atlas)) === n, { what: `${n} requests wait` });

async function sentWithout429(sim) {
	const bill = await sim.billSummary();
	assert.equal(bill.by_status["429"] ?? 0, 0, JSON.stringify(bill));
	return bill.requests;
}

test("of 60 at once a limit of 30 lets 30 pass; the rest is told in max_wait", async () => {
	const sim = await startSim({ rpm: 30 });
	const atlas = await startAtlas({
		sim,
		conf: { limits: { requests_per_minute: 30 }, queue: { max_wait: "3s" } },
	});
	const begun = performance.now();
	const answers = await times(60, () => chat(atlas));
	const ms = performance.now() - begun;
	assert.deepEqual(tally(answers), { answered: 30, refused: 30 });
	assert.ok(ms >= 2900 && ms < 6000, `${ms} ms`);
	assert.equal(await sentWithout429(sim), 30);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});

test("who cannot wait hears how long it takes, the headers at most a minute of it", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({
		sim,
		conf: { limits: { requests_per_hour: 1 }, queue: { max_wait: "300ms" } },
	});
	assert.equal((await chat(atlas)).status, 200);
	const late = await chat(atlas);
	assert.equal(late.json.error.code, "queue_timeout", late.text);
	const [, seconds] = /try again in (\d+(?:\.\d+)?)s\.$/.exec(late.json.error.message);
	assert.ok(seconds > 3500 && seconds < 3620, late.text);
	assert.deepEqual([late.headers["retry-after"], late.headers["retry-after-ms"]], ["60", "60000"]);
	assert.equal(await atlas.stop(), 0);
});

test("of a full limit the others leave one for who is urgent", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 200 } } });
	const urgent = () => chat(atlas, { headers: { "X-Atlas-Priority": "urgent" } });
	const used = async () => (await atlas.ctl("status")).json.limits[0].used;
	assert.equal((await urgent()).status, 200);
	const others = times(220, () => chat(atlas));
	await waits(atlas, 220 - 198);
	assert.equal(await used(), 199);
	const [first] = await until(async () => {
		const { queued_requests: all } = (await atlas.ctl("queue")).json.queue;
		return all[0].position === 1 && all;
	}, { what: "they have their places" });
	assert.ok(first.estimated_wait_ms > 10000 && first.reason === "requests", JSON.stringify(first));
	assert.equal((await urgent()).status, 200);
	assert.equal(await used(), 200);
	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.deepEqual(tally(await others), { answered: 220, refused: 0 });
	assert.equal(await atlas.stop(), 0);
});

test("a limit on tokens holds max_tokens back", async () => {
	const sim = await startSim({ tpm: 1000 });
	const atlas = await startAtlas({
		sim,
		conf: { limits: { tokens_per_minute: 1000 }, queue: { max_wait: "2s" } },
	});
	// The simulator uses all it may: nothing comes back when the truth is known.
	const ask = () =>
		chat(atlas, { message: "Hi [[sim prompt=0 tokens=100]]", body: { max_tokens: 100 } });
	assert.deepEqual(tally(await times(15, ask)), { answered: 10, refused: 5 });
	assert.equal(await sentWithout429(sim), 10);
	assert.equal(await atlas.stop(), 0);
});

test("a request beyond the whole limit on tokens is refused at once", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { tokens_per_minute: 100 } } });
	const answer = await chat(atlas, { body: { max_tokens: 101 } });
	assert.equal(answer.status, 413, answer.text);
	assert.equal(answer.json.error.code, "request_too_large");
	assert.equal(await sentWithout429(sim), 0);
	assert.equal(await atlas.stop(), 0);
});

test("who waits goes by priority, however late it came", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({
		sim,
		conf: { limits: { requests_per_minute: 1 }, queue: { max_concurrent: 1 } },
	});
	assert.equal((await chat(atlas)).status, 200);
	const ways = ["low", "normal", "high", "urgent"];
	const asked = [];
	for (const priority of ways) {
		const headers = { "X-Atlas-Priority": priority };
		asked.push(times(2, () => chat(atlas, { message: priority, headers })));
		await waits(atlas, 2 * asked.length);
	}
	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	const priorities = new Map();
	for (const answer of (await Promise.all(asked)).flat()) {
		assert.equal(answer.status, 200, answer.text);
		const why = await atlas.ctl("why", answer.headers["x-atlas-request-id"]);
		const [attempt] = why.json.attempts;
		priorities.set(attempt.upstream_id, attempt.priority.toLowerCase());
	}
	const order = (await sim.bill())
		.filter((line) => line.event === "final" && priorities.has(line.request_id))
		.map((line) => priorities.get(line.request_id));
	assert.deepEqual(order, ways.toReversed().flatMap((way) => [way, way]));
	assert.equal(await atlas.stop(), 0);
});

test("an unknown priority is refused, not guessed", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim });
	const answer = await chat(atlas, { headers: { "X-Atlas-Priority": "soonish" } });
	assert.equal(answer.status, 400, answer.text);
	assert.equal(await sentWithout429(sim), 0);
	assert.equal(await atlas.stop(), 0);
});
