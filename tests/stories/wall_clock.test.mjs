// The wall clock may jump as it likes, also across a restart: nobody gets a token for it,
// and nobody loses one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, get, startAtlas, startSim, until, usage } from "./lib/index.mjs";
import { startWall } from "./lib/wall.mjs";

const HOUR = 3600;
const DAY = 24 * HOUR;

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));

async function limits(atlas) {
	const answer = await get(atlas, "/monitoring/rate-limits");
	assert.equal(answer.status, 200, answer.text);
	return answer.json.rate_limits;
}

/** How many of n get an answer; the others hear that their time is over. */
async function answered(atlas, n) {
	const answers = await times(n, () => chat(atlas, { message: "Hi [[sim tokens=3]]" }));
	for (const { status, text } of answers) assert.ok([200, 503].includes(status), text);
	return answers.filter(({ status }) => status === 200).length;
}

test("jumps of the wall by an hour or a day give no tokens and take none", async () => {
	const sim = await startSim();
	const wall = startWall();
	const conf = {
		limits: { requests_per_hour: 12 },
		queue: { max_wait: "4s" },
		stabilization: { minutes: 15, max_backoff: "50ms" },
	};
	let atlas = await startAtlas({ sim, conf, env: wall.env });
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal(await answered(atlas, 1), 1);
	let used = 2; // with the one that was told to slow down
	const same = async (what) => {
		const seen = await limits(atlas);
		assert.equal(seen.requests_per_hour, used, what);
		assert.equal(seen.stabilization_state, "hold", what);
		const left = seen.stabilization_remaining_seconds;
		assert.ok(left > 840 && left <= 900, `${what}: ${left} s`);
	};
	for (const jump of [HOUR, -HOUR, DAY, -DAY]) {
		wall.shift(jump);
		await same(`after ${jump} s`);
		assert.equal(await answered(atlas, 1), 1, `one more after ${jump} s`);
		used += 1;
	}
	for (const jump of [-DAY, DAY]) {
		assert.equal(await atlas.stop(), 0);
		wall.shift(jump);
		atlas = await startAtlas({ sim, conf, env: wall.env, dataDir: atlas.dataDir });
		await same(`a restart at ${jump} s`);
	}
	await sim.clearWeather();
	assert.equal((await sim.stats()).requests, used);
	assert.equal(await atlas.stop(), 0);
});

test("a limit that is used up stays so, wherever the wall stands", async () => {
	const sim = await startSim();
	const wall = startWall();
	const conf = {
		limits: { requests_per_minute: 5, requests_per_hour: 5 },
		queue: { max_wait: "200ms" },
	};
	let atlas = await startAtlas({ sim, conf, env: wall.env });
	assert.equal(await answered(atlas, 8), 5);
	for (const jump of [HOUR, DAY, -DAY]) {
		wall.shift(jump);
		assert.equal(await answered(atlas, 2), 0, `after ${jump} s`);
	}
	assert.equal(await atlas.stop(), 0);
	wall.shift(DAY);
	atlas = await startAtlas({ sim, conf, env: wall.env, dataDir: atlas.dataDir });
	assert.equal(await answered(atlas, 2), 0, "a restart a day ahead");
	assert.equal((await sim.stats()).requests, 5);
	assert.equal(await atlas.stop(), 0);
});

test("the rows of a period are those of its sums, wherever the wall stood", async () => {
	const sim = await startSim();
	const wall = startWall();
	const atlas = await startAtlas({ sim, env: wall.env });
	const rows = async (query) => {
		const { text } = await get(atlas, `/monitoring/export?format=jsonl&${query}`);
		return text.split("\n").filter(Boolean).length;
	};
	let asked = 0;
	for (const jump of [0, -HOUR, DAY, 0, -HOUR]) {
		wall.shift(jump);
		assert.equal(await answered(atlas, 3), 3);
		asked += 3;
		const all = async () => (await usage(atlas, 8760)).request_count === asked;
		await until(all, { what: `${asked} requests in the ledger` });
		for (const hours of [1, 24, 8760]) {
			const { attempt_count: n } = await usage(atlas, hours);
			const what = `${hours} hours at ${jump} s`;
			assert.equal(await rows(`hours=${hours}`), n, what);
			assert.equal(await rows(`hours=${hours}&newest=100`), n, what);
		}
	}
	assert.equal((await atlas.ctl("verify")).code, 0);
	assert.equal(await atlas.stop(), 0);
});

