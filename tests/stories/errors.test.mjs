// What a client is told when the upstream fails: OpenAI's shape, what happened, what to do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { chat, chatStream, get, post, serve, startAtlas, startSim, until } from "./lib/index.mjs";

const model = "gpt-4o-mini";
// Nothing is tried again and nothing pauses behind a refusal, so that each is told by itself.
const CONF = {
	retry: { max_retries: 0 },
	stabilization: { minutes: 0, faults: 1000000, max_backoff: "10ms", recheck: 0 },
};
const WAIT = / Please try again in (\d+(?:\.\d{1,3})?)s\.$/;

// mode of the simulator → what each endpoint answers. waits: waiting helps. row: status and code
// that the ledger has.
const WEATHERS = [
	["429", { status: 429, type: "requests", code: "rate_limit_exceeded", waits: true, row: [429, "rate_limit_exceeded"] }],
	["429-tokens", { status: 429, type: "tokens", code: "rate_limit_exceeded", waits: true }],
	["too-large", { status: 413, type: "tokens", code: "request_too_large", row: [429, "request_too_large"] }],
	["slow_down_429", { status: 429, type: "requests", code: "slow_down", waits: true }],
	["slow_down", { status: 429, type: "requests", code: "slow_down", waits: true }],
	...[
		"insufficient_quota",
		"credit_balance_exhausted",
		"organization_spend_limit_exceeded",
		"project_spend_limit_exceeded",
		"organization_usage_limit_exceeded",
	].map((mode) => [
		mode,
		{ status: 429, type: "insufficient_quota", code: "insufficient_quota" },
	]),
	["500", { status: 502, type: "server_error", code: "upstream_failed", waits: true }],
	["502", { status: 502, type: "server_error", code: "upstream_failed", waits: true }],
	["html-error", { status: 502, type: "server_error", code: "upstream_failed", waits: true }],
	["empty-error", { status: 502, type: "server_error", code: "upstream_failed", waits: true }],
	["error-200", { status: 502, type: "server_error", code: "upstream_failed", waits: true }],
	["limit-200", { status: 429, type: "requests", code: "rate_limit_exceeded", waits: true }],
	["quota-200", { status: 429, type: "insufficient_quota", code: "insufficient_quota" }],
	["503", { status: 503, type: "upstream_error", code: "upstream_overloaded", waits: true }],
	["overloaded", { status: 503, type: "upstream_error", code: "upstream_overloaded", waits: true }],
	["504", { status: 504, type: "upstream_error", code: "upstream_timeout" }],
	["408", { status: 504, type: "upstream_error", code: "upstream_timeout" }],
	["409", { status: 409, type: "server_error", code: null }],
	["400", { status: 400, type: "invalid_request_error", code: "invalid_value" }],
	["404", { status: 404, type: "invalid_request_error", code: "model_not_found" }],
	["422", { status: 422, type: "invalid_request_error", code: null }],
	["die-before-read", { status: 502, type: "upstream_error", code: "upstream_outcome_unknown" }],
	["die-after-read", { status: 502, type: "upstream_error", code: "upstream_outcome_unknown" }],
	["garbage", { status: 502, type: "upstream_error", code: "upstream_protocol" }],
	["wrong-content-type", { status: 502, type: "upstream_error", code: "upstream_protocol" }],
	["redirect:1", { status: 502, type: "upstream_error", code: "upstream_protocol" }],
	// last: our key goes out of service
	["401", { status: 502, type: "upstream_error", code: "upstream_authentication" }],
	["403", { status: 502, type: "upstream_error", code: "upstream_authentication" }],
];

const ENDPOINTS = [
	["/v1/chat/completions", { model, messages: [{ role: "user", content: "Hello" }] }],
	["/v1/chat/completions", { model, messages: [{ role: "user", content: "Hi" }], stream: true }],
	["/v1/responses", { model, input: "Hello" }],
	["/v1/responses", { model, input: "Hello", stream: true }],
	["/v1/completions", { model: "gpt-3.5-turbo-instruct", prompt: "Hello" }],
	["/v1/embeddings", { model: "text-embedding-3-small", input: "Hello" }],
];

let sim, atlas;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, conf: CONF });
});

after(async () => assert.equal(await atlas.stop(), 0));

