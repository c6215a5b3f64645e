// The simulator itself, seen from its sockets: it judges Atlas, so it is judged first.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import {
	ask,
	eventsOf,
	httpPost,
	lastLines,
	post,
	raw,
	root,
	start,
	stopAll,
	streamed,
	textOf,
	until,
	wholeReply,
} from "../sim/client.mjs";
import "../sim/endpoints_story.mjs";
import "../sim/http_story.mjs";
import "../sim/limiter_story.mjs";
import "../sim/weather_story.mjs";

const scratch = mkdtempSync(path.join(tmpdir(), "sim-"));

after(async () => {
	await stopAll();
	rmSync(scratch, { recursive: true });
});

// pico-dollars a token, from the simulator's own list
const prices = new Map(
	[
		...readFileSync(path.join(root, "tests/sim/prices.def"), "utf8").matchAll(
			/^MODEL\("(\S+)",\s+"(\S+)",\s+(\w+),\s+(\d+),\s+(\d+),\s+(\d+),/gm,
		),
	].map(([, name, served, use, input, cached, output]) => [
		name,
		{ served, use, input: +input, cached: +cached, output: +output },
	]),
);

const costOf = (model, u) => {
	const p = prices.get(model);
	const cached = u.prompt_tokens_details.cached_tokens;
	const pico =
		(u.prompt_tokens - cached) * p.input +
		cached * p.cached +
		u.completion_tokens * p.output;
	return Math.round(pico / 1000);
};

// ---- good weather -------------------------------------------------------------------

describe("replies", () => {
	let sim;
	before(
		async () =>
			(sim = await start(
				"--rpm",
				"10000",
				"--tpm",
				"9000000",
				"--api-key",
				"sk-one",
				"--api-key",
				"sk-canary",
			)),
	);
	after(() => sim.stop());

	test("a whole reply has OpenAI's shape and headers", async () => {
		const r = await post(sim, ask("hello"));
		const body = await r.json();
		assert.equal(r.status, 200);
		assert.match(body.id, /^chatcmpl-/);
		assert.equal(body.object, "chat.completion");
		assert.equal(body.model, "gpt-4o-mini-2024-07-18");
		assert.equal(body.service_tier, "default");
		assert.match(body.system_fingerprint, /^fp_[0-9a-f]{10}$/);
		assert.ok(Math.abs(body.created - Date.now() / 1000) < 5);
		const [choice] = body.choices;
		assert.deepEqual(
			[
				choice.index,
				choice.logprobs,
				choice.finish_reason,
				choice.message.role,
				choice.message.refusal,
			],
			[0, null, "stop", "assistant", null],
		);
		assert.ok(choice.message.content.length > 10);
		const u = body.usage;
		assert.equal(u.total_tokens, u.prompt_tokens + u.completion_tokens);
		assert.ok(u.prompt_tokens_details.cached_tokens <= u.prompt_tokens);
		assert.ok(u.completion_tokens_details.reasoning_tokens <= u.completion_tokens);
		assert.match(r.headers.get("x-request-id"), /^req_[0-9a-f]{32}$/);
		assert.match(r.headers.get("openai-processing-ms"), /^\d+$/);
		assert.equal(r.headers.get("openai-organization"), "org-sim");
		assert.equal(r.headers.get("openai-version"), "2020-10-01");
		assert.equal(r.headers.get("x-ratelimit-limit-requests"), "10000");
		assert.match(r.headers.get("x-ratelimit-remaining-tokens"), /^\d+$/);
		assert.match(r.headers.get("x-ratelimit-reset-requests"), /^(1m0s|59(\.\d{1,3})?s)$/);
	});

	test("a stream has the role first, usage last, null usage between and [DONE]", async () => {
		const r = await post(sim, ask("hello", streamed));
		assert.equal(r.headers.get("content-type"), "text/event-stream; charset=utf-8");
		const events = eventsOf(await r.text());
		assert.equal(events.pop(), "[DONE]");
		const last = events.pop();
		assert.deepEqual(last.choices, []);
		assert.equal(
			last.usage.total_tokens,
			last.usage.prompt_tokens + last.usage.completion_tokens,
		);
		assert.ok(
			events.every(
				(e) =>
					e.object === "chat.completion.chunk" &&
					e.usage === null &&
					e.id === last.id,
			),
		);
		assert.deepEqual(events[0].choices[0].delta, {
			role: "assistant",
			content: "",
			refusal: null,
		});
		assert.deepEqual(events.at(-1).choices[0], {
			index: 0,
			delta: {},
			logprobs: null,
			finish_reason: "stop",
		});
		assert.ok(events.slice(0, -1).every((e) => e.choices[0].finish_reason === null));
	});

	test("a stream that did not ask for usage has none, not even null", async () => {
		const text = await (await post(sim, ask("hello", { stream: true }))).text();
		assert.doesNotMatch(text, /usage/);
		assert.match(text, /data: \[DONE\]\n\n$/);
	});

	test("whole and streamed say the same and cost the same", async () => {
		for (const content of ["one", "two", "Grüße, 世界 🙂", "four ".repeat(500)]) {
			const whole = await wholeReply(sim, ask(content));
			const events = eventsOf(await (await post(sim, ask(content, streamed))).text());
			assert.equal(textOf(events.slice(0, -2)), whole.choices[0].message.content);
			assert.deepEqual(events.at(-2).usage, whole.usage);
		}
	});

	test("texts bring UTF-8 and markdown along", async () => {
		const body = await wholeReply(sim, ask("[[sim tokens=4000]]"));
		const text = body.choices[0].message.content;
		assert.equal(body.usage.completion_tokens, 4000);
		assert.match(text, /日本/);
		assert.match(text, /\u{1f680}/u);
		assert.match(text, /\n\n## /);
		assert.match(text, /"quoted"/);
	});

	test("max_tokens bounds a reply and finish_reason says so", async () => {
		for (const limit of [
			{ max_tokens: 7 },
			{ max_completion_tokens: 7 },
			{ max_tokens: 900, max_completion_tokens: 7 },
		]) {
			const body = await wholeReply(sim, ask("[[sim tokens=50]]", limit));
			assert.equal(body.usage.completion_tokens, 7);
			assert.equal(body.choices[0].finish_reason, "length");
		}
	});

	test("reasoning and cached tokens are parts of their totals", async () => {
		const seen = { cached: 0, reasoning: 0 };
		for (let i = 0; i < 40; i++) {
			const u = (await wholeReply(sim, ask(`question ${i}`, { model: "gpt-5-mini" })))
				.usage;
			const cached = u.prompt_tokens_details.cached_tokens;
			const reasoning = u.completion_tokens_details.reasoning_tokens;
			assert.ok(cached <= u.prompt_tokens && reasoning <= u.completion_tokens);
			seen.cached += cached > 0;
			seen.reasoning += reasoning > 0;
		}
		assert.ok(seen.cached > 3 && seen.cached < 37 && seen.reasoning > 10);
	});

	test("no simple estimate gives the prompt count", async () => {
		const ratios = new Set();
		for (let i = 0; i < 20; i++) {
			const content = `${i} `.padEnd(4000, "x");
			ratios.add((await wholeReply(sim, ask(content))).usage.prompt_tokens);
		}
		assert.ok(ratios.size > 15 && Math.max(...ratios) > 1.3 * Math.min(...ratios));
	});

	test("GET /v1/models lists what has a price", async () => {
		const r = await fetch(`${sim.url}/v1/models`, {
			headers: { authorization: "Bearer sk-one" },
		});
		const body = await r.json();
		assert.equal(body.object, "list");
		assert.deepEqual(body.data.map((m) => m.id).sort(), [...prices.keys()].sort());
		assert.equal((await fetch(`${sim.url}/v1/models`)).status, 401);
	});

	test("errors are OpenAI's", async () => {
		const cases = [
			[
				401,
				"invalid_api_key",
				() => post(sim, ask("x"), { authorization: "Bearer sk-other" }),
			],
			[401, null, () => post(sim, ask("x"), { authorization: "Basic x" })],
			[400, null, () => post(sim, '{"model":"gpt-4o",}')],
			[
				400,
				null,
				() =>
					post(
						sim,
						'{"model":"gpt-4o","messages":[{"role":"user","content":"\xff"}]} x',
					),
			],
			[400, null, () => post(sim, { messages: [{ role: "user", content: "x" }] })],
			[400, "missing_required_parameter", () => post(sim, { model: "gpt-4o" })],
			[400, "invalid_value", () => post(sim, ask("x", { max_tokens: 0 }))],
			[404, "model_not_found", () => post(sim, ask("x", { model: "gpt-0" }))],
			[404, null, () => fetch(`${sim.url}/v1/nothing`)],
			[405, null, () => fetch(`${sim.url}/v1/chat/completions`)],
		];
		for (const [status, code, send] of cases) {
			const r = await send();
			const { error } = await r.json();
			assert.equal(r.status, status, error.message);
			assert.equal(error.code, code, error.message);
			assert.equal(error.type, "invalid_request_error");
			assert.deepEqual(Object.keys(error), ["message", "type", "param", "code"]);
		}
	});

	test("a wish that is not understood is an error, not fair weather", async () => {
		assert.equal((await post(sim, ask("[[sim mode=sunny]]"))).status, 400);
		assert.equal((await post(sim, ask("x"), { "x-sim-mode": "tokens=many" })).status, 400);
	});

	test("only the last user message's directive counts", async () => {
		const messages = [
			{ role: "user", content: "[[sim mode=500]]" },
			{ role: "assistant", content: "[[sim mode=502]]" },
			{ role: "user", content: [{ type: "text", text: "now [[sim mode=503]] please" }] },
		];
		assert.equal((await post(sim, { model: "gpt-4o", messages })).status, 503);
		messages.push({ role: "user", content: "plain" });
		assert.equal((await post(sim, { model: "gpt-4o", messages })).status, 200);
	});
});

describe("determinism", () => {
	test("the seed and the messages make the text, and nothing else does", async () => {
		const sims = await Promise.all([
			start("--seed", "7"),
			start("--seed", "7"),
			start("--seed", "8"),
		]);
		const [a, b, c] = await Promise.all(sims.map((s) => wholeReply(s, ask("same"))));
		assert.equal(a.choices[0].message.content, b.choices[0].message.content);
		assert.deepEqual(a.usage, b.usage);
		assert.notEqual(a.id, b.id);
		assert.notEqual(a.choices[0].message.content, c.choices[0].message.content);
		const again = await wholeReply(sims[0], ask("same", { temperature: 1 }));
		assert.equal(again.choices[0].message.content, a.choices[0].message.content);
		for (const s of sims) assert.equal(await s.stop(), 0);
	});
});

// ---- the bill -----------------------------------------------------------------------

describe("the bill", () => {
	test("it is the sum of all usages, to the nano-dollar", async () => {
		const sim = await start("--seed", "3");
		const sum = {
			prompt_tokens: 0,
			completion_tokens: 0,
			cached_tokens: 0,
			reasoning_tokens: 0,
			cost_nanousd: 0,
		};
		const models = [...prices.keys()].filter((m) => prices.get(m).use === "CHAT");
		await Promise.all(
			Array.from({ length: 60 }, async (_, i) => {
				const model = models[i % models.length];
				const r = await post(
					sim,
					ask(`n ${i}`, { model, ...(i % 2 ? streamed : {}) }),
				);
				const u =
					i % 2 ? eventsOf(await r.text()).at(-2).usage : (await r.json()).usage;
				sum.prompt_tokens += u.prompt_tokens;
				sum.completion_tokens += u.completion_tokens;
				sum.cached_tokens += u.prompt_tokens_details.cached_tokens;
				sum.reasoning_tokens += u.completion_tokens_details.reasoning_tokens;
				sum.cost_nanousd += costOf(model, u);
			}),
		);
		assert.equal((await post(sim, ask("[[sim mode=500]]"))).status, 500);
		const summary = await sim.admin("GET", "/bill/summary");
		const lines = lastLines(await sim.admin("GET", "/bill")).filter((l) => l.billed);
		for (const name of Object.keys(sum)) {
			assert.equal(summary[name], sum[name], name);
			assert.equal(
				lines.reduce((n, l) => n + l[name], 0),
				sum[name],
				name,
			);
		}
		assert.equal(summary.total_tokens, sum.prompt_tokens + sum.completion_tokens);
		assert.deepEqual([summary.requests, summary.billed, summary.open], [61, 60, 0]);
		assert.deepEqual(summary.by_status, { 200: 60, 500: 1 });
		await sim.stop();
	});

	test("a line is in the file before its answer is on the wire", async () => {
		const file = path.join(scratch, "bill");
		const sim = await start("--bill", file);
		const lines = () =>
			readFileSync(file, "utf8")
				.split("\n")
				.filter(Boolean)
				.map((l) => JSON.parse(l));
		for (let i = 0; i < 5; i++) {
			const r = await post(sim, ask(`whole ${i}`), { "x-client-request-id": `id-${i}` });
			const line = lines().at(-1);
			assert.equal(line.request_id, r.headers.get("x-request-id"));
			assert.deepEqual(
				[line.x_client_request_id, line.event, line.n],
				[`id-${i}`, "final", i + 1],
			);
			await r.text();
		}
		const r = await post(sim, ask("[[sim tokens=20 tps=200]]", streamed));
		assert.deepEqual(
			[lines().at(-1).event, lines().at(-1).completion_tokens],
			["open", 0],
		);
		await r.text();
		assert.deepEqual(
			[lines().at(-1).event, lines().at(-1).completion_tokens],
			["final", 20],
		);
		assert.deepEqual(await sim.admin("GET", "/bill"), lines());
		await sim.stop();

		const next = await start("--bill", file);
		await wholeReply(next, ask("after a restart"));
		assert.equal(lines().at(-1).n, 8);
		await next.stop();
	});

	test("a stream whose client leaves is billed for what was made, not for the rest", async () => {
		const sim = await start();
		const body = ask("[[sim tokens=400 tps=100]]", { stream: true });
		const got = await raw(sim, httpPost(body), {
			enough: (b) => b.toString().split("data: ").length > 12,
		});
		const line = await until("an abort line", async () =>
			(await sim.admin("GET", "/bill")).find((l) => l.event === "abort"),
		);
		assert.ok(got.bytes.length > 0);
		assert.ok(
			line.completion_tokens >= 5 && line.completion_tokens < 100,
			String(line.completion_tokens),
		);
		assert.deepEqual([line.billed, line.completed, line.status], [true, false, 200]);
		const summary = await sim.admin("GET", "/bill/summary");
		assert.equal(summary.completion_tokens, line.completion_tokens);
		assert.equal(summary.cost_nanousd, line.cost_nanousd);
		await sim.stop();
	});

	test("reset forgets lines, totals, weather and logs, and running streams do no harm", async () => {
		const sim = await start("--rpm", "3");
		const stream = await post(sim, ask("[[sim tokens=30 tps=100]]", streamed));
		await sim.admin("POST", "/weather", { mode: "500" });
		await sim.admin("POST", "/reset");
		await stream.text();
		const summary = await sim.admin("GET", "/bill/summary");
		assert.deepEqual(
			[summary.requests, summary.completion_tokens, summary.open],
			[1, 30, 0],
		);
		for (let i = 0; i < 3; i++) assert.equal((await post(sim, ask("x"))).status, 200);
		await sim.stop();
	});
});
