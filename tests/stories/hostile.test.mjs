// A hostile upstream: every mode of the simulator, twenty times in each form of an answer.
// Whatever comes, a client gets a full answer or one error that an SDK understands, before
// its deadline; and what was spent is in the ledger.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import {
	chatStream,
	leaks,
	post,
	startAtlas,
	startSim,
	until,
} from "./lib/index.mjs";
import { audit, rowsOf } from "./lib/audit.mjs";

const TIMES = Number(process.env.ATLAS_HOSTILE_TIMES ?? 20);
const TOTAL_MS = 2000; // no attempt takes longer
const SLACK_MS = 200;
const GIANT = { "X-Atlas-Session": "giant" };
const CONTROL = { "X-Atlas-Session": "control" };
const DEATHS = 100;
const LINE_BYTES = 1 << 20; // what dispatch takes of one line
// ASan keeps what was freed for a while
const MEMORY_SLACK = (/address/.test(process.env.ATLAS_BUILD ?? "") ? 64 : 2) << 20;
const CONF = {
	openai: { first_byte_timeout: "1s", idle_timeout: "1s", total_timeout: `${TOTAL_MS}ms` },
	retry: { max_retries: 0 }, // a retry may wait for its budget as long as the queue allows
	// no calm after a storm: it would be about the modes before
	stabilization: { minutes: 0, faults: 1000000, max_backoff: "10ms" },
	queue: { max_wait: "30s" },
};

// ---- what a client may see ---------------------------------------------------------------

const ANSWER = "answer";
const either = (...codes) => [ANSWER, ...codes];
const BROKEN = ["upstream_protocol", "upstream_truncated", "upstream_outcome_unknown"];
const LATE = ["upstream_timeout"];
const OVERLOADED = ["upstream_overloaded"];
const THEIRS = ["upstream_failed", "upstream_timeout", null]; // null: their own words, relayed

// mode: what may come of a whole answer, and of a stream where that is something else
const MODES = {
	ok: [[ANSWER]],
	"too-large": [["request_too_large", "rate_limit_exceeded"]],
	500: [THEIRS],
	502: [THEIRS],
	504: [THEIRS],
	"html-error": [THEIRS],
	"empty-error": [THEIRS],
	"error-200": [THEIRS],
	400: [["invalid_value"]],
	404: [["model_not_found"]],
	422: [[null]],
	408: [THEIRS],
	409: [THEIRS],
	redirect: [BROKEN],
	"die-after-read": [BROKEN],
	"black-hole": [LATE],
	stall: [LATE],
	"truncated-cl": [BROKEN],
	"truncated-chunked": [BROKEN],
	"truncated-close": [BROKEN],
	"cut-at:0": [BROKEN],
	"cut-at:700": [BROKEN],
	// The answer itself is whole, but the next request may leave on its connection before
	// the close is seen. Whether that one was read nobody can know, and a POST that may have
	// been read, and billed, is not sent again: unknown is the truth, not a weakness.
	"close-after": [either("upstream_outcome_unknown")],
	garbage: [BROKEN],
	http09: [BROKEN],
	"duplicate-cl": [BROKEN],
	"cl-and-te": [either(...BROKEN)],
	gzip: [BROKEN],
	"encoding-chain": [BROKEN],
	"wrong-content-type": [BROKEN],
	"drip:300": [LATE],
	"drip-head:300": [LATE],
	"bad-json": [BROKEN],
	"bad-utf8": [either(...BROKEN)],
	"no-done": [[ANSWER], BROKEN],
	"done-twice": [[ANSWER]],
	"usage-missing": [[ANSWER]],
	"usage-null": [[ANSWER]],
	"usage-zero": [[ANSWER]],
	"usage-negative": [[ANSWER]],
	"usage-huge": [[ANSWER]],
	"error-event": [[ANSWER], [...BROKEN, "server_error", null]],
	failed: [[ANSWER], [...BROKEN, "server_error", null]],
	bom: [either(...BROKEN), [ANSWER]],
	"cr-only": [[ANSWER]],
};

// These are so much work for everybody that short deadlines would measure the machine.
const HEAVY = {
	"gzip-bomb:2": [BROKEN],
	"huge-header": [BROKEN],
	"endless-headers": [BROKEN],
	"endless-100": [BROKEN],
	"long-line:1": [either(...BROKEN), BROKEN],
	"endless-comments": [BROKEN],
	"deep-json": [either(...BROKEN)],
};

