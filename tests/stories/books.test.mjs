// The books of a bad day: requests of every kind with every fault mixed, clients that leave
// and processes that are killed. What is settled is what was billed, to the nano-dollar; each
// row costs what its own words come to, reckoned a second time; each list sums to the total.
// ATLAS_BOOKS_REQUESTS and ATLAS_BOOKS_KILLS: how many; torture takes a hundred thousand.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { reckon } from "../prices/reckon.mjs";
import { chatStream, get, leaks, makeFolder, post, startAtlas, startSim, until } from "./lib/index.mjs";
import { open } from "./lib/http.mjs";

const REQUESTS = Number(process.env.ATLAS_BOOKS_REQUESTS ?? 1000);
const KILLS = Number(process.env.ATLAS_BOOKS_KILLS ?? 3);
const AT_A_TIME = 48;
const FAULTY = 0.3;
const LEAVING = 0.05;
const NANO = 1e9;

// What an upstream may do. Not those that refuse our key, nor the one that lies about what
// it bills (usage-zero): that nobody can know.
const FAULTS = [
	"429", "429-tokens", "slow_down", "500", "502", "503", "504", "overloaded", "408", "409",
	"400", "404", "422", "too-large", "html-error", "empty-error", "redirect", "error-event",
	"die-after-read", "die-on-reuse", "truncated-cl", "truncated-chunked", "truncated-close",
	"cut-at:0", "cut-at:400", "cut-at:900", "close-after", "garbage", "http09", "duplicate-cl",
	"gzip", "wrong-content-type", "bad-json", "no-done", "done-twice", "usage-missing",
	"usage-null", "usage-negative", "usage-huge", "failed", "bom", "cr-only",
];
const SLOW = ["black-hole", "stall", "drip:300"]; // each takes its deadline
const MODELS = ["gpt-4o-mini", "gpt-4o", "gpt-4.1", "gpt-5", "o3"];
const TIERS = [undefined, "default", "flex", "priority"];

const CONF = {
	server: { reset_window: 0, log_level: "warn" },
	openai: { first_byte_timeout: "1s", idle_timeout: "1s", total_timeout: "2s" },
	retry: { max_retries: 1, base_delay: "10ms", max_delay: "20ms" },
	stabilization: { minutes: 0, faults: 1000000, max_backoff: "10ms" },
	queue: { max_wait: "10s", max_concurrent: AT_A_TIME },
};

// ---- traffic ------------------------------------------------------------------------------

let state = 1;

/** The same numbers in every run: 0 … 1. */
function chance() {
	state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
	return state / 2 ** 32;
}

const one = (list) => list[Math.floor(chance() * list.length)];

function plan(n, tokens) {
	const fault = chance() < FAULTY ? ` mode=${one(chance() < 0.02 ? SLOW : FAULTS)}` : "";
	return {
		words: `${"word ".repeat(chance() * 400)}${n} [[sim tokens=${1 + Math.floor(chance() * 60)}${fault}]]`,
		model: one(MODELS),
		service_tier: one(TIERS),
		form: one(["whole", "stream", "stream", "response", "embedding"]),
		leaves: chance() < LEAVING ? chance() * 30 : undefined,
		token: one(tokens),
		headers: { "X-Atlas-Session": `s${n % Math.ceil(REQUESTS / 40)}` },
	};
}

const FORMS = {
	whole: (atlas, { words, model, service_tier, ...how }) => post(atlas, "/v1/chat/completions",
		{ model, service_tier, messages: [{ role: "user", content: words }] }, how),
	response: (atlas, { words, model, ...how }) =>
		post(atlas, "/v1/responses", { model, input: words }, how),
	embedding: (atlas, { words, ...how }) =>
		post(atlas, "/v1/embeddings", { model: "text-embedding-3-small", input: words }, how),
	async stream(atlas, { words, model, service_tier, signal, ...how }) {
		const stream = await chatStream(atlas, { model, message: words, body: { service_tier }, ...how });
		signal.addEventListener("abort", stream.abort);
		if (signal.aborted) stream.abort();
		if (!stream.refusal) await stream.collect();
	},
};

