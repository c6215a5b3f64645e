// The first hour of a user: answers, what they cost, refusals, atlasctl.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import {
	chat,
	chatStream,
	get,
	leaks,
	ledgerEqualsBill,
	post,
	program,
	request,
	runToEnd,
	settled,
	startAtlas,
	startSim,
	until,
} from "./lib/index.mjs";

const CHAT = "/v1/chat/completions";
const REQUEST_ID = /^req_[0-9a-f]{32}$/;
const PROCESSES = ["atlasd: dispatch", "atlasd: front 1", "atlasd: front 2", "atlasd: record"];

let sim, atlas;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, conf: { server: { max_body_bytes: "64K" } } });
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

/** The error of an answer that must have that status, in OpenAI's shape. */
function refusal(answer, status) {
	assert.equal(answer.status, status, answer.text);
	assert.match(answer.headers["content-type"], /^application\/json/);
	const { error } = answer.json;
	assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
	assert.ok(error.message.length > 10, error.message);
	assert.equal(typeof error.type, "string");
	assert.equal(typeof error.code, "string");
	assert.match(answer.headers["x-atlas-request-id"], REQUEST_ID);
	assert.ok(answer.text.endsWith("}\n"), "a terminal's prompt comes on its own line");
	return error;
}

async function createToken(role, name) {
	const made = await atlas.ctl("tokens", "create", "--role", role, "--name", name);
	assert.equal(made.code, 0, made.stderr);
	assert.ok(made.json.token, made.stdout);
	return made.json.token;
}

/** The nano-dollars of the bill's last line for one upstream request. */
async function billed(upstreamId) {
	const lines = await sim.bill();
	return lines.findLast((line) => line.request_id === upstreamId);
}