// These are tried again, and after most of them nothing is sent for a while but probes: a
// client may wait in vain.
const RETRIED = {
	500: [[...THEIRS, "queue_timeout"]],
	429: [["rate_limit_exceeded", "queue_timeout"]],
	"limit-200": [["rate_limit_exceeded", "queue_timeout"]],
	"429-tokens": [["rate_limit_exceeded", "queue_timeout"]],
	slow_down_429: [["rate_limit_exceeded", "slow_down", "upstream_overloaded", "queue_timeout"]],
	slow_down: [[...OVERLOADED, "slow_down", "queue_timeout"]],
	503: [[...OVERLOADED, "queue_timeout"]],
	overloaded: [[...OVERLOADED, "queue_timeout"]],
};

// Behind these our key is out of service, and with it everything.
const KEYS = {
	insufficient_quota: [["insufficient_quota"]],
	credit_balance_exhausted: [["credit_balance_exhausted", "insufficient_quota"]],
	"quota-200": [["insufficient_quota"]],
	organization_spend_limit_exceeded: [
		["organization_spend_limit_exceeded", "insufficient_quota"],
	],
	project_spend_limit_exceeded: [["project_spend_limit_exceeded", "insufficient_quota"]],
	organization_usage_limit_exceeded: [
		["organization_usage_limit_exceeded", "insufficient_quota"],
	],
	401: [["upstream_authentication", "insufficient_quota"]],
	403: [["upstream_authentication", "insufficient_quota"]],
	"echo-auth": [["upstream_authentication", "insufficient_quota"]],
};

// ---- one client ---------------------------------------------------------------------------

/** An error as SDKs know it; gives its code. */
function codeOf(error, what) {
	assert.equal(typeof error?.message, "string", what);
	assert.ok(error.message.length > 5, `${what}: ${error.message}`);
	for (const field of ["type", "param", "code"])
		assert.ok(field in error, `${what}: no ${field} in ${JSON.stringify(error)}`);
	return error.code;
}

function refusal(answer, what) {
	assert.ok(answer.status >= 400, `${what}: ${answer.status} ${answer.text}`);
	assert.match(answer.headers["content-type"] ?? "", /^application\/json/, what);
	return codeOf(answer.json?.error, `${what}: ${answer.text.slice(0, 300)}`);
}

/** Whatever became of the answer, its stream is a stream of whole events. */
function checkEvents(told, what) {
	assert.equal(told.cut, undefined, `${what}: it ends as HTTP has it`);
	const torn = told.events.find(({ data, json }) => data !== "[DONE]" && !json);
	assert.equal(torn, undefined, `${what}: a torn event`);
}

const forms = {
	async whole(atlas, message, headers, what) {
		const answer = await post(atlas, "/v1/chat/completions", chatOf(message), { headers });
		if (answer.status !== 200) return refusal(answer, what);
		assert.ok(answer.json.choices[0].message.content.length > 0, what);
		return ANSWER;
	},

	async stream(atlas, message, headers, what) {
		const stream = await chatStream(atlas, { message, headers });
		if (stream.refusal) return refusal(stream.refusal, what);
		const told = await stream.collect();
		checkEvents(told, what);
		const errors = told.events.filter(({ json }) => json?.error);
		const dones = told.events.filter(({ data }) => data === "[DONE]");
		assert.ok(errors.length + (errors.length ? 0 : dones.length) === 1, `${what}: one end`);
		assert.ok(dones.length <= 1, `${what}: ${dones.length} times [DONE]`);
		if (errors.length) return codeOf(told.error, what);
		assert.ok(told.said.length > 0 && told.finish, what);
		return ANSWER;
	},

	async response(atlas, message, headers, what) {
		const stream = await chatStream(atlas, {
			path: "/v1/responses",
			headers,
			messages: [],
			body: { messages: undefined, input: message },
		});
		if (stream.refusal) return refusal(stream.refusal, what);
		const told = await stream.collect();
		checkEvents(told, what);
		const ends = told.events.filter(({ event }) =>
			["response.completed", "response.incomplete", "response.failed", "error"].includes(event),
		);
		assert.equal(ends.length, 1, `${what}: one end, not ${told.events.map((e) => e.event)}`);
		const [{ event, json }] = ends;
		if (event === "error") return json.code;
		if (event === "response.failed") return json.response.error.code;
		return ANSWER;
	},
};

