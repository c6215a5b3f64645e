// What a client token may do: its limits hold over any number of fronts, a refusal costs
// nothing, and it says which limit, how much is used, and when to come back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "./lib/audit.mjs";
import { withinRate } from "./lib/envelope.mjs";
import { chat, get, post, request, settled, startAtlas, startSim, until } from "./lib/index.mjs";

const times = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)));

/** An Atlas whose tokens have those limits. */
async function start(client, { workers = 4, sim: simOptions, conf } = {}) {
	const sim = await startSim(simOptions);
	const atlas = await startAtlas({ sim, workers, conf: { client, ...conf } });
	return { sim, atlas };
}

/** A refusal that may be tried again says when, twice in the head and once in words. */
function assertWait(answer) {
	assert.equal(answer.status, 429, answer.text);
	assert.equal(answer.headers["x-should-retry"], "true");
	const ms = Number(answer.headers["retry-after-ms"]);
	assert.ok(ms > 0 && ms <= 60000, answer.headers["retry-after-ms"]);
	assert.equal(Number(answer.headers["retry-after"]), Math.ceil(ms / 1000));
	assert.match(answer.json.error.message, /Please try again in \d+(\.\d+)?m?s\./);
}

test("a rate is one rate over all fronts, and its refusals cost nothing", async () => {
	const { sim, atlas } = await start({ requests_per_minute: 60, burst_percent: 20 });
	const begun = performance.now();
	const answers = await times(60, () => chat(atlas, { fresh: true }));
	const s = (performance.now() - begun) / 1000;
	const passed = answers.filter(({ status }) => status === 200);
	// 60 a minute is one a second, with 12 at once
	assert.ok(passed.length >= 12 && passed.length <= 12 + Math.ceil(s), `${passed.length}`);
	for (const answer of answers.filter(({ status }) => status !== 200)) {
		assertWait(answer);
		assert.equal(answer.json.error.code, "rate_limit_exceeded");
		assert.match(answer.json.error.message, /requests_per_minute .* 60, at most 12 at once .*burst_percent\): 12 /);
		assert.equal(answer.headers["x-ratelimit-limit-requests"], "60");
		assert.equal(answer.headers["x-ratelimit-limit-tokens"], undefined);
		assert.match(answer.headers["x-ratelimit-reset-requests"], /^\d+(\.\d+)?s$/);
	}
	assert.equal((await sim.billSummary()).requests, passed.length);
	const { queue } = (await get(atlas, "/monitoring/queue-status")).json;
	assert.deepEqual([queue.total_refused, queue.refused.rate], [60 - passed.length, 60 - passed.length]);
	// Whoever waits as long as it was told gets through.
	const told = Number(answers.find(({ status }) => status === 429).headers["retry-after-ms"]);
	await until(async () => (await chat(atlas)).status === 200, { ms: told + 13000 });
	assert.equal(await atlas.stop(), 0);
});

test("eight fronts never pass burst + rate x t in any interval", async () => {
	const [perSecond, burst] = [10, 30];
	const client = { requests_per_minute: 60 * perSecond, burst_percent: 5 };
	const { atlas } = await start(client, { workers: 8 });
	const end = performance.now() + 2000;
	const hammer = async () => {
		let passed = 0;
		while (performance.now() < end) {
			const headers = { "X-Atlas-Session": "hammer" };
			const answer = await chat(atlas, { headers, fresh: true });
			assert.ok([200, 429].includes(answer.status), answer.text);
			passed += answer.status === 200;
		}
		return passed;
	};
	const passed = (await times(16, hammer)).reduce((sum, n) => sum + n, 0);
	await settled(atlas, passed);
	const rows = await rowsOf(atlas, ["hammer"]);
	assert.equal(rows.length, passed);
	withinRate(rows.map((row) => Date.parse(row.queued_at)), { perSecond, burst });
	assert.ok(passed >= burst + perSecond, `${passed} of what may be`);
	assert.equal(await atlas.stop(), 0);
});

