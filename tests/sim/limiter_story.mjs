// The limits that the simulator keeps; tests/stories/sim.test.mjs runs them with the rest.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ask, post, start, until, wholeReply } from "./client.mjs";

describe("the limiter", () => {
	test("of 200 requests at once exactly 50 pass 50 a minute", async () => {
		const sim = await start("--rpm", "50");
		const replies = await Promise.all(
			Array.from({ length: 200 }, () => post(sim, ask("x"))),
		);
		const bodies = await Promise.all(replies.map((r) => r.json()));
		assert.equal(replies.filter((r) => r.status === 200).length, 50);
		const refused = replies.findIndex((r) => r.status === 429);
		const { error } = bodies[refused];
		assert.match(
			error.message,
			/^Rate limit reached for gpt-4o-mini in organization org-sim on requests per min \(RPM\): Limit 50, Used 50, Requested 1\. Please try again in (1m0s|59(\.\d+)?s)\. /,
		);
		assert.deepEqual(
			[error.type, error.param, error.code],
			["requests", null, "rate_limit_exceeded"],
		);
		const h = replies[refused].headers;
		assert.equal(h.get("x-ratelimit-remaining-requests"), "0");
		assert.ok(Number(h.get("retry-after")) * 1000 >= Number(h.get("retry-after-ms")));
		const [key] = (await sim.admin("GET", "/stats")).limiter.keys;
		assert.deepEqual([key.max_requests, key.violations, key.requests], [50, 150, 50]);
		await sim.stop();
	});

	test("tokens count max(max_tokens, characters / 4), and each key has its own log", async () => {
		const sim = await start("--tpm", "1000");
		const send = (body, key = "sk-one") =>
			post(sim, body, { authorization: `Bearer ${key}` });
		assert.equal((await send(ask("[[sim tokens=1]]", { max_tokens: 600 }))).status, 200);
		const r = await send(ask("x", { max_tokens: 500 }));
		assert.equal(r.headers.get("x-ratelimit-remaining-tokens"), "400");
		assert.match(
			(await r.json()).error.message,
			/tokens per min \(TPM\): Limit 1000, Used 600, Requested 500\. Please/,
		);
		assert.equal((await send(ask("x", { max_tokens: 500 }), "sk-two")).status, 200);
		const large = await send(ask("x".repeat(4004)));
		assert.match(
			(await large.json()).error.message,
			/^Request too large for gpt-4o-mini .*Limit 1000, Requested 1001\./,
		);
		assert.equal(large.headers.get("retry-after"), null);
		assert.equal((await send(ask("x".repeat(1600)))).status, 200);
		await sim.stop();
	});

	test("what turns out larger than it was counted is counted larger", async () => {
		const sim = await start("--tpm", "1000");
		await wholeReply(sim, ask("[[sim tokens=900 prompt=50]]"));
		const [key] = (await sim.admin("GET", "/stats")).limiter.keys;
		assert.deepEqual([key.tokens, key.max_true_tokens], [950, 950]);
		await sim.stop();
	});

	test("limits can be changed while it runs, and co-tenants eat from them", async () => {
		const sim = await start("--rpm", "1");
		await wholeReply(sim, ask("x"));
		assert.equal((await post(sim, ask("x"))).status, 429);
		await sim.admin("POST", "/limits", { rpm: 100, cotenant_rpm: 60000 });
		await until(
			"the co-tenants have filled it",
			async () => (await post(sim, ask("x"))).status === 429,
		);
		const [key] = (await sim.admin("GET", "/stats")).limiter.keys;
		assert.equal(key.requests, 100);
		assert.ok(key.max_requests < 100, "their requests are not ours");
		await sim.stop();
	});
});
