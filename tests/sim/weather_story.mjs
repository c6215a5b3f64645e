// The weathers of the simulator, each tried on a raw socket; tests/stories/sim.test.mjs
// runs them with the rest.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import {
	ask,
	binary,
	httpPost,
	isWhole,
	lastLines,
	parse,
	post,
	raw,
	start,
	streamed,
	until,
	wholeReply,
} from "./client.mjs";
import { modes } from "./modes.mjs";

const scratch = mkdtempSync(path.join(tmpdir(), "sim-"));
after(() => rmSync(scratch, { recursive: true }));

describe("modes", () => {
	let sim;
	before(async () => (sim = await start()));
	after(() => sim.stop());

	for (const [mode, want] of Object.entries(modes)) {
		test(`${mode} does what it says`, async () => {
			for (const stream of [false, true]) {
				const body = ask(`[[sim mode=${mode} tokens=30]]`, stream ? streamed : {});
				const done = (b) =>
					want.enough ? want.enough(b) : !want.closes && isWhole(b);
				const got = await raw(sim, httpPost(body), {
					ms: want.ms ?? 3000,
					enough: done,
				});
				want.bytes?.(got);
				const check = stream ? (want.stream ?? want.also) : want.also;
				const end = stream ? want.streamEnd : want.end;
				if (!check && !end) continue;
				const reply = parse(got.bytes, got.closed);
				if (end) assert.equal(reply.end, end);
				if (want.closes) assert.ok(got.closed);
				check?.(reply);
			}
		});
	}

	test("every mode of the table is tried here", async () => {
		const help = await new Promise((done) => {
			const child = spawn(binary, ["--help"]);
			let text = "";
			child.stdout.on("data", (d) => (text += d));
			child.on("close", () => done(text));
		});
		const named = [...help.slice(help.indexOf("modes (")).matchAll(/^ {2}([\w-]+)/gm)].map(
			(m) => m[1],
		);
		const tried = new Set(Object.keys(modes).map((m) => m.split(":")[0]));
		assert.deepEqual(
			named.filter((n) => !tried.has(n)),
			["die-before-read", "die-on-reuse"],
		);
		assert.ok(named.length > 40);
	});

	test("429 with retry_after names the wait everywhere", async () => {
		const r = await post(sim, ask("[[sim mode=429 retry_after=1.5]]"));
		assert.equal(r.headers.get("retry-after"), "2");
		assert.equal(r.headers.get("retry-after-ms"), "1500");
		assert.match((await r.json()).error.message, /Please try again in 1\.5s\.$/);
	});

	test("an error says when to come again in any of the ways there are", async () => {
		const heads = async (how) => {
			const { headers } = await post(sim, ask(`[[sim 503 retry_after=2.5 ${how}]]`));
			return ["retry-after", "retry-after-ms", "x-should-retry"].map((n) => headers.get(n));
		};
		assert.deepEqual(await heads("should_retry=false"), ["3", "2500", "false"]);
		assert.deepEqual(await heads("retry_as=ms should_retry=true"), [null, "2500", "true"]);
		assert.deepEqual(await heads("retry_as=seconds"), ["3", null, null]);
		assert.deepEqual(await heads("retry_as=none"), [null, null, null]);
		const [date] = await heads("retry_as=date");
		const away = Date.parse(date) - Date.now();
		assert.ok(away > 1000 && away < 4500, `${date}: ${away}`);
		const r = await post(sim, ask("[[sim 429 retry_after=20 retry_as=message]]"));
		assert.equal(r.headers.get("retry-after"), null);
		assert.match((await r.json()).error.message, /try again in 20s\.$/);
	});

	test("limit headers can be missing, unknown, foreign or nonsense", async () => {
		const limited = await start("--rpm", "100");
		const head = async (how, name) =>
			(await post(limited, ask(`[[sim limits=${how}]]`))).headers.get(`x-ratelimit-${name}`);
		assert.equal(await head("true", "limit-requests"), "100");
		assert.equal(await head("missing", "limit-requests"), null);
		assert.equal(await head("minus-one", "limit-requests"), "-1");
		assert.equal(await head("zero", "remaining-tokens"), "0");
		assert.equal(await head("project", "reset-project-tokens"), "1m26.4s");
		assert.equal(await head("project", "limit-requests"), "100");
		assert.equal(await head("garbage", "reset-requests"), "5 fortnights");
		await limited.stop();
	});

	test("the header x-sim-mode works too, and the directive outranks it", async () => {
		assert.equal(
			(await post(sim, ask("x"), { "x-sim-mode": "503 retry_after=2" })).status,
			503,
		);
		assert.equal(
			(await post(sim, ask("[[sim 504]]"), { "x-sim-mode": "503" })).status,
			504,
		);
	});

	test("die-on-reuse spares the first request of a connection", async () => {
		const socket = net.connect(sim.port, "127.0.0.1");
		const request = httpPost(ask("[[sim die-on-reuse]]"));
		const first = await raw(sim, request, { enough: isWhole, socket });
		assert.equal(parse(first.bytes).status, 200);
		const second = await raw(sim, request, { socket });
		assert.deepEqual([second.bytes.length, second.closed], [0, true]);
		const line = (await sim.admin("GET", "/bill")).at(-1);
		assert.deepEqual(
			[line.mode, line.status, line.billed, line.completed],
			["die-on-reuse", 0, true, false],
		);
	});

	test("die-before-read closes without having read, and bills nothing", async () => {
		await sim.admin("POST", "/reset");
		await sim.admin("POST", "/weather", { mode: "die-before-read", count: 2 });
		for (let i = 0; i < 2; i++) {
			const got = await raw(sim, httpPost(ask("x")));
			assert.ok(got.closed && got.bytes.length === 0);
		}
		assert.equal((await post(sim, ask("x"))).status, 200);
		assert.equal((await sim.admin("GET", "/stats")).died_before_read, 2);
		assert.equal((await sim.admin("GET", "/bill/summary")).requests, 1);
	});

	test("what is billed is what was made, whatever became of the bytes", async () => {
		await sim.admin("POST", "/reset");
		const lineFor = async (mode, stream) => {
			const body = ask(
				`[[sim mode=${mode} tokens=40 prompt=10 cached=0]]`,
				stream ? streamed : {},
			);
			await raw(sim, httpPost(body), {
				ms: mode === "black-hole" ? 50 : 1000,
				enough: isWhole,
			});
			await until(
				"nothing in flight",
				async () => (await sim.admin("GET", "/stats")).in_flight === 0,
			);
			return lastLines(await sim.admin("GET", "/bill")).at(-1);
		};
		for (const mode of [
			"die-after-read",
			"black-hole",
			"garbage",
			"truncated-cl",
			"usage-zero",
		]) {
			const line = await lineFor(mode, false);
			assert.deepEqual(
				[line.completion_tokens, line.billed, line.cost_nanousd],
				[40, true, 10 * 150 + 40 * 600],
				mode,
			);
			assert.equal(line.completed, mode === "usage-zero");
		}
		for (const mode of ["truncated-chunked", "error-event"]) {
			const line = await lineFor(mode, true);
			assert.ok(
				line.completion_tokens >= 15 && line.completion_tokens <= 30,
				`${mode} ${line.completion_tokens}`,
			);
			assert.ok(line.sent_tokens <= line.completion_tokens && !line.completed);
		}
		const none = await lineFor("500", false);
		assert.deepEqual([none.billed, none.cost_nanousd, none.status], [false, 0, 500]);
	});

	test("a stream cut at any byte is short by exactly the rest", async () => {
		const whole = await raw(sim, httpPost(ask("[[sim tokens=4]]", streamed)), {
			enough: isWhole,
		});
		const n = parse(whole.bytes).body.length;
		const at = Array.from({ length: 40 }, (_, i) => Math.floor((i * n) / 39));
		const replies = await Promise.all(
			at.map((k) =>
				raw(sim, httpPost(ask(`[[sim tokens=4 mode=cut-at:${k}]]`, streamed)), {
					enough: isWhole,
				}),
			),
		);
		replies.forEach((got, i) => {
			const reply = parse(got.bytes, got.closed);
			assert.ok(reply.body.length <= at[i]);
			assert.ok(
				reply.end === "whole" ||
					(reply.end === "short" && got.closed && reply.body.length === at[i]),
			);
		});
		assert.ok(replies.filter((g) => parse(g.bytes, true).end === "short").length > 30);
	});
});