test("tokens are counted by the estimate and settled by the truth", async () => {
	const { atlas } = await start({ tokens_per_minute: 1000, burst_percent: 10 });
	const ask = (n, tokens) =>
		chat(atlas, { message: `Hi [[sim prompt=10 tokens=${tokens}]]`, body: { max_tokens: n } });
	const large = await ask(1001, 5);
	assert.equal(large.status, 413, large.text);
	assert.equal(large.json.error.code, "request_too_large");
	// Idle since ever: the whole limit at once, of which 20 are used.
	const first = await ask(1000, 10);
	assert.equal(first.status, 200, first.text);
	assert.equal(first.headers["x-ratelimit-limit-tokens"], "1000");
	assert.ok(Number(first.headers["x-ratelimit-remaining-tokens"]) >= 70, "most came back");
	const second = await ask(60, 10);
	assert.equal(second.status, 200, second.text);
	const third = await ask(500, 10);
	assertWait(third);
	assert.equal(third.json.error.type, "tokens");
	assert.equal(await atlas.stop(), 0);
});

test("without max_tokens a request is charged what its model usually writes", async () => {
	const { atlas } = await start({ tokens_per_minute: 20000 });
	const message = "Hi [[sim prompt=10 tokens=20 ttft=100]]";
	const atOnce = async () => {
		const answers = await times(6, () => chat(atlas, { message }));
		return answers.filter(({ status }) => status === 200).length;
	};
	assert.equal(await atOnce(), 1, "nothing is known: all that it may write");
	await until(async () => (await atOnce()) === 6, { what: "what it writes is known" });
	assert.equal(await atlas.stop(), 0);
});

test("no more run at a time than may, whoever answers", async () => {
	const { sim, atlas } = await start({ concurrent: 3 }, { sim: { ttftMs: 300 } });
	const answers = await times(24, () => chat(atlas, { fresh: true }));
	const passed = answers.filter(({ status }) => status === 200);
	assert.ok(passed.length >= 1 && passed.length <= 3, `${passed.length} passed`);
	for (const answer of answers.filter(({ status }) => status !== 200)) assertWait(answer);
	assert.ok((await sim.stats()).max_in_flight <= 3);
	await until(async () => (await chat(atlas)).status === 200, { what: "the hold is dropped" });
	assert.equal(await atlas.stop(), 0);
});

test("a budget is never overspent, however many ask, and outlives Atlas", async () => {
	// Nano-dollars. One of these costs 30,750 and is held at less than 100,000: a token a
	// byte, by the dearest tier. What is left at the end is less than that.
	const budget = 500_000, held = 100_000;
	const client = { budget_day: budget / 1e9, budget_month: 1 };
	const { sim, atlas } = await start(client, { sim: { ttftMs: 20 } });
	const ask = (target) =>
		chat(target, {
			message: "Something to say at some length [[sim prompt=5 tokens=50]]",
			body: { max_tokens: 50 },
			fresh: true,
		});
	const spentUp = async () => {
		const answers = await times(16, () => ask(atlas));
		for (const answer of answers.filter(({ status }) => status !== 200)) {
			assert.equal(answer.status, 429, answer.text);
			assert.match(answer.json.error.message, /budget_day is 0\.0005 USD/);
			const isHeld = answer.json.error.code === "rate_limit_exceeded";
			assert.equal(/renews at 20/.test(answer.json.error.message), !isHeld, "it renews when it is spent");
			if (isHeld) assertWait(answer);
		}
		return answers.every(({ json }) => json.error?.code === "insufficient_quota") && answers[0];
	};
	const refused = await until(spentUp, { ms: 20000, what: "the budget is spent" });
	assert.equal(refused.headers["x-should-retry"], "false");
	assert.equal(refused.headers["retry-after"], undefined);
	const bill = await sim.billSummary();
	assert.ok(bill.cost_nanousd <= budget, `${bill.cost_nanousd}`);
	assert.ok(bill.cost_nanousd > budget - held, `${bill.cost_nanousd}: and it is used`);
	// A front drops what it has held at its next turn, however idle it is.
	const used = async () => (await atlas.ctl("tokens", "list")).json[0].use.budget_day;
	await until(async () => Math.round((await used()) * 1e9) === bill.cost_nanousd, {
		what: "the use is the bill",
	});
	assert.equal(await atlas.stop(), 0);
	const next = await startAtlas({ sim, dataDir: atlas.dataDir, conf: { client } });
	assert.equal((await ask(next)).json.error.code, "insufficient_quota");
	next.configure({ client: { budget_day: 1 } });
	assert.equal((await next.ctl("reload")).code, 0);
	assert.equal((await ask(next)).status, 200, "a reload raises it at once");
	assert.equal(await next.stop(), 0);
});

