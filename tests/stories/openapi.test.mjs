// etc/openapi.json against the program: every route is described and nothing else is,
// every answer is as described, with no member more and none less, and every object that
// is described was in one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import { after, before, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { chat, chatStream, get, leaks, makeFolder, program, settled, startAtlas, startSim, until } from "./lib/index.mjs";
import { open, read } from "./lib/http.mjs";
import { events } from "./lib/sse.mjs";

const text = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const doc = JSON.parse(text("etc/openapi.json"));
const METHODS = ["get", "post", "patch", "delete"];
const operations = Object.entries(doc.paths).flatMap(([path, item]) =>
	METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(doc, "atlas");

const checkOf = (pointer) => ajv.getSchema(`atlas#${pointer}`) ?? ajv.compile({ $ref: `atlas#${pointer}` });

function holds(pointer, value, what) {
	const check = checkOf(pointer);
	assert.ok(check(value), `${what}: ${ajv.errorsText(check.errors)}\n${JSON.stringify(value).slice(0, 2000)}`);
	see(pointer, value);
}

const escape = (part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
const unescape = (part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
const pointerTo = (...parts) => parts.map((part) => `/${escape(part)}`).join("");
const schemaAt = (pointer) => pointer.split("/").slice(1).reduce((part, name) => part[unescape(name)], doc);

/** What may stand below a schema: [pointer, the values that do in such a value]. */
function below(pointer, value) {
	const { properties = {}, items, $ref, ...schema } = schemaAt(pointer);
	const ways = ["allOf", "anyOf", "oneOf"].flatMap((how) => (schema[how] ?? []).map((_, i) => `${pointer}/${how}/${i}`));
	return [
		...($ref ? [[$ref.slice(1), [value]]] : []),
		...ways.map((way) => [way, checkOf(way)(value) ? [value] : []]),
		...(items ? [[`${pointer}/items`, Array.isArray(value) ? value : []]] : []),
		...Object.keys(properties).map((name) => [`${pointer}/properties/${escape(name)}`, value?.[name] === undefined ? [] : [value[name]]]),
	];
}

const seen = new Set();

function see(pointer, value) {
	seen.add(pointer);
	for (const [part, values] of below(pointer, value)) for (const one of values) see(part, one);
}

/** Every object that can be reached from there. */
function objectsOf(pointer, found = new Set()) {
	if (found.has(pointer)) return found;
	found.add(pointer);
	for (const [part] of below(pointer)) objectsOf(part, found);
	return found;
}

let sim, atlas, id, running;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 1, conf: { limits: { requests_per_minute: 10000 } } });
	await sim.weather({ mode: "500", count: 1 });
	const answer = await chat(atlas, { headers: { "X-Atlas-Session": "s1" } });
	id = answer.headers["x-atlas-request-id"];
	assert.equal((await chat(atlas, { message: "x", model: "no-such-model" })).status, 404);
	await settled(atlas, 1);
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

describe("the table", () => {
	test("is valid OpenAPI 3.1", async () => {
		const { valid, errors } = await new Validator().validate(structuredClone(doc));
		assert.ok(valid, JSON.stringify(errors));
	});

	test("has every route with its role, and nothing else", () => {
		const rows = [...text("daemons/front/routes.def").matchAll(/^ROUTE\((\w+), "([^"]+)", (\w+),/gm)];
		const bare = (path) => path.replace(/\{\w+\}|\*+/g, "*");
		const routes = rows.map(([, method, path, role]) => `${method.toLowerCase()} ${bare(path)} ${role}`);
		const told = operations.map((o) => `${o.method} ${bare(o.path)} ${o["x-atlas-role"]}`);
		assert.deepEqual(told.toSorted(), routes.toSorted());
	});

	test("names every parameter of a path, and each operation once", () => {
		for (const o of operations) {
			const names = [...o.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
			const told = (o.parameters ?? []).filter((p) => p.in === "path").map((p) => p.name);
			assert.deepEqual(told, names, o.path);
		}
		assert.equal(new Set(operations.map((o) => o.operationId)).size, operations.length);
	});
});

const ask = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hi" }] };

// How each operation is asked so that it succeeds; in the order of the document.
const HOW = {
	page_file: { path: "/app/page.css" },
	model: { path: "/v1/models/gpt-4o" },
	chat_completions: { body: ask },
	responses: { body: { model: "gpt-4o-mini", input: "hi" } },
	completions: { body: { model: "gpt-3.5-turbo-instruct", prompt: "hi" } },
	embeddings: { body: { model: "text-embedding-3-small", input: "hi" } },
	chat_stream: { body: { message: "hi", session_id: "c1", model: "gpt-4o-mini" } },
	chat_complete: { body: { message: "hi", session_id: "c1", model: "gpt-4o-mini" } },
	chat_session: { path: "/chat/sessions/c1" },
	chat_export: { path: "/chat/sessions/c1/export" },
	chat_rename: { path: "/chat/sessions/c1", body: { title: "two words" } },
	chat_remove: { path: "/chat/sessions/c1" },
	session_cancel: { path: "/chat/sessions/c1/cancel" },
	tool_sample: { path: "/tools/cost/sample", body: {} },
	request_cancel: {
		path: () => `/monitoring/requests/${running ?? id}/cancel`,
		begin: async () => {
			const stream = await chatStream(atlas, { message: "[[sim tokens=400 tps=20]]" });
			running = stream.headers["x-atlas-request-id"];
		},
	},
	session_usage: { path: "/monitoring/session-usage/s1" },
	request_story: { path: () => `/monitoring/requests/${id}` },
	live: { enough: 4 },
	token_create: { body: { name: "ann", role: "chat", budget_day: 2.5, priority: "high" } },
	token_change: { path: "/admin/tokens/ann", body: { concurrent: 4, budget_day: null } },
	token_revoke: { path: "/admin/tokens/ann" },
};

async function put(o, options = {}) {
	const how = HOW[o.operationId] ?? {};
	const path = typeof how.path === "function" ? how.path() : (how.path ?? o.path);
	assert.ok(!path.includes("{"), `no way to ask for ${o.operationId}`);
	const asked = options.query ? `${path}?${options.query}` : path;
	return open(atlas, { method: o.method.toUpperCase(), path: asked, body: how.body, ...options });
}

/** Reads a stream of events to its end, or until each kind that is wanted was there. */
async function heard(response, enough) {
	const all = [];
	for await (const { event, data } of events(response)) {
		if (data !== undefined) all.push([event, JSON.parse(data)]);
		if (all.length === enough) break;
	}
	response.destroy();
	return all;
}

async function checkStream(o, response, pointer) {
	const all = await heard(response, HOW[o.operationId]?.enough);
	assert.ok(all.length > 0);
	for (const [event, data] of all)
		holds(pointer + pointerTo("x-events", event), data, `${o.operationId}: ${event}`);
}

describe("an answer", () => {
	for (const o of operations)
		test(`${o.method} ${o.path} is as described`, async () => {
			const where = ["paths", o.path, o.method, "responses"];
			const body = HOW[o.operationId]?.body;
			const type = "application/json";
			if (body) holds(pointerTo("paths", o.path, o.method, "requestBody", "content", type, "schema"), body, "asked");
			await HOW[o.operationId]?.begin?.();
			const response = await put(o);
			const status = String(response.statusCode);
			assert.ok(o.responses[status], `${status} is not described`);
			const kind = (response.headers["content-type"] ?? "").split(";")[0];
			const content = o.responses[status].content;
			if (content) assert.ok(content[kind], `${kind} is not described`);
			const pointer = pointerTo(...where, status, "content", kind);
			if (content?.[kind]["x-events"]) return checkStream(o, response, pointer);
			const { json } = await read(response);
			if (content && kind === type) holds(`${pointer}/schema`, json, o.operationId);
		});

	test("to a chat token that is told of itself alone is as described", async () => {
		const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "self", "--requests-per-hour", "9");
		const { token } = made.json;
		const { headers } = await chat(atlas, { token, message: "hi" });
		const [usage, story] = [
			await get(atlas, "/monitoring/token-usage", { token }),
			await get(atlas, `/monitoring/requests/${headers["x-atlas-request-id"]}`, { token }),
		];
		assert.deepEqual([usage.json.token.name, story.json.attempts[0].client], ["self", "self"]);
		holds(pointerTo("components", "schemas", "TokenUsage"), usage.json, "usage");
		holds(pointerTo("components", "schemas", "Story"), story.json, "story");
	});

	for (const o of operations.filter((o) => o["x-atlas-role"] !== "PUBLIC"))
		test(`${o.method} ${o.path} without a token is refused as described`, async () => {
			const { status, json } = await read(await put(o, { token: null }));
			assert.equal(status, 401);
			holds(pointerTo("components", "schemas", "Error"), json, o.operationId);
		});
});

test("an answer of a gateway with a past, a queue and limits is as described", async () => {
	const dataDir = makeFolder(os.tmpdir());
	execFileSync(program("bench/facts"), [20000, dataDir, 1100, 4]);
	const busy = await startAtlas({ sim, dataDir, workers: 1, conf: {
		limits: { tokens_per_minute: 150, tokens_per_hour: 10 ** 9, requests_per_hour: 10 ** 6 },
		queue: { max_wait: "2s" }, alerts: { hold: 0, cost_day: 0.000001 },
	} });
	const schema = (name) => pointerTo("components", "schemas", name);
	const hold = async (name, path) => {
		const { json } = await get(busy, path);
		holds(schema(name), json, path);
		return json;
	};
	const { token } = (await busy.ctl("tokens", "create", "--role", "chat", "--name", "ann", "--budget-day", "9")).json;
	const queued = (list) => until(async () => (await hold("QueueStatus", "/monitoring/queue-status")).queue[list].length === 1, { what: list });
	const first = await chatStream(busy, { token, message: "x [[sim prompt=0 tokens=100 tps=200]]", body: { max_tokens: 100 } });
	await queued("processing_requests");
	assert.ok((await first.collect()).done);
	const late = await chatStream(busy, { path: "/chat/stream", body: { model: "gpt-4o-mini", messages: undefined, message: "Later", max_tokens: 110 } });
	await queued("queued_requests");
	for (const { event, json } of (await late.collect()).events)
		holds(pointerTo("paths", "/chat/stream", "post", "responses", "200", "content", "text/event-stream", "x-events", event), json, event);
	const { story } = await hold("Story", `/monitoring/requests/${late.headers["x-atlas-request-id"]}`);
	assert.equal(story.at(-1).event, "never_sent");
	for (const by of ["model", "client", "key", "session"]) await hold("TokenUsage", `/monitoring/token-usage?hours=48&by=${by}`);
	const { forecast, by_session: sessions, ...total } = await hold("CostBreakdown", "/monitoring/cost-breakdown?hours=96");
	assert.equal(forecast.method, "outlook");
	assert.deepEqual(forecast.hour_limits.map(({ unit, limit }) => [unit, limit]).toSorted(), [["requests", 10 ** 6], ["tokens", 10 ** 9]]);
	assert.ok(forecast.next_24_hours.low_usd < forecast.next_24_hours.high_usd);
	assert.deepEqual([sessions.length, sessions.at(-1).names], [1001, 102], "none and the chat of the late one beside 1,100");
	for (const [figure, scale] of [["attempt_count", 1], ["total_tokens", 1], ["total_cost_usd", 1e9]])
		assert.equal(sessions.reduce((sum, one) => sum + Math.round(one[figure] * scale), 0), Math.round(total[figure] * scale), figure);
	const { advice } = await hold("Performance", "/monitoring/performance?hours=48");
	assert.equal(advice.find(({ rule }) => rule === "idle_limits").figures.find(({ name }) => name === "limit").value, 10 ** 9);
	await until(async () => (await hold("Alerts", "/monitoring/alerts")).news.length > 0, { what: "the alert" });
	assert.equal(await busy.stop(), 0);
	assert.deepEqual(await leaks(busy), []);
});

test("of every object that is described there was one", () => {
	const answers = operations.flatMap(({ path, method, responses }) => Object.entries(responses).flatMap(([status, { content = {} }]) =>
		Object.entries(content).flatMap(([kind, { "x-events": told = {} }]) => {
			const at = pointerTo("paths", path, method, "responses", status, "content", kind);
			return kind === "application/json" ? [`${at}/schema`] : Object.keys(told).map((name) => at + pointerTo("x-events", name));
		})));
	const all = new Set(answers.flatMap((pointer) => [...objectsOf(pointer)]));
	assert.deepEqual([...all].filter((pointer) => !seen.has(pointer) && schemaAt(pointer).properties), []);
	assert.ok(all.size > 500, `${all.size}`);
});

describe("a question", () => {
	test("has the parameters that are described, and no other", async () => {
		const good = { hours: "hours=48", format: "format=jsonl", limit: "limit=5", after: `after=${"0".repeat(16)}` };
		for (const o of operations.filter(({ path }) => /^\/(monitoring|metrics|admin|openapi)/.test(path)))
			if (o.method === "get" && o.operationId !== "live") {
				const named = (o.parameters ?? []).map((p) => (p.$ref ? p.$ref.split("/").at(-1) : p.name));
				for (const name of named.filter((name) => good[name]))
					assert.equal((await read(await put(o, { query: good[name] }))).status, 200, `${o.path} ${name}`);
				const { status, json } = await read(await put(o, { query: "nonsense=1" }));
				assert.equal(status, 400, o.path);
				assert.equal(json.error.param, "nonsense", o.path);
			}
	});

	test("for the description is answered with the very file", async () => {
		const { json } = await read(await open(atlas, { path: "/openapi.json" }));
		assert.deepEqual(json, doc);
	});
});