async function ask(atlas, how) {
	const leave = new AbortController();
	const timer = how.leaves === undefined ? undefined : setTimeout(() => leave.abort(), how.leaves);
	// whoever is cut off, by itself or by a kill, has no answer; the books have
	await FORMS[how.form](atlas, { ...how, signal: leave.signal }).catch(() => {});
	clearTimeout(timer);
}

async function badDay(atlas) {
	const tokens = [atlas.token];
	for (const name of ["ann", "ben", "cleo"])
		tokens.push((await atlas.ctl("tokens", "create", "--role", "chat", "--name", name)).json.token);
	let next = 0;
	const worker = async () => {
		while (next < REQUESTS) await ask(atlas, plan(next++, tokens));
	};
	const killer = async () => {
		for (let i = 0; i < KILLS; i++) {
			const due = ((i + 0.5) * REQUESTS) / KILLS;
			await until(() => next >= due, { ms: 3600000, what: "the next kill is due" });
			const [victim] = atlas.children(["front", "dispatch", "record"][i % 3]);
			if (victim) atlas.kill(victim.pid);
		}
	};
	await Promise.all([killer(), ...Array.from({ length: AT_A_TIME }, worker)]);
	await until(async () => {
		const { json } = await atlas.ctl("status");
		return json?.totals?.open_attempts === 0 && json.uncommitted_fact_bytes === 0;
	}, { ms: 20000, what: "no attempt is open" });
}

// ---- books --------------------------------------------------------------------------------

const linesOf = (input) => createInterface({ input, crlfDelay: Infinity });

/** What was billed: x_client_request_id → its last line. */
async function billOf(file) {
	const last = new Map();
	for await (const line of linesOf(createReadStream(file))) {
		const { request_id, ...entry } = JSON.parse(line);
		last.set(request_id, entry);
	}
	const billed = new Map();
	for (const line of last.values()) {
		if (!line.billed) continue;
		assert.ok(!billed.has(line.x_client_request_id), `${line.x_client_request_id} is billed twice`);
		billed.set(line.x_client_request_id, line);
	}
	return billed;
}

const COUNTS = ["prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost_nanousd"];

/** Row and bill of one attempt; gives what it is. */
function compare(row, line, seen) {
	const what = `${row.id} (${row.outcome})`;
	if (row.outcome === "settled_usage") {
		assert.ok(line, `${what}: not on the bill`);
		for (const name of COUNTS) assert.equal(row[name], line[name], `${what}: ${name}`);
		seen.difference += row.cost_nanousd - line.cost_nanousd;
	} else if (row.outcome === "unknown" && line)
		for (const name of ["prompt_tokens", "completion_tokens", "cost_nanousd"])
			assert.ok(line[name] <= row[name], `${what}: ${name} ${line[name]} > ${row[name]}`);
	seen[row.outcome] = (seen[row.outcome] ?? 0) + 1;
}

/** The cost once more, from the row alone. */
function priceAgain(row) {
	const reply = {
		served: row.model_served || row.model,
		tier: row.service_tier,
		counts: Object.fromEntries([["prompt", "prompt"], ["completion", "completion"], ["cached", "cached"],
			["cacheWrite", "cache_write"], ["promptAudio", "prompt_audio"], ["completionAudio", "completion_audio"]]
			.map(([ours, theirs]) => [ours, BigInt(row[`${theirs}_tokens`])])),
	};
	const { nano, pricing } = reckon(reply, Date.parse(row.sent_at));
	assert.deepEqual({ cost: row.cost_nanousd, pricing: row.pricing }, { cost: Number(nano), pricing }, JSON.stringify(row));
}

const errorOf = (row) => {
	if (row.error_code) return row.error_code;
	if (row.failure !== "none") return row.failure;
	if (row.outcome === "unknown") return "upstream_outcome_unknown";
	if (row.status < 400) return "";
	return row.status < 500 ? "http_4xx" : "http_5xx";
};

const DIMENSIONS = {
	model: (row) => row.model,
	client: (row) => row.client,
	key: (row) => row.key,
	session: (row) => row.session_id,
	error: errorOf,
	hour: (row) => `${(row.sent_at ?? row.done_at).slice(0, 13)}:00:00.000Z`,
	day: (row) => `${(row.sent_at ?? row.done_at).slice(0, 10)}T00:00:00.000Z`,
};