test("an answer that has come is held at what it cost, not at what it might have", async () => {
	// Until record has written it down. Each costs 30,750 and might have cost some 90,000.
	const [budget, cost, held] = [500_000, 30_750, 100_000];
	const { sim, atlas } = await start({ budget_day: budget / 1e9 }, { conf: { ledger: { commit_interval: "1s" } } });
	const ask = () => chat(atlas, {
		message: "Something to say at some length [[sim prompt=5 tokens=50]]", body: { max_tokens: 50 },
	});
	let n = 0;
	while ((await ask()).status === 200) n++;
	assert.ok(n >= Math.floor((budget - held) / cost), `${n} of what fits`);
	assert.ok((await sim.billSummary()).cost_nanousd <= budget);
	assert.equal(await atlas.stop(), 0);
});

test("what may cost more than a whole budget is told that it never fits", async () => {
	const { sim, atlas } = await start({ budget_day: 0.0005, budget_month: 1 });
	const ask = (n) => chat(atlas, { message: "Hi [[sim tokens=5]]", body: { max_tokens: n } });
	const refused = await ask(100_000);
	assert.equal(refused.status, 413, refused.text);
	assert.deepEqual([refused.json.error.code, refused.json.error.type], ["request_too_large", "budget"]);
	assert.match(refused.json.error.message, /budget_day of 0\.0005 USD/);
	assert.doesNotMatch(refused.json.error.message, /renews|try again/);
	assert.equal(refused.headers["retry-after"], undefined);
	assert.equal((await get(atlas, "/monitoring/queue-status")).json.queue.refused.budget, 1);
	assert.equal((await sim.stats()).requests, 0);
	assert.equal((await ask(50)).status, 200, "a smaller one fits");
	assert.equal(await atlas.stop(), 0);
});

test("a budget counts however many tokens have come and gone this month", async () => {
	const TOKENS = 4, STARTS = 4; // room for three starts' in what was made for so few
	const sim = await startSim();
	let dataDir;
	for (let start = 0; start < STARTS; start++) {
		const atlas = await startAtlas({ sim, workers: 1, dataDir, conf: { server: { max_clients: TOKENS + 1 } } });
		({ dataDir } = atlas);
		const names = Array.from({ length: TOKENS }, (_, i) => `start-${start}-${i}`);
		for (const name of names) {
			const made = await post(atlas, "/admin/tokens", { role: "chat", name, budget_day: 1 });
			assert.equal(made.status, 201, made.text);
			assert.equal((await chat(atlas, { token: made.json.token })).status, 200);
		}
		await settled(atlas, (start + 1) * TOKENS);
		for (const name of names) {
			const used = async () => (await get(atlas, "/admin/tokens")).json.data.find((token) => token.name === name).use.budget_day > 0;
			await until(used, { what: `what ${name} has spent` });
			assert.equal((await request(atlas, { method: "DELETE", path: `/admin/tokens/${name}` })).status, 200);
		}
		assert.equal(await atlas.stop(), 0);
	}
});