const chatOf = (message) => ({
	model: "gpt-4o-mini",
	messages: [{ role: "user", content: message }],
});

let asked = 0;
const message = (mode) => `Number ${asked++}, please. [[sim mode=${mode} tokens=12]]`;

// ---- many clients ---------------------------------------------------------------------------

/** How long a good answer takes meanwhile: the machine's share of every wait. */
class Control {
	worst = 0;
	n = 0;
	#runs = true;

	constructor(atlas, mode = "ok") {
		this.#ended = this.#watch(atlas, mode);
	}

	#ended;

	async #watch(atlas, mode) {
		while (this.#runs) {
			const begun = performance.now();
			await forms.whole(atlas, message(mode), CONTROL, "control");
			this.n++;
			this.worst = Math.max(this.worst, performance.now() - begun);
			await new Promise((go) => setTimeout(go, 20));
		}
	}

	async stop() {
		this.#runs = false;
		await this.#ended;
	}
}

async function clients(atlas, mode, form, allowed, times, late) {
	const headers = { "X-Atlas-Session": `${mode.replace(/\W/g, "-")}-${form}` };
	const one = async (ix) => {
		const what = `${mode} ${form} ${ix}`;
		const begun = performance.now();
		const seen = await forms[form](atlas, message(mode), headers, what);
		late.push({ what: `${what}: ${seen}`, ms: performance.now() - begun });
		const known = allowed.includes(seen) || (form === "response" && seen === "server_error");
		assert.ok(known && (seen !== ANSWER || allowed.includes(ANSWER)), `${what}: ${seen}`);
	};
	await Promise.all(Array.from({ length: times }, (_, ix) => one(ix)));
	return headers["X-Atlas-Session"];
}

/** All modes of a table, a few at a time; gives the sessions and every failure. */
async function run(atlas, modes, atATime, times = TIMES) {
	const work = Object.entries(modes).flatMap(([mode, [whole, stream = whole]]) => [
		[mode, "whole", whole, times],
		[mode, "stream", stream, times],
		[mode, "response", stream, Math.ceil(times / 4)],
	]);
	const found = { sessions: [], failures: [], late: [] };
	const worker = async () => {
		for (let job; (job = work.shift()); ) {
			try {
				found.sessions.push(await clients(atlas, ...job, found.late));
			} catch (error) {
				found.failures.push(error.message);
			}
		}
	};
	await Promise.all(Array.from({ length: atATime }, worker));
	return found;
}

const idle = (atlas) =>
	until(
		async () => {
			const { json } = await atlas.ctl("status");
			const all = Object.values(json?.exchanges ?? { none: 1 });
			return all.every((n) => n === 0);
		},
		{ ms: 5000, what: "every exchange is free again" },
	);

// ---- what some stories need ---------------------------------------------------------------

/** The body of a stream as the simulator writes it, asked directly. */
async function bodyOf(sim, text) {
	const response = await fetch(`${sim.base}/chat/completions`, {
		method: "POST",
		headers: { authorization: `Bearer ${sim.apiKey}` },
		body: JSON.stringify({
			...chatOf(text),
			stream: true,
			stream_options: { include_usage: true },
		}),
	});
	return Buffer.from(await response.arrayBuffer());
}

/** Bytes to cut at: all of them when asked for, else some everywhere and all near the end. */
function placesIn(length) {
	const all = Array.from({ length }, (_, k) => k);
	if (process.env.ATLAS_HOSTILE_CUTS === "all") return all;
	return all.filter((k) => k % 97 === 0 || k >= length - 16);
}

/** Resident bytes of a process: now, and at most so far. */
function memoryOf(pid) {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	const bytes = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)[1]);
	return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}

// ---- the stories -------------------------------------------------------------------------------