describe("weather", () => {
	let sim;
	before(async () => (sim = await start()));
	after(() => sim.stop());
	const statuses = async (n) => {
		const all = [];
		for (let i = 0; i < n; i++) all.push((await post(sim, ask(`w ${i}`))).status);
		return all;
	};

	test("a count is used up", async () => {
		await sim.admin("POST", "/weather", { mode: "502", count: 2 });
		assert.deepEqual(await statuses(3), [502, 502, 200]);
	});

	test("a probability hits about so often, and DELETE ends it", async () => {
		await sim.admin("POST", "/weather", { mode: "500", probability: 0.3 });
		const hits = (await statuses(200)).filter((s) => s === 500).length;
		assert.ok(hits > 35 && hits < 85, String(hits));
		await sim.admin("DELETE", "/weather");
		assert.ok((await statuses(20)).every((s) => s === 200));
	});

	test("time to first token and pace are kept", async () => {
		await sim.admin("POST", "/weather", { ttft_ms: 100, tps: 200 });
		const t0 = performance.now();
		const r = await post(sim, ask("[[sim tokens=40]]", streamed));
		const reader = r.body.getReader();
		await reader.read();
		const first = performance.now() - t0;
		while (!(await reader.read()).done);
		const all = performance.now() - t0;
		assert.ok(first >= 99 && first < 1000, `first after ${first}`);
		assert.ok(all >= 290 && all < 2000, `all after ${all}`);
		const t1 = performance.now();
		await wholeReply(sim, ask("[[sim tokens=20]]"));
		assert.ok(performance.now() - t1 >= 199);
		await sim.admin("DELETE", "/weather");
	});

	test("nonsense is refused", async () => {
		for (const bad of [
			{ mode: "sunny" },
			{ probability: 2 },
			{ mode: "500", wind: 3 },
			{ mode: "500:7" },
		]) {
			assert.ok((await sim.admin("POST", "/weather", bad)).error);
		}
		assert.equal((await sim.admin("GET", "/stats")).weather_rules, 0);
	});

	test("a scenario makes weather by the clock", async () => {
		const file = path.join(scratch, "scenario");
		writeFileSync(
			file,
			"# a storm\nat 0s weather 503 retry_after 1 for 300ms\nat 600ms weather 500 count 1\nat 0.7s limits rpm 1\n",
		);
		const stormy = await start("--scenario", file);
		assert.equal((await post(stormy, ask("x"))).status, 503);
		await until(
			"the storm is over",
			async () => (await post(stormy, ask("x"))).status === 200,
		);
		await until(
			"the second rule",
			async () => (await post(stormy, ask("x"))).status === 500,
		);
		await until("the limit", async () => (await post(stormy, ask("x"))).status === 429);
		await stormy.stop();
		writeFileSync(file, "at 1s weather 503\nat 0s clear\n");
		await assert.rejects(start("--scenario", file), /exit 1: openai-sim: .*scenario:2: /);
	});
});