test("a killed front's holds go with its channel", async () => {
	const { sim, atlas } = await start(
		{ concurrent: 2 },
		{ workers: 2, sim: { ttftMs: 400 }, conf: { server: { reset_window: 0 } } },
	);
	const lost = times(2, () => chat(atlas, { fresh: true }).catch(() => "broken"));
	await until(async () => (await sim.stats()).in_flight === 2, { what: "both run" });
	for (const { pid } of atlas.children("front")) atlas.kill(pid);
	await lost;
	await atlas.ready();
	await until(
		async () => {
			const answers = await times(2, () => chat(atlas, { fresh: true }));
			return answers.every(({ status }) => status === 200);
		},
		{ ms: 10000, what: "two run at a time again" },
	);
	assert.equal(await atlas.stop(), 0);
});

test("a token is shown the models that it may use, and no other", async () => {
	const { atlas } = await start({});
	const created = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "few", "--models", "gpt-4o*,o3");
	assert.equal(created.code, 0, created.stdout);
	const few = { token: created.json.token };
	const listed = async (options) =>
		(await get(atlas, "/v1/models", options)).json.data.map(({ id }) => id);
	const chats = async (options) =>
		(await get(atlas, "/chat/models", options)).json.models.map(({ id }) => id);
	const all = await listed();
	const isFor = (id) => id.startsWith("gpt-4o") || id === "o3";
	const some = all.filter(isFor);
	assert.ok(all.includes("gpt-4.1") && some.length > 2 && some.includes("o3"), `${all}`);
	await until(async () => (await get(atlas, "/v1/models", few)).status === 200, { what: "the token is known" });
	assert.deepEqual(await listed(few), some);
	assert.deepEqual(await chats(few), (await chats()).filter(isFor));
	for (const id of ["gpt-4o", "gpt-4o-2024-08-06", "o3"])
		assert.equal((await get(atlas, `/v1/models/${id}`, few)).json.id, id);
	const hidden = await get(atlas, "/v1/models/gpt-4.1", few);
	assert.deepEqual([hidden.status, hidden.json.error.code], [404, "model_not_found"]);
	assert.equal((await get(atlas, "/v1/models/gpt-4.1")).status, 200);
	atlas.configure({ client: { models: "o3" } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.deepEqual([await listed(), await listed(few)], [["o3"], some]);
	assert.equal(await atlas.stop(), 0);
});

test("what a token may not do is refused by name, and goes nowhere", async () => {
	const { sim, atlas } = await start({
		models: "gpt-4o*",
		max_tokens: 50,
		max_prompt: 100,
		priority: "normal",
		deny: "credit card, IBAN",
	});
	const body = { max_tokens: 50 };
	const cases = [
		[{ model: "o3", body }, 403, "model_not_allowed"],
		[{ body: { max_tokens: 51 } }, 400, "invalid_value"],
		[{}, 400, "invalid_value"],
		[{ message: "x".repeat(101), body }, 413, "request_too_large"],
		[{ headers: { "X-Atlas-Priority": "high" }, body }, 403, "priority_not_allowed"],
		[{ message: "My Credit Card is", body }, 400, "phrase_denied"],
	];
	for (const [options, status, code] of cases) {
		const answer = await chat(atlas, options);
		assert.equal(answer.status, status, answer.text);
		assert.equal(answer.json.error.code, code);
		if (code === "model_not_allowed") assert.match(answer.json.error.message, /gpt-4o\*/);
	}
	assert.equal((await sim.billSummary()).requests, 0);
	assert.equal((await chat(atlas, { body })).status, 200);
	atlas.configure({ client: { models: "o3", priority: "low" } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal((await chat(atlas, { body })).json.error.code, "model_not_allowed");
	const answer = await chat(atlas, { model: "o3", body });
	assert.equal(answer.status, 200, answer.text);
	const why = await atlas.ctl("why", answer.headers["x-atlas-request-id"]);
	assert.equal(why.json.attempts[0].priority, "LOW", "lowered, since it named none");
	assert.equal(await atlas.stop(), 0);
});
