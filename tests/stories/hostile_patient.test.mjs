// What a hostile upstream does that takes time: floods and giants, what is tried again, a
// key that is refused. The deadlines of hostile.test.mjs would measure the machine.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { leaks, startAtlas, startSim, until } from "./lib/index.mjs";
import { audit } from "./lib/audit.mjs";
import { ANSWER, either, BROKEN, OVERLOADED, THEIRS, forms, message, Control, run, idle } from "./lib/hostile.mjs";

const TOTAL_MS = 2000; // no attempt takes longer
const SLACK_MS = 200;
const GIANT = { "X-Atlas-Session": "giant" };
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

/** Resident bytes of a process: now, and at most so far. */
function memoryOf(pid) {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	const bytes = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)[1]);
	return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}

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