function check(answer, want, name) {
	const { error } = answer.json ?? {};
	const seen = `${name}: ${answer.status} ${answer.text}`;
	assert.equal(answer.status, want.status, seen);
	assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"], seen);
	assert.deepEqual([error.type, error.code], [want.type, want.code], seen);
	assert.equal(answer.headers["x-should-retry"], "false", seen);
	const [, said] = WAIT.exec(error.message) ?? [];
	assert.equal(said !== undefined, want.waits === true, seen);
	if (!want.waits) return assert.equal(answer.headers["retry-after"], undefined, seen);
	assert.equal(Number(answer.headers["retry-after-ms"]), Math.round(said * 1000), seen);
	assert.equal(Number(answer.headers["retry-after"]), Math.ceil(said), seen);
	assert.ok(Number(answer.headers["retry-after"]) <= 60, seen);
}

async function rowOf(answer) {
	const { json } = await atlas.ctl("why", answer.headers["x-atlas-request-id"]);
	return json.attempts.map(({ status, error_code: code }) => [status, code]).flat();
}

test("every refusal, at every endpoint, whole and streamed", async () => {
	let n = 0;
	for (const [mode, want] of WEATHERS) {
		await sim.weather({ mode });
		for (const [path, body] of ENDPOINTS) {
			const answer = await post(atlas, path, body);
			check(answer, want, `${mode} ${path}${body.stream ? " stream" : ""}`);
			if (want.row) assert.deepEqual(await rowOf(answer), want.row, `${mode} ${path}`);
			n++;
		}
		await sim.clearWeather();
	}
	console.log(`${n} refusals as the table has them`);
});

test("what the upstream advises about another try goes before its status", async () => {
	const patient = await startAtlas({ sim, conf: { ...CONF, retry: { max_retries: 3, base_delay: "10ms" } } });
	for (const [mode, advice, status, tries] of [
		["503", false, 503, 1],
		["500", false, 502, 1],
		["503", true, 200, 2],
		["400", true, 200, 2],
		["400", false, 400, 1],
	]) {
		await sim.weather({ mode, should_retry: advice, count: 1 });
		const before = (await sim.billSummary()).requests;
		const answer = await post(patient, ...ENDPOINTS[0]);
		const what = `${mode}, x-should-retry ${advice}: ${answer.text}`;
		assert.equal(answer.status, status, what);
		assert.equal((await sim.billSummary()).requests - before, tries, what);
		await sim.clearWeather();
	}
	assert.equal(await patient.stop(), 0);
});

test("an error in the midst of a stream keeps its words and ends it", async () => {
	await sim.weather({ mode: "error-event" });
	const stream = await chatStream(atlas, { message: "Go on [[sim tokens=50]]" });
	const told = await stream.collect();
	await sim.clearWeather();
	assert.deepEqual([told.done, told.cut], [true, undefined]);
	assert.ok(told.said.length > 0);
	assert.match(told.error.message, /./);
	assert.equal(told.events.filter(({ json }) => json?.error).length, 1);
});

test("the SDK raises its usual exceptions", async () => {
	const client = new OpenAI({ baseURL: `${atlas.base}/v1`, apiKey: atlas.token });
	const ask = () => client.responses.create({ model, input: "Hello" });
	for (const [mode, Exception] of [
		["429", OpenAI.RateLimitError],
		["insufficient_quota", OpenAI.RateLimitError],
		["503", OpenAI.InternalServerError],
		["500", OpenAI.InternalServerError],
		["400", OpenAI.BadRequestError],
	]) {
		await sim.weather({ mode });
		const before = (await sim.billSummary()).requests;
		await assert.rejects(ask(), Exception, mode);
		assert.equal((await sim.billSummary()).requests - before, 1, "not tried again");
		await sim.clearWeather();
	}
});

test("the upstream's wait is passed on, in the headers at most a minute of it", async () => {
	const alone = await startAtlas({ sim, conf: CONF }); // it will not send for a while
	for (const [asked, told] of [[0.02, 20], [1.5, 1500], [3600, 60000]]) {
		await sim.weather({ mode: "429", retry_after: asked });
		const answer = await post(alone, ...ENDPOINTS[0]);
		await sim.clearWeather();
		assert.equal(answer.status, 429, answer.text);
		assert.equal(Number(answer.headers["retry-after-ms"]), told);
		assert.equal(WAIT.exec(answer.json.error.message)?.[1], String(asked));
	}
	assert.equal(await alone.stop(), 0);
});