describe("answers", () => {
	test("a whole answer says what it is called, how it came and what it cost", async () => {
		const answer = await chat(atlas, { message: "Say hello" });
		assert.equal(answer.status, 200, answer.text);
		assert.ok(answer.said.length > 0);
		assert.match(answer.headers["x-atlas-request-id"], REQUEST_ID);
		assert.match(answer.headers["x-atlas-queue-ms"], /^\d+$/);
		assert.equal(answer.headers["x-atlas-retries"], "0");
		const { json } = await atlas.ctl("why", answer.headers["x-atlas-request-id"]);
		const [attempt] = json.attempts;
		const line = await billed(attempt.upstream_id);
		assert.equal(
			Math.round(Number(answer.headers["x-atlas-cost-usd"]) * 1e9),
			line.cost_nanousd,
		);
		assert.equal(answer.json.usage.total_tokens, line.prompt_tokens + line.completion_tokens);
	});

	test("a whole answer that comes slowly is whole", async () => {
		const message = "Take your time [[sim tokens=8 mode=split-every-byte:500]]";
		const answer = await chat(atlas, { message });
		assert.equal(answer.status, 200, answer.text);
		assert.ok(answer.ms > 200, "longer than dispatch is away from it");
		assert.ok(answer.json.usage.completion_tokens > 0);
		await ledgerEqualsBill(atlas, sim);
	});

	test("a streamed answer has the words of the whole one", async () => {
		const whole = await chat(atlas, { message: "Tell me a story" });
		const stream = await chatStream(atlas, { message: "Tell me a story" });
		assert.equal(stream.status, 200);
		assert.match(stream.headers["x-atlas-request-id"], REQUEST_ID);
		const told = await stream.collect();
		assert.equal(told.said, whole.said);
		assert.equal(told.finish, "stop");
		assert.equal(told.done, true);
		assert.equal(told.cut, undefined);
	});

	test("whoever asks for a stream's usage gets it", async () => {
		const whole = await chat(atlas, { message: "Count me" });
		const stream = await chatStream(atlas, {
			message: "Count me",
			body: { stream_options: { include_usage: true } },
		});
		const told = await stream.collect();
		assert.deepEqual(told.usage, whole.json.usage);
		const chunks = told.events.filter((event) => event.json);
		assert.deepEqual(chunks.at(-1).json.choices, []);
		assert.ok(chunks.slice(0, -1).every(({ json }) => json.usage === null));
	});

	test("whoever does not ask sees no trace of it", async () => {
		const stream = await chatStream(atlas, { message: "Do not count me" });
		const told = await stream.collect();
		const chunks = told.events.filter((event) => event.json);
		assert.ok(chunks.length > 1);
		assert.deepEqual(chunks.filter(({ json }) => "usage" in json || !json.choices.length), []);
		await ledgerEqualsBill(atlas, sim);
	});

	test("the ledger equals the bill, in all and for one session", async () => {
		const headers = { "X-Atlas-Session": "tour" };
		const answers = [];
		for (const message of ["One", "Two", "Three [[sim cached=3 reasoning=5 tokens=40]]"])
			answers.push(await chat(atlas, { message, headers }));
		const stream = await chatStream(atlas, { message: "Four", headers });
		await stream.collect();
		const { bill } = await ledgerEqualsBill(atlas, sim);
		assert.ok(bill.cost_nanousd > 0);
		const session = await until(async () => {
			const { json } = await get(atlas, "/monitoring/session-usage/tour");
			return json.usage?.request_count === 4 && json;
		});
		assert.equal(session.session_id, "tour");
		assert.equal(session.requests.length, 4);
		const ids = session.requests.map((row) => row.id);
		for (const answer of [...answers, stream])
			assert.ok(ids.includes(answer.headers["x-atlas-request-id"]), `${ids}`);
		const lines = await Promise.all(session.requests.map((row) => billed(row.upstream_id)));
		const sum = (list, key) => list.reduce((n, item) => n + item[key], 0);
		for (const key of [
			"prompt_tokens",
			"completion_tokens",
			"cached_tokens",
			"reasoning_tokens",
			"cost_nanousd",
		])
			assert.equal(sum(session.requests, key), sum(lines, key), key);
		const total = sum(lines, "prompt_tokens") + sum(lines, "completion_tokens");
		assert.equal(session.usage.total_tokens, total);
	});

	test("a passing 500 is retried, and the answer says so", async () => {
		await sim.weather({ mode: "500", count: 1 });
		const answer = await chat(atlas, { message: "Try again" });
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.headers["x-atlas-retries"], "1");
		await ledgerEqualsBill(atlas, sim);
		const { json } = await atlas.ctl("why", answer.headers["x-atlas-request-id"]);
		assert.deepEqual(
			json.attempts.map(({ attempt, status }) => [attempt, status]),
			[[1, 500], [2, 200]],
		);
	});

	test("health and readiness need no token", async () => {
		for (const path of ["/healthz", "/readyz"])
			assert.equal((await get(atlas, path, { token: null })).status, 200, path);
	});
});