test("a wall far ahead takes no rows with it, whoever dies or starts meanwhile", async () => {
	const sim = await startSim();
	const wall = startWall();
	const conf = { ledger: { keep_rows: "1h", keep_minutes: "3h", keep_hours: "48h" } };
	let atlas = await startAtlas({ sim, conf, env: wall.env });
	let asked = 0;
	const askAndCount = async (n) => {
		assert.equal(await answered(atlas, n), n);
		asked += n;
		// What is to be taken out is, before what came is counted.
		await until(async () => (await usage(atlas, 8760)).request_count === asked, { what: `${asked} are counted` });
	};
	await askAndCount(4);
	wall.shift(40 * DAY);
	await askAndCount(2);
	const [{ pid }] = atlas.children("record");
	atlas.kill(pid);
	await until(() => atlas.children("record").some((child) => child.pid !== pid), { what: "another record" });
	await askAndCount(1);
	assert.equal(await atlas.stop(), 0);
	atlas = await startAtlas({ sim, conf, env: wall.env, dataDir: atlas.dataDir });
	await askAndCount(1);
	const { json } = await atlas.ctl("verify");
	assert.deepEqual([json.rows, json.pruned_rows], [asked, 0]);
	assert.equal(await atlas.stop(), 0);
});

test("what a session came to is told when its rows are taken out", async () => {
	const sim = await startSim();
	const wall = startWall();
	const MINUTE = 60; // steps of less than an hour are no leap
	const conf = { ledger: { keep_rows: "1h" } };
	const ask = async (atlas, session) =>
		assert.equal((await chat(atlas, { message: "Hi [[sim tokens=3]]", headers: { "X-Atlas-Session": session } })).status, 200);
	wall.shift(-100 * MINUTE);
	let atlas = await startAtlas({ sim, conf, env: wall.env });
	for (let i = 0; i < 2; i++) await ask(atlas, "tour");
	assert.equal(await atlas.stop(), 0);
	wall.shift(-50 * MINUTE);
	atlas = await startAtlas({ sim, conf, env: wall.env, dataDir: atlas.dataDir });
	await ask(atlas, "later");
	await until(async () => (await usage(atlas, 8760)).request_count === 3, { what: "record has seen this wall" });
	const told = async () => (await get(atlas, "/monitoring/session-usage/tour")).json;
	const before = await told();
	wall.shift(0);
	await until(async () => (await atlas.ctl("verify")).json.pruned_rows === 2, { what: "old rows are taken out" });
	const after = await told();
	assert.deepEqual([before.requests.length, after.requests.length], [2, 0]);
	assert.deepEqual(after.usage, before.usage);
	assert.equal(after.known, true);
	const { by_session: listed } = (await get(atlas, "/monitoring/cost-breakdown")).json;
	assert.deepEqual(listed.map(({ session_id, request_count }) => [session_id, request_count]), [["tour", 2], ["later", 1]]);
	assert.deepEqual((await atlas.ctl("session", "tour")).json.usage, before.usage);
	assert.equal((await atlas.ctl("verify")).code, 0);
	assert.equal(await atlas.stop(), 0);
});

test("a budget of a day is what was spent in it, wherever the wall has been meanwhile", async () => {
	const sim = await startSim();
	const wall = startWall();
	const atlas = await startAtlas({ sim, env: wall.env });
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "saver", "--budget-day", "1", "--budget-month", "2");
	const message = "Hi [[sim prompt=20 cached=0 tokens=5]]";
	const COST = 6000; // nano-dollars
	const spend = () => chat(atlas, { token: made.json.token, message, fresh: true });
	const used = (n, what) =>
		until(async () => {
			const tokens = (await get(atlas, "/admin/tokens")).json.data;
			const { use } = tokens.find(({ name }) => name === "saver");
			return Math.round(use.budget_day * 1e9) === n * COST;
		}, { what });
	for (let n = 1; n <= 2; n++) {
		assert.equal((await spend()).status, 200);
		await used(n, `${n} in the first day`);
	}
	wall.shift(DAY);
	await used(0, "the next day begins with nothing");
	assert.equal((await spend()).status, 200);
	await used(1, "one in the next day");
	wall.shift(0);
	await used(2, "two in the first day, again");
	assert.equal((await spend()).status, 200);
	await used(3, "three in the first day");
	wall.shift(DAY);
	await used(1, "one in the next day, again");
	assert.equal(await atlas.stop(), 0);
});