test("a sentence says how often Atlas has tried", async () => {
	const conf = { ...CONF, retry: { max_retries: 1, base_delay: "10ms", max_delay: "20ms" } };
	const again = await startAtlas({ sim, conf });
	await sim.weather({ mode: "500" });
	const answer = await post(again, ...ENDPOINTS[0]);
	await sim.clearWeather();
	assert.equal(answer.headers["x-atlas-retries"], "1", answer.text);
	assert.match(answer.json.error.message, /Atlas tried it 2 times\./);
	assert.equal(await again.stop(), 0);
});

test("a response that fails before it has written anything is asked for again", async () => {
	const event = (type, sequence_number, response) =>
		`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...response })}\n\n`;
	const begun = (id) =>
		event("response.created", 0, { response: { id, status: "in_progress", error: null } }) +
		event("response.in_progress", 1, { response: { id, status: "in_progress" } });
	const answers = [
		begun("resp_1") +
			event("response.failed", 2, {
				response: { id: "resp_1", error: { code: "rate_limit_exceeded", message: "Not now." } },
			}),
		begun("resp_2") +
			event("response.output_text.delta", 2, { delta: "hello" }) +
			event("response.completed", 3, {
				response: { id: "resp_2", usage: { input_tokens: 1, output_tokens: 1 } },
			}),
	];
	const server = await serve((request, body, response) => {
		response.writeHead(200, { "content-type": "text/event-stream" });
		for (const piece of answers.shift().split(/(?<=\n\n)/)) response.write(piece);
		response.end();
	});
	const fickle = await startAtlas({ sim: { base: server.base, apiKey: "sk-fickle-1234" } });
	const stream = await chatStream(fickle, {
		path: "/v1/responses",
		body: { messages: undefined, input: "Hello" },
	});
	const { events } = await stream.collect();
	assert.equal(stream.headers["x-atlas-retries"], "1");
	const why = await fickle.ctl("why", stream.headers["x-atlas-request-id"]);
	assert.equal(why.json.attempts[0].status, 429, why.stdout);
	assert.deepEqual(
		events.map(({ json }) => [json.type, json.response?.id]),
		[
			["response.created", "resp_2"],
			["response.in_progress", "resp_2"],
			["response.output_text.delta", undefined],
			["response.completed", "resp_2"],
		],
	);
	assert.equal(await fickle.stop(), 0);
	server.close();
});