describe("a hostile upstream", () => {
	let sim, atlas;

	before(async () => {
		sim = await startSim({ billSync: "no" });
		atlas = await startAtlas({ sim, workers: 2, conf: CONF });
	});

	after(async () => {
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("every mode in every form: a full answer or one error, in time, and the books agree", async (t) => {
		const pids = atlas.children().map(({ pid }) => pid);
		const control = new Control(atlas);
		const { sessions, failures, late } = await run(atlas, MODES, 8);
		await control.stop();
		const worst = late.reduce((a, b) => (a.ms > b.ms ? a : b));
		t.diagnostic(
			`${late.length} requests, the slowest ${worst.ms.toFixed(0)} ms (${worst.what}), control ${control.worst.toFixed(0)} ms`,
		);
		assert.deepEqual(failures, []);
		assert.ok(
			worst.ms <= TOTAL_MS + SLACK_MS + control.worst,
			`${worst.what} took ${worst.ms} ms, control ${control.worst} ms`,
		);
		assert.deepEqual(atlas.children().map(({ pid }) => pid), pids, "nobody has died");
		await idle(atlas);
		const books = await audit(atlas, sim, [...sessions, "control"], { liars: ["usage-zero"] });
		t.diagnostic(JSON.stringify(books));
		const zero = await rowsOf(atlas, ["usage-zero-whole", "usage-zero-stream"]);
		assert.equal(zero.length, 2 * TIMES);
		assert.ok(
			zero.every((row) => row.outcome === "settled_usage" && row.total_tokens === 0),
			"an explicit zero is believed",
		);
		const stats = await sim.stats();
		assert.equal(stats.repeated_client_request_ids_after_billed, 0);
	});

	test("an error follows what has come, and never falls into the middle of an event", async () => {
		const ask = (form, ix) =>
			forms[form](atlas, message("cut-at:60000").replace("tokens=12", "tokens=900"), {}, `${form} ${ix}`);
		for (const form of ["stream", "response"]) {
			const all = await Promise.all(Array.from({ length: TIMES }, (_, ix) => ask(form, ix)));
			assert.ok(!all.includes(ANSWER), all.join());
		}
	});

	test("death after the request was read is never followed by a second send", async () => {
		await sim.reset();
		const outcomes = { deaths: 0, answers: 0 };
		const one = async (ix) => {
			const warm = await forms.whole(atlas, message("ok"), {}, `warm ${ix}`);
			assert.equal(warm, ANSWER);
			const seen = await forms.whole(atlas, message("die-on-reuse"), {}, `death ${ix}`);
			outcomes[seen === ANSWER ? "answers" : "deaths"]++;
		};
		for (let ix = 0; outcomes.deaths < DEATHS; ix += 5)
			await Promise.all(Array.from({ length: 5 }, (_, k) => one(ix + k)));
		const stats = await sim.stats();
		assert.equal(stats.repeated_client_request_ids, 0, "second sends");
		assert.equal(stats.chats, 2 * (outcomes.deaths + outcomes.answers));
	});

	test("a connection that closes before it reads is not asked twice either", async () => {
		await sim.reset();
		await sim.weather({ mode: "die-before-read", count: TIMES });
		for (let ix = 0; ix < TIMES; ix++) {
			const seen = await forms.whole(atlas, message("ok"), {}, `unread ${ix}`);
			assert.ok(BROKEN.includes(seen), seen);
		}
		const stats = await sim.stats();
		assert.deepEqual([stats.died_before_read, stats.chats], [TIMES, 0]);
		assert.equal(await forms.whole(atlas, message("ok"), {}, "afterwards"), ANSWER);
	});

	test("a cut is noticed wherever it falls", async () => {
		const text = "Count to me. [[sim tokens=13]]";
		const { length } = await bodyOf(sim, text);
		assert.ok(length > 3000 && length < 5000, `${length} bytes`);
		const places = placesIn(length);
		const seen = new Map();
		while (places.length > 0) {
			const some = places.splice(0, 30);
			for (const k of some) await sim.weather({ mode: `cut-at:${k}`, count: 1 });
			const all = await Promise.all(some.map(() => forms.stream(atlas, text, {}, "cut")));
			for (const what of all) seen.set(what, (seen.get(what) ?? 0) + 1);
		}
		assert.deepEqual(seen.get(ANSWER), undefined, JSON.stringify([...seen]));
		assert.equal(await forms.stream(atlas, text, {}, "not cut"), ANSWER);
	});
});

// The deadlines of the first story are too short for what takes time.
describe("a hostile upstream and a patient gateway", () => {
	let sim, atlas;

	before(async () => {
		sim = await startSim({ billSync: "no" });
		atlas = await startAtlas({ sim, workers: 1 });
	});

	after(async () => {
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("a line of 64 MiB costs no memory", async () => {
		const { pid } = atlas.children("dispatch")[0];
		const ask = (mib) => forms.stream(atlas, message(`long-line:${mib}`), GIANT, "long line");
		assert.equal(await ask(2), "upstream_protocol");
		const before = memoryOf(pid);
		assert.equal(await ask(64), "upstream_protocol");
		const grown = memoryOf(pid).peak - before.now;
		assert.ok(grown <= LINE_BYTES + MEMORY_SLACK, `${grown} bytes more`);
	});

	test("floods and giants: a full answer or one error, and nobody dies of them", async (t) => {
		const pids = atlas.children().map(({ pid }) => pid);
		const control = new Control(atlas);
		const { sessions, failures, late } = await run(atlas, HEAVY, 2);
		await control.stop();
		const worst = Math.max(...late.map(({ ms }) => ms));
		t.diagnostic(`the slowest ${worst.toFixed(0)} ms, control ${control.worst.toFixed(0)} ms`);
		assert.deepEqual(failures, []);
		assert.deepEqual(atlas.children().map(({ pid }) => pid), pids, "nobody has died");
		await idle(atlas);
		await audit(atlas, sim, [...sessions, "control", "giant"]);
	});

	test("a reply that comes byte by byte is the reply", async () => {
		for (const form of Object.keys(forms)) {
			const headers = { "X-Atlas-Session": form };
			const ask = () => forms[form](atlas, message("split-every-byte:0"), headers, form);
			const seen = await Promise.all(Array.from({ length: 3 }, ask));
			assert.deepEqual(seen, Array(3).fill(ANSWER));
		}
	});

	test("a dispatch that dies in the middle of an event leaves no half of it", async () => {
		const asked = Array.from({ length: 10 }, (_, ix) => {
			const form = ix % 2 ? "stream" : "response";
			return forms[form](atlas, "[[sim tokens=6000 tps=300]]", {}, `${form} ${ix}`);
		});
		await until(async () => (await sim.stats()).in_flight === asked.length, {
			what: "all are being answered",
		});
		const [front] = atlas.children("front");
		atlas.kill(front.pid, "SIGSTOP"); // so that the pipes fill
		await atlas.ctl("status");
		atlas.kill(atlas.children("dispatch")[0].pid);
		atlas.kill(front.pid, "SIGCONT");
		const seen = await Promise.all(asked);
		assert.ok(!seen.includes(ANSWER), seen.join());
	});
});

describe("an upstream that is tried again", () => {
	let sim, atlas;
	const WAIT_MS = 600;
	const RETRIES = 2;

	before(async () => {
		sim = await startSim({ billSync: "no" });
		const retry = { max_retries: RETRIES, base_delay: "10ms", max_delay: "20ms" };
		const conf = { ...CONF, retry, queue: { max_wait: `${WAIT_MS}ms` } };
		atlas = await startAtlas({ sim, workers: 1, conf });
	});

	after(async () => {
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("every client hears so in time, and nothing is asked more often than allowed", async (t) => {
		const control = new Control(atlas, "500");
		const { failures, late } = await run(atlas, RETRIED, 3);
		await control.stop();
		assert.deepEqual(failures, []);
		const worst = Math.max(...late.map(({ ms }) => ms));
		const { requests, billed } = await sim.billSummary();
		t.diagnostic(`${late.length} clients, ${requests} requests, the slowest ${worst.toFixed(0)} ms`);
		assert.equal(billed, 0);
		const asked = late.length + control.n;
		assert.ok(requests <= asked * (1 + RETRIES), `${requests} requests for ${asked} clients`);
		assert.ok(worst <= WAIT_MS + TOTAL_MS + SLACK_MS + control.worst, `${worst} ms`);
		await idle(atlas);
	});
});

describe("an upstream that refuses our key", () => {
	let sim, atlas;

	before(async () => {
		sim = await startSim({ billSync: "no" });
		atlas = await startAtlas({ sim, workers: 1, conf: CONF });
	});

	after(async () => {
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("every client hears it at once, and never the upstream's words about the key", async (t) => {
		const { failures } = await run(atlas, KEYS, 3);
		assert.deepEqual(failures, []);
		const { requests, billed } = await sim.billSummary();
		assert.equal(billed, 0);
		t.diagnostic(`${requests} requests`);
		assert.ok(!atlas.log().includes(sim.apiKey), "the key is in the log");
	});
});
