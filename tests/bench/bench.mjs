// Atlas against nginx, both before the same simulator, round by round: what a request, a
// chunk and an open stream cost. Machines are noisy, so each figure is the median of
// ratios taken within one round.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeFolder, startAtlas, startSim } from "../stories/lib/index.mjs";
import { cpuTicks, proportionalKb } from "./cost.mjs";
import { startNginx } from "./nginx.mjs";
import { openStreams } from "./streams.mjs";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const STREAMS = Number(process.env.BENCH_STREAMS ?? 1000);
const HUGE = 10_000_000; // limits that are checked and never reached

const folder = makeFolder(os.tmpdir());
const message = (size) => "a word or two ".repeat(Math.ceil(size / 14)).slice(0, size);

// ---- load by wrk ------------------------------------------------------------------

function script(name, { token, size }) {
	const file = path.join(folder, `${name}.lua`);
	const body = JSON.stringify({
		model: "gpt-4o-mini",
		messages: [{ role: "user", content: message(size) }],
		max_tokens: 8,
	});
	writeFileSync(
		file,
		`wrk.method = "POST"\nwrk.body = [==[${body}]==]\n` +
			`wrk.headers["Authorization"] = "Bearer ${token}"\n` +
			`wrk.headers["Content-Type"] = "application/json"\n` +
			"done = function(s, l) io.write(string.format('RESULT %d %d %d %d\\n', " +
			"s.requests, s.errors.status + s.errors.read + s.errors.timeout, " +
			"l:percentile(50), l:percentile(99))) end\n",
	);
	return file;
}

function wrk(target, { connections, size, seconds = SECONDS, refused = false }) {
	const token = refused ? target.poor : target.token;
	const file = script(`${target.name}-${size}`, { token, size });
	const before = cpuTicks(target.pids());
	const out = execFileSync(
		"wrk",
		["-t1", `-c${connections}`, `-d${seconds}s`, "-s", file,
			`${target.tls ? "https" : "http"}://127.0.0.1:${target.port}/v1/chat/completions`],
		{ encoding: "utf8" },
	);
	const [, requests, errors, p50, p99] = /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(out).map(Number);
	// one request may pass before a token that may send one a minute is refused
	if (refused ? errors < requests - 1 : errors > 0)
		throw new Error(`${target.name}: ${errors} errors in ${requests} requests`);
	const us = ((cpuTicks(target.pids()) - before) * 10_000) / requests;
	return { requests, p50, p99, us };
}

// ---- figures ------------------------------------------------------------------------

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

function report(what, rows, goal) {
	const value = median(rows.map((row) => row.value));
	const spread = rows.map((row) => row.value.toFixed(2)).join(" ");
	const detail = rows.at(-1).detail;
	const verdict = value <= goal ? "met" : "not met";
	console.log(`${what.padEnd(42)} ${value.toFixed(2).padStart(8)}   goal ${goal}: ${verdict}`);
	console.log(`    rounds ${spread}   last: ${detail}`);
	return { what, value, goal };
}

function cpuRatio(target, yardstick, size, { refused = false } = {}) {
	const rows = [];
	for (let i = 0; i < ROUNDS; i++) {
		const n = wrk(yardstick, { connections: 16, size });
		const a = wrk(target, { connections: 16, size, refused });
		rows.push({
			value: a.us / n.us,
			detail: `${yardstick.name} ${n.us.toFixed(1)} us (${n.requests} requests), ` +
				`${target.name} ${a.us.toFixed(1)} us (${a.requests})`,
		});
	}
	return rows;
}

function addedLatency({ nginx, atlas }) {
	const p50 = [];
	const p99 = [];
	for (let i = 0; i < ROUNDS; i++) {
		const n = wrk(nginx, { connections: 1, size: 100 });
		const a = wrk(atlas, { connections: 1, size: 100 });
		const detail = (at) => `nginx ${n[at]} us, Atlas ${a[at]} us`;
		p50.push({ value: a.p50 - n.p50, detail: detail("p50") });
		p99.push({ value: a.p99 - n.p99, detail: detail("p99") });
	}
	return { p50, p99 };
}