// Refused by the upstream, the key is of no use, and everybody who asks is told so.
async function keyIsOut(alone, { mode, said, logged }) {
	await sim.weather({ mode });
	const refused = await chat(alone);
	await sim.clearWeather();
	assert.match(refused.json.error.message, said);
	const status = await alone.ctl("status");
	const [reason, ...others] = status.json.reasons;
	assert.deepEqual([status.code, status.json.state, others], [1, "degraded", []], status.stdout);
	assert.match(reason, /^upstream key \S+ is out_of_service since \d{4}-.*: add credit and `atlasctl reload`, or restart with another OPENAI_API_KEY;/);
	const limits = await get(alone, "/monitoring/rate-limits");
	assert.deepEqual(
		[limits.json.status, limits.json.keys[0].state],
		["error", "out_of_service"],
		limits.text,
	);
	const lines = () => alone.log().split("\n").filter((line) => line.includes(logged));
	await until(() => lines().length > 0);
	assert.equal(lines().length, 1, alone.log());
	assert.match(lines()[0], / warn dispatch key_out_of_service key=\S+ reason="/);
	assert.doesNotMatch(alone.log(), /key_state .*state=out_of_service|key_out_of_service detail/);
	return reason;
}

async function readiness(alone) {
	const { status, json } = await get(alone, "/readyz", { token: null });
	return [status, json.status, ...json.reasons];
}

async function allIsWell(alone) {
	assert.equal((await chat(alone)).status, 200);
	assert.deepEqual(await readiness(alone), [200, "ready"]);
	const { code, stdout } = await alone.ctl("status");
	assert.equal(code, 0, stdout);
}

test("a key out of service is seen everywhere until a reload or a probe mends it", async () => {
	const calm = { ...CONF.stabilization, recheck: "1h" };
	const alone = await startAtlas({ sim, conf: { ...CONF, stabilization: calm } });
	await until(async () => (await alone.ctl("status")).code === 0, { what: "every front" });
	const unhealthy = [503, "not_ready", "key_out_of_service"];
	let reason = await keyIsOut(alone, {
		mode: "401",
		said: /the operator, who has to replace it: atlasctl status says how\.$/,
		logged: 'reason="the upstream refuses the key"',
	});
	assert.match(reason, /; it is probed again in \S/);
	assert.deepEqual(await readiness(alone), unhealthy);
	assert.equal((await alone.ctl("reload")).code, 0);
	await until(async () => (await alone.ctl("status")).code === 0);
	await allIsWell(alone);

	// nothing comes to probe it where a load balancer obeys /readyz
	alone.configure({ stabilization: { recheck: 0 } });
	assert.equal((await alone.ctl("reload")).code, 0);
	await until(async () => {
		const { epoch, processes } = (await alone.ctl("status")).json;
		return processes.find(({ role }) => role === "dispatch").epoch === epoch;
	});
	reason = await keyIsOut(alone, {
		mode: "insufficient_quota",
		said: /the operator must see to the account\.$/,
		logged: 'reason="the upstream account has nothing left to spend"',
	});
	assert.match(reason, /; the next request probes it$/);
	assert.deepEqual(await readiness(alone), [200, "ready"]);
	await allIsWell(alone);
	assert.equal(await alone.stop(), 0);
});

test("JSON behind a 200 is an answer, an error, or neither", async () => {
	const failed = { id: "resp_1", status: "failed", error: { code: "server_error", message: "No." }, output: [] };
	const whole = { id: "chatcmpl-1", model, choices: [{ message: { content: "Hello" } }], usage: { prompt_tokens: 1, completion_tokens: 1 } };
	const bodies = [failed, whole, { error: "no more today" }];
	const server = await serve((request, body, response) =>
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(bodies.shift())));
	const alone = await startAtlas({ sim: { base: server.base, apiKey: "sk-alone-1234" }, conf: CONF });
	const response = await post(alone, ...ENDPOINTS[2]);
	assert.deepEqual([response.status, response.json], [200, failed], "a response that failed has its own way to say so");
	const stream = await post(alone, ...ENDPOINTS[1]);
	assert.deepEqual([stream.status, stream.json.error.code], [502, "upstream_protocol"], stream.text);
	const refused = await post(alone, ...ENDPOINTS[0]);
	assert.deepEqual([refused.status, refused.json.error.code], [502, "upstream_failed"], refused.text);
	assert.match(refused.json.error.message, /no more today/);
	const row = await until(async () => {
		const { json } = await alone.ctl("why", refused.headers["x-atlas-request-id"]);
		return json.attempts?.[0].outcome !== "open" && json.attempts?.[0];
	}, { what: "it is settled" });
	assert.deepEqual([row.outcome, row.status, row.cost_nanousd], ["released", 500, 0]);
	assert.equal(await alone.stop(), 0);
	server.close();
});

test("an error behind a 200 is known by its code or its type, also beside an id and usage", async () => {
	let told, asked = 0;
	const upstream = await serve((request, body, response) => {
		asked++;
		response.setHeader("content-type", "application/json");
		response.end(JSON.stringify(told));
	});
	const alone = await startAtlas({ sim: { base: upstream.base, apiKey: "sk-alone-123456" }, conf: { ...CONF, retry: { max_retries: 2, base_delay: 0.01 } } });
	const usage = { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 };
	const error = (code, type) => ({ error: { message: "No.", type, param: null, code } });
	for (const [answer, status, times] of [
		[error("model_not_found", "invalid_request_error"), 404, 1],
		[error("content_policy_violation", "invalid_request_error"), 400, 1],
		[error(null, "invalid_request_error"), 400, 1],
		[{ ...error("rate_limit_exceeded", "requests"), id: "x" }, 429, 3],
		[{ ...error(429, null), usage, model }, 429, 3],
		[{ ...error("odd", "server_error"), usage }, 502, 3],
	]) {
		told = answer;
		asked = 0;
		const { status: seen, json, text, headers } = await chat(alone);
		assert.equal(seen, status, text);
		assert.ok(json.error.message, text);
		assert.equal(asked, times, JSON.stringify(answer));
		const rows = await until(async () => {
			const { attempts } = (await get(alone, `/monitoring/requests/${headers["x-atlas-request-id"]}`)).json;
			return attempts?.length === times && attempts.every(({ outcome }) => outcome !== "open") && attempts;
		});
		for (const row of rows) assert.equal(row.prompt_tokens, answer.usage ? 10 : 0, JSON.stringify(row));
	}
	assert.equal(await alone.stop(), 0);
	upstream.close();
});