describe("refusals", () => {
	test("a wrong token and none are 401", async () => {
		for (const token of ["atlas-wrong", null])
			refusal(await chat(atlas, { token }), 401);
	});

	test("a chat token may not read the monitoring, a monitor token may not chat", async () => {
		const talker = await createToken("chat", "talker");
		const watcher = await createToken("monitor", "watcher");
		const monitoring = await get(atlas, "/monitoring/cost-breakdown", { token: talker });
		assert.match(refusal(monitoring, 403).message, /role chat.*role monitor or admin/);
		const refused = await chat(atlas, { token: watcher });
		assert.match(refusal(refused, 403).message, /role monitor.*role chat or admin/);
		assert.match(atlas.log(), new RegExp(`id=${refused.headers["x-atlas-request-id"]} status=403`));
		assert.equal((await chat(atlas, { token: talker })).status, 200);
		const seen = await get(atlas, "/monitoring/token-usage", { token: watcher });
		assert.equal(seen.status, 200, seen.text);
	});

	test("an unknown path is 404", async () => {
		refusal(await get(atlas, "/v1/nothing-here"), 404);
		refusal(await get(atlas, "/v1"), 404);
	});

	test("a wrong method is 405 and Allow has the right ones", async () => {
		const deleted = await request(atlas, { method: "DELETE", path: CHAT });
		refusal(deleted, 405);
		assert.equal(deleted.headers.allow, "POST");
		const posted = await post(atlas, "/monitoring/token-usage", {});
		refusal(posted, 405);
		assert.equal(posted.headers.allow, "GET, HEAD");
	});

	test("multipart is 415", async () => {
		const headers = { "content-type": "multipart/form-data; boundary=x" };
		refusal(await post(atlas, CHAT, "--x--\r\n", { headers }), 415);
	});

	test("a compressed body is 415 and says so", async () => {
		const headers = { "content-type": "application/json", "content-encoding": "gzip" };
		const { json } = await post(atlas, CHAT, "\x1f\x8b", { headers });
		assert.match(json.error.message, /Content-Encoding/);
		refusal(await post(atlas, CHAT, "{}", { headers }), 415);
		headers["content-encoding"] = "Identity";
		refusal(await post(atlas, CHAT, "{}", { headers }), 400);
	});

	test("another's Host is 421", async () => {
		const headers = { host: "evil.example" };
		refusal(await get(atlas, "/v1/models", { headers }), 421);
	});

	test("broken JSON is 400 and says at which byte", async () => {
		const body = '{"model":"gpt-4o-mini","messages":[}';
		const error = refusal(await post(atlas, CHAT, body), 400);
		assert.match(error.message, new RegExp(`\\b${body.indexOf("}")}\\b`));
	});

	test("a body beyond max_body_bytes is 413", async () => {
		refusal(await chat(atlas, { message: "x".repeat(70000) }), 413);
	});

	test("nothing of all that has reached the upstream", async () => {
		const before = (await sim.billSummary()).requests;
		refusal(await post(atlas, CHAT, "{"), 400);
		refusal(await chat(atlas, { message: "x".repeat(70000) }), 413);
		assert.equal((await chat(atlas, { message: "But this" })).status, 200);
		const after = (await sim.billSummary()).requests;
		assert.equal(after, before + 1);
	});
});

describe("an upstream that is gone", () => {
	test("is 502 or 503 with Retry-After, after the retries", async () => {
		const gone = await startSim();
		const alone = await startAtlas({ sim: gone, conf: { retry: { max_retries: 2 } } });
		assert.equal(await gone.stop(), 0);
		const answer = await chat(alone, { message: "Is anybody there?" });
		assert.ok([502, 503].includes(answer.status), answer.text);
		refusal(answer, answer.status);
		assert.match(answer.headers["retry-after"], /^\d+$/);
		assert.equal(answer.headers["x-atlas-retries"], "2");
		const seen = await settled(alone, 0);
		assert.equal(seen.total_tokens, 0);
		assert.equal(Number(seen.total_cost_usd), 0);
		assert.equal(await alone.stop(), 0);
	});
});