async function streamCosts(target) {
	const idle = proportionalKb(target.pids());
	const streams = await openStreams(target, STREAMS);
	const before = { chunks: streams.chunks(), ticks: cpuTicks(target.pids()) };
	await streams.untilChunks(before.chunks + 30 * STREAMS);
	const us =
		((cpuTicks(target.pids()) - before.ticks) * 10_000) / (streams.chunks() - before.chunks);
	const kb = (proportionalKb(target.pids()) - idle) / STREAMS;
	await streams.close();
	return { us, kb };
}

// ---- the run --------------------------------------------------------------------------

const slow = await startSim({ billSync: "no", tokensPerSecond: 10 });
const quick = await startSim({ billSync: "no" });

/** Every rate by so many requests a minute: checked and never reached; 0 = there is none. */
const rates = (n) => ({
	requests_per_minute: n, requests_per_hour: 60 * n,
	tokens_per_minute: 1000 * n, tokens_per_hour: 60000 * n,
});

function conf(base, more) {
	return {
		server: { log_level: "warn", max_connections: 20000 },
		openai: { base_url: base },
		limits: { requests_per_minute: HUGE, tokens_per_minute: 1000 * HUGE },
		queue: { max_concurrent: 5000 },
		...more,
	};
}

async function benchAtlas(name, upstream, options = {}) {
	const started = await startAtlas({
		sim: upstream, workers: 2, conf: conf(upstream.base), ...options,
	});
	const poor = ["--role", "chat", "--name", "poor", "--requests-per-minute", "1"];
	return {
		name,
		port: started.port,
		token: started.token,
		poor: (await started.ctl("tokens", "create", ...poor)).json.token,
		tls: started.tls,
		pids: () => [started.pid, ...started.children().map(({ pid }) => pid)],
		stop: () => started.stop(),
	};
}

const pair = async (upstream) => ({
	nginx: await startNginx(upstream), atlas: await benchAtlas("atlas", upstream),
});

const small = await pair(quick);
wrk(small.nginx, { connections: 16, size: 100, seconds: 1 });
wrk(small.atlas, { connections: 16, size: 100, seconds: 1 });
const results = [
	report("CPU per small request, x nginx", cpuRatio(small.atlas, small.nginx, 100), 2.5),
	report("CPU per request with 32 KB, x nginx", cpuRatio(small.atlas, small.nginx, 32768), 2.0),
	report("CPU of a client limit's 429, x nginx", cpuRatio(small.atlas, small.nginx, 100, { refused: true }), 0.7),
];
const limits = { limits: rates(HUGE), client: { ...rates(HUGE), concurrent: 1_000_000, budget_day: 1_000_000 } };
const governed = await benchAtlas("governed", quick, { conf: conf(quick.base, limits) });
const free = await benchAtlas("ungoverned", quick, { conf: conf(quick.base, { limits: {} }) });
for (const one of [governed, free]) wrk(one, { connections: 16, size: 100, seconds: 1 });
results.push(report("CPU per governed request, x ungoverned", cpuRatio(governed, free, 100), 1.15));
for (const one of [governed, free]) await one.stop();
const secure = await benchAtlas("with TLS", quick, { tls: true });
for (const [size, what] of [[100, "small request"], [32768, "request with 32 KB"]])
	results.push(report(`CPU per ${what} with TLS, x without`, cpuRatio(secure, small.atlas, size), 1.5));
await secure.stop();
const latency = addedLatency(small);
results.push(report("added p50 at one connection, us", latency.p50, 100));
results.push(report("added p99 at one connection, us", latency.p99, 150));
await small.atlas.stop();
await small.nginx.stop();

const open = await pair(slow);
const [n, a] = [await streamCosts(open.nginx), await streamCosts(open.atlas)];
results.push(
	report("KB per open stream", [
		{ value: a.kb, detail: `nginx ${n.kb.toFixed(1)} KB, ${STREAMS} streams` },
	], 28),
	report("CPU per stream chunk, x nginx", [
		{ value: a.us / n.us, detail: `nginx ${n.us.toFixed(1)} us, Atlas ${a.us.toFixed(1)} us` },
	], 1.5),
);
await open.atlas.stop();
await open.nginx.stop();
for (const one of [slow, quick]) await one.stop();
const missed = results.filter(({ value, goal }) => value > goal);
console.log(`${results.length - missed.length} of ${results.length} goals met`);