async function readRows(atlas, billed) {
	const response = await open(atlas, { path: "/monitoring/export?format=jsonl" });
	assert.equal(response.statusCode, 200);
	const seen = { rows: 0, difference: 0, nanousd: 0 };
	const sums = Object.fromEntries(Object.keys(DIMENSIONS).map((name) => [name, new Map()]));
	const attempts = new Set();
	for await (const text of linesOf(response)) {
		const row = JSON.parse(text);
		const attempt = `${row.id}/${row.attempt}`;
		assert.ok(!attempts.has(attempt), `${attempt} stands twice in the ledger`);
		attempts.add(attempt);
		if (row.outcome === "released") seen.released = (seen.released ?? 0) + 1;
		else {
			compare(row, billed.get(row.id), seen);
			billed.delete(row.id);
			if (row.outcome.startsWith("settled")) priceAgain(row);
		}
		seen.rows++;
		seen.nanousd += row.cost_nanousd;
		for (const [name, of] of Object.entries(DIMENSIONS)) {
			const sum = sums[name].get(of(row)) ?? { cost: 0, tokens: 0 };
			sum.cost += row.cost_nanousd;
			sum.tokens += row.total_tokens;
			sums[name].set(of(row), sum);
		}
	}
	return { seen, sums };
}

const nano = (usd) => Math.round(usd * NANO);

/** Each entry is what its rows come to, and all of them are the total. */
function checkList(list, name, sums, total, what) {
	let cost = 0;
	let tokens = 0;
	for (const entry of list) {
		cost += nano(entry.total_cost_usd);
		tokens += entry.total_tokens;
		if (entry.names) continue; // all the others
		const wanted = sums.get(entry[name]);
		assert.deepEqual({ cost: nano(entry.total_cost_usd), tokens: entry.total_tokens }, wanted, `${what}: ${entry[name]}`);
	}
	assert.deepEqual({ cost, tokens }, { cost: nano(total.total_cost_usd), tokens: total.total_tokens }, what);
}

async function checkBreakdowns(atlas, { seen, sums }) {
	const answer = async (question) => (await get(atlas, `/monitoring/${question}`)).json;
	const cost = await answer("cost-breakdown?hours=24");
	assert.equal(nano(cost.total_cost_usd), seen.nanousd, "the rows add up to the total");
	checkList(cost.by_model, "model", sums.model, cost, "by model");
	checkList(cost.by_client, "client", sums.client, cost, "by client");
	checkList(cost.by_key, "key", sums.key, cost, "by key");
	checkList(cost.by_session, "session_id", sums.session, cost, "by session");
	checkList(cost.by_day, "day", sums.day, cost, "by day");
	const { token_usage, series } = await answer("token-usage?hours=24");
	checkList(series, "from", sums.hour, token_usage, "by hour");
	const { errors } = await answer("performance?hours=24");
	for (const { type, total_cost_usd } of errors)
		assert.equal(nano(total_cost_usd), sums.error.get(type)?.cost, `by error: ${type}`);
	const failed = errors.reduce((sum, { total_cost_usd }) => sum + nano(total_cost_usd), 0);
	assert.equal(failed + (sums.error.get("")?.cost ?? 0), seen.nanousd, "errors and none are all");
	assert.equal(errors.length + sums.error.has(""), sums.error.size);
}

test(`${REQUESTS} requests with every fault mixed: the books are the bill`, async (t) => {
	const file = path.join(makeFolder(os.tmpdir()), "bill.jsonl");
	const sim = await startSim({ bill: file, billSync: "no" });
	const atlas = await startAtlas({ sim, workers: 2, conf: CONF });
	const begun = performance.now();
	await badDay(atlas);
	const seconds = (performance.now() - begun) / 1000;
	const billed = await billOf(file);
	const n = billed.size;
	const books = await readRows(atlas, billed);
	assert.deepEqual([...billed.keys()], [], "billed, and not in the ledger");
	assert.equal(books.seen.difference, 0);
	assert.ok(books.seen.settled_usage > n / 2, `of ${n} billed: ${JSON.stringify(books.seen)}`);
	await checkBreakdowns(atlas, books);
	assert.equal((await atlas.ctl("verify")).json.faults, 0);
	t.diagnostic(`${seconds.toFixed(1)} s, ${n} billed, ${JSON.stringify(books.seen)}, ` +
		`${books.sums.session.size} sessions, ${books.sums.error.size} errors`);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