describe("atlasctl", () => {
	const plain = (...args) => atlas.say(...args);

	test("status names every process, the limits and what was spent", async () => {
		const status = await atlas.ctl("status");
		assert.equal(status.code, 0, status.stdout + status.stderr);
		const running = status.json.processes.map((p) => p.pid).sort();
		const family = [atlas.pid, ...atlas.children().map((child) => child.pid)].sort();
		for (const pid of family) assert.ok(running.includes(pid), `${pid} in ${running}`);
		const titles = atlas.children().map((child) => child.title).sort();
		assert.deepEqual(titles, PROCESSES);
		const { request_count } = (await get(atlas, "/monitoring/token-usage")).json.token_usage;
		await until(async () => {
			const { json } = await atlas.ctl("status");
			return json.totals.request_count === request_count;
		});
		const shown = await plain("status");
		assert.equal(shown.code, 0, shown.stderr);
		assert.match(shown.stdout, /dispatch/);
	});

	test("why tells a request's story to people too", async () => {
		const answer = await chat(atlas, { message: "Why?" });
		const id = answer.headers["x-atlas-request-id"];
		const told = await plain("why", id);
		assert.equal(told.code, 0, told.stderr);
		assert.ok(told.stdout.includes(id));
		const unknown = await atlas.ctl("why", `req_${"0".repeat(32)}`);
		assert.equal(unknown.code, 1);
		assert.ok(unknown.json?.error ?? unknown.stderr, "says why");
	});

	test("a token is shown once, listed without it, and void once revoked", async () => {
		const token = await createToken("chat", "passing");
		assert.equal((await chat(atlas, { token })).status, 200);
		const list = await atlas.ctl("tokens", "list");
		assert.equal(list.code, 0, list.stderr);
		const row = list.json.find(({ name }) => name === "passing");
		assert.equal(row.role, "chat");
		assert.ok(!list.stdout.includes(token));
		assert.equal((await atlas.ctl("tokens", "revoke", "passing")).code, 0);
		refusal(await chat(atlas, { token }), 401);
		const again = await atlas.ctl("tokens", "revoke", "passing");
		assert.equal(again.code, 1, again.stdout);
	});

	test("exit codes: 1 refused, 2 usage, 3 not running", async () => {
		const odd = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "admin");
		assert.equal(odd.code, 1);
		const king = ["tokens", "create", "--role", "king", "--name", "x"];
		for (const args of [["nonsense"], ["tokens"], ["why"], ["tokens", "create"], king, []])
			assert.equal((await plain(...args)).code, 2, args.join(" "));
		const nowhere = ["-s", `${atlas.dataDir}/control`];
		for (const args of [["reload"], ["status"]]) {
			const ended = await runToEnd(program("atlasctl"), [...nowhere, ...args]);
			assert.equal(ended.code, 3, args.join(" ") + ended.stderr);
			assert.match(ended.stderr, /^atlasctl: .+\n$/);
		}
	});
});

test("an upstream that is looked up by its name and is not there is said to be", async () => {
	// a name of /etc/hosts, but not localhost, which libcurl knows without asking
	const lost = await startAtlas({ workers: 1, conf: { openai: { base_url: "https://ip6-localhost:1/v1" }, retry: { max_retries: 1 } } });
	for (let i = 0; i < 2; i++)
		assert.equal(refusal(await chat(lost, { fresh: true }), 502).code, "upstream_unreachable");
	assert.equal(await lost.stop(), 0);
	assert.deepEqual(await leaks(lost), []);
});

/** A port that answers no SYN: the queue of its listener, whom nobody wakes, is full. */
async function deafPort(t) {
	const listener = new Worker(`
		const { parentPort } = require("node:worker_threads");
		const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
			parentPort.postMessage(server.address().port);
			setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
		});`, { eval: true });
	const [port] = await once(listener, "message");
	const callers = Array.from({ length: 4 }, () => net.connect(port, "127.0.0.1").on("error", () => {}));
	t.after(() => {
		callers.forEach((caller) => caller.destroy());
		return listener.terminate();
	});
	await once(callers[0], "connect");
	await once(callers[1], "connect");
	return port;
}

test("an upstream that takes no connection is given up and leaves nothing behind", async (t) => {
	const base_url = `http://127.0.0.1:${await deafPort(t)}/v1`;
	const conf = { openai: { base_url, connect_timeout: "300ms" }, retry: { max_retries: 1 } };
	const atlas = await startAtlas({ workers: 1, conf });
	for (let i = 0; i < 2; i++)
		assert.equal(refusal(await chat(atlas, { fresh: true }), 502).code, "upstream_unreachable");
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
