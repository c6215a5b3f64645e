// Tools of the configuration: endpoints that dispatch calls for a model, those of the
// settings and no others, all of a turn at once, and whatever becomes of them.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { chatStream, get, leaks, ledgerEqualsBill, post, startAtlas, startSim, until } from "./lib/index.mjs";

let sim, atlas, tools, elsewhere, release;
const released = new Promise((resolve) => (release = resolve));

/** A server of tools: by path, what it does with a call. `seen` has every call. */
async function startTools(more = {}) {
	const seen = [];
	const open = new Set();
	const paths = {
		"/echo": (call, reply) => reply(200, { heard: call.json }),
		"/words": (_, reply) => reply(200, "It \"rains\".", "text/plain"),
		"/wrong": (_, reply) => reply(503, { reason: "asleep" }),
		"/moved": (_, reply, res) => res.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
		"/long": (_, reply) => reply(200, { text: "x".repeat(2000) }),
		"/binary": (_, reply) => reply(200, Buffer.from([0xff, 0xfe, 0x00, 0x22]), "application/json"),
		"/never": () => {},
		"/hold": (_, reply) => released.then(() => reply(200, { held: true })),
		"/cut": (_, reply, res) => res.socket.destroy(),
		...more,
	};
	const server = http.createServer(async (req, res) => {
		const parts = [];
		for await (const part of req) parts.push(part);
		const text = Buffer.concat(parts).toString();
		const call = { path: req.url, method: req.method, headers: req.headers, text, json: JSON.parse(text || "null") };
		seen.push(call);
		const waiting = { path: req.url };
		open.add(waiting);
		res.on("close", () => open.delete(waiting));
		const reply = (status, body, type = "application/json") =>
			res.writeHead(status, { "content-type": type }).end(type === "application/json" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body);
		paths[req.url]?.(call, reply, res);
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	return { port, seen, open, url: (path) => `http://127.0.0.1:${port}${path}`, close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
}

const confOf = (...names) => Object.fromEntries([
	["tools", { hosts: "127.0.0.1" }],
	...names.map((name) => [`tool ${name}`, {
		url: tools.url(`/${name}`),
		description: `Does what ${name} does, for tests.`,
		parameters: '{"type":"object","properties":{"city":{"type":"string"}}}',
		sample: '{"city":"Paris"}',
	}]),
]);

before(async () => {
	elsewhere = await startTools();
	tools = await startTools();
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 2, conf: {
		...confOf("echo", "words", "wrong", "moved", "long", "binary", "never", "cut", "deaf", "secret", "hold"),
		"tool long": { ...confOf("long")["tool long"], max_bytes: "1K" },
		"tool never": { ...confOf("never")["tool never"], timeout: "300ms" },
		"tool hold": { ...confOf("hold")["tool hold"], timeout: "60s" },
		"tool deaf": { ...confOf("deaf")["tool deaf"], url: "http://127.0.0.1:1/" },
		"tool secret": { ...confOf("secret")["tool secret"], url: tools.url("/echo"), role: "admin" },
	} });
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
	assert.equal(elsewhere.seen.length, 0, "no other host or port was called");
	await Promise.all([tools.close(), elsewhere.close()]);
});

const say = (message, more = {}, options = {}) =>
	post(atlas, "/chat/complete", { message, tools: true, ...more }, options);

const calls = (...names) => `Do it [[sim ${names.map((one) => `call=${one}`).join(" ")}]]`;

describe("the list", () => {
	test("it has them behind Atlas's own; a sample is a call with its answer", async () => {
		const { json } = await get(atlas, "/tools");
		assert.deepEqual(json.tools.slice(7, 9).map(({ name }) => name), ["echo", "words"]);
		assert.deepEqual(json.tools[7].sample, { city: "Paris" });
		assert.equal(json.tools[7].parameters.properties.city.type, "string");
		const ran = await post(atlas, "/tools/echo/sample", {});
		assert.equal(ran.status, 200, ran.text);
		assert.deepEqual(ran.json.result, { heard: { city: "Paris" } });
		const other = await post(atlas, "/tools/echo/sample", { arguments: { city: "Rome" } });
		assert.deepEqual(other.json.result, { heard: { city: "Rome" } });
		const told = await post(atlas, "/tools/words/sample", { explain: true });
		assert.deepEqual(told.json.tools[0].result, { text: 'It "rains".' });
		assert.ok(told.json.text.length > 0);
	});

	test("a token has those of its role, also in a turn", async () => {
		const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "talker");
		const { token } = made.json;
		const { json } = await get(atlas, "/tools", { token });
		assert.ok(!json.tools.some(({ name }) => name === "secret"));
		assert.equal((await post(atlas, "/tools/secret/sample", {}, { token })).status, 404);
		const before = tools.seen.length;
		const answer = await say(calls("secret({})"), {}, { token });
		assert.equal(answer.json.tools[0].result.error, "there is no such tool");
		assert.equal(tools.seen.length, before);
	});
});

describe("a turn", () => {
	test("calls run at once, are told as they end and read in their order", async () => {
		let both;
		const bothThere = new Promise((resolve) => (both = resolve));
		let n = 0;
		const meet = (call, reply) => (++n === 2 && both(), bothThere.then(() => reply(200, call.json)));
		const own = await startTools({ "/left": meet, "/right": meet });
		atlas.configure({ "tool left": { url: own.url("/left"), description: "Waits for the right one." },
			"tool right": { url: own.url("/right"), description: "Waits for the left one." } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		const answer = await say(calls('left({"n":1})', "time({})", 'right({"n":2})'));
		assert.equal(answer.status, 200, answer.text);
		assert.deepEqual(answer.json.tools.map(({ name }) => name), ["left", "time", "right"]);
		assert.deepEqual(answer.json.tools[2].result, { n: 2 });
		assert.ok(answer.json.text.length > 0);
		const { messages } = (await get(atlas, `/chat/sessions/${answer.json.session_id}`)).json.turns[0];
		assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant", "tool", "tool", "tool", "assistant"]);
		assert.deepEqual(messages.slice(2, 5).map((one) => one.tool_call_id), messages[1].tool_calls.map(({ id }) => id));
		assert.ok(answer.json.metrics.tool_duration_ms >= 0);
		await ledgerEqualsBill(atlas, sim);
		atlas.configure({ "tool left": undefined, "tool right": undefined });
		delete atlas.settings["tool left"], delete atlas.settings["tool right"];
		atlas.configure({});
		assert.equal((await atlas.ctl("reload")).code, 0);
		await until(async () => !(await get(atlas, "/tools", { fresh: true })).text.includes('"left"'));
		await own.close();
	});

	test("what a tool gets: the arguments by POST, and no key or token of anybody's", async () => {
		tools.seen.length = 0;
		await say(calls('echo({"city":"Ulm"})'));
		const [{ method, headers, json }] = tools.seen;
		assert.equal(method, "POST");
		assert.deepEqual(json, { city: "Ulm" });
		assert.equal(headers.authorization, undefined);
		assert.equal(headers["content-type"], "application/json");
		assert.match(headers["x-atlas-request-id"], /^req_[0-9a-f]{32}$/);
		const all = JSON.stringify(tools.seen);
		assert.ok(!all.includes(sim.apiKey) && !all.includes(atlas.token));
	});

	test("nobody who asks names another host: a tool's is that of the settings", async () => {
		const url = elsewhere.url("/");
		const before = tools.seen.length;
		for (const name of ["url", "base_url", "host", "tool", "method", "headers", "redirect"]) {
			assert.equal((await post(atlas, "/tools/echo/sample", { [name]: url })).status, 400, name);
			assert.equal((await say("Hi", { [name]: url })).status, 400, name);
			const ran = await post(atlas, "/tools/echo/sample", { arguments: { [name]: url } });
			assert.deepEqual(ran.json.result, { heard: { [name]: url } });
		}
		for (const name of [url, "echo/../../x", "echo%2f..", "echo?x", "../echo"]) {
			assert.ok((await post(atlas, `/tools/${encodeURIComponent(name)}/sample`, {})).status >= 400);
			assert.equal((await say("Hi", { tools: [name] })).status, 400, name);
		}
		assert.equal(tools.seen.length, before + 7);
		assert.ok(tools.seen.every(({ path }) => path === "/echo" || !path.includes("127")));
	});

	test("a tool at a host that is not allowed is refused with its line, and nothing changes", async () => {
		const before = (await get(atlas, "/tools")).text;
		atlas.configure({ "tool evil": { url: "https://evil.example/", description: "Is elsewhere." } });
		const refused = await atlas.ctl("reload");
		assert.notEqual(refused.code, 0);
		assert.match(refused.stdout + refused.stderr, /atlas\.conf:\d+: \[tool evil\].*hosts/);
		delete atlas.settings["tool evil"];
		atlas.configure({});
		assert.equal((await get(atlas, "/tools")).text, before);
	});

	test("what goes wrong is a result that the model reads", async () => {
		const { json } = await say(calls("words({})", "wrong({})", "moved({})", "long({})", "binary({})", "never({})", "cut({})", "deaf({})"));
		const [words, wrong, moved, long, binary, never, cut, deaf] = json.tools.map(({ result }) => result);
		assert.deepEqual(words, { text: 'It "rains".' });
		assert.match(wrong.error, /status 503/);
		assert.match(wrong.answer, /asleep/);
		assert.match(moved.error, /status 307/);
		assert.match(long.error, /longer/);
		assert.equal(typeof binary.text, "string");
		assert.match(never.error, /in its time/);
		assert.match(cut.error, /not known/);
		assert.match(deaf.error, /could not be reached/);
		assert.ok(json.text.length > 0);
		const { text } = await get(atlas, "/metrics");
		assert.ok(Number(/^atlas_tool_calls_failed(?:_total)? (\d+)/m.exec(text)[1]) >= 4, text);
	});
});

test("a client that calls too much at once is told so, and others go on", async () => {
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "greedy");
	const { token } = made.json;
	let n = 0;
	const all = Promise.all(Array.from({ length: 80 }, async () => {
		const { json } = await post(atlas, "/tools/hold/sample", {}, { token, fresh: true });
		n++;
		return json.result;
	}));
	await until(() => tools.open.size === 64 && n === 16, { ms: 20000, what: "as many as may be are out, the others back" });
	const other = await post(atlas, "/tools/echo/sample", {});
	assert.deepEqual(other.json.result, { heard: { city: "Paris" } });
	release();
	const results = await all;
	assert.equal(results.filter(({ error }) => error?.includes("too many tools")).length, 16);
	assert.equal(results.filter(({ held }) => held).length, 64);
});

describe("cancelled, left, killed", () => {
	const SLOW = "60s";
	const begin = async () => {
		tools.open.clear();
		const stream = await chatStream(atlas, { path: "/chat/stream", fresh: true, messages: undefined,
			body: { model: undefined, messages: undefined, tools: true, message: calls("never({})", "never({})") } });
		assert.equal(stream.status, 200, stream.refusal?.text);
		await until(() => tools.open.size === 2, { what: "both calls are out" });
		return stream;
	};
	const idle = () => until(() => tools.open.size === 0, { what: "no call is out any more" });

	before(async () => {
		atlas.configure({ "tool never": { timeout: SLOW } });
		assert.equal((await atlas.ctl("reload")).code, 0);
	});

	test("the session's cancelling ends the calls and the turn", async () => {
		const stream = await begin();
		const events = [];
		for await (const event of stream.events()) {
			events.push(event);
			if (event.event === "status" && event.json.state === "using_tools")
				assert.deepEqual(await cancel(events[0].json.session_id), { queued: 0, running: 2 });
		}
		assert.deepEqual(events.slice(-2).map(({ event }) => event), ["error", "done"]);
		assert.equal(events.at(-2).json.code, "request_cancelled");
		await idle();
		const { session_id } = events[0].json;
		assert.equal((await say("Again", { session_id })).status, 200);
	});

	async function cancel(session_id) {
		return until(async () => {
			const { json } = await post(atlas, `/chat/sessions/${session_id}/cancel`, {}, { fresh: true });
			return json.running > 0 && { queued: json.queued, running: json.running };
		});
	}

	test("a client that leaves ends them", async () => {
		const stream = await begin();
		stream.abort();
		await idle();
	});

	test("a front that dies ends its own", async () => {
		const gone = (await begin()).collect();
		for (const { pid } of atlas.children("front")) atlas.kill(pid);
		await Promise.all([idle(), gone]);
		await atlas.ready();
		assert.equal((await say("Still there?", {}, { fresh: true })).status, 200);
	});

	test("dispatch dies: the model is told that nobody knows, and answers", async () => {
		const stream = await begin();
		for (const { pid } of atlas.children("dispatch")) atlas.kill(pid);
		const told = await stream.collect();
		const results = told.events.filter(({ event }) => event === "tool").map(({ json }) => json.result.error);
		assert.equal(results.length, 2);
		for (const error of results) assert.match(error, /not known/);
		assert.ok(told.said.length > 0);
		assert.equal(told.done, true);
		await idle();
	});

	test("a stop ends them in its time", async () => {
		const own = await startAtlas({ sim, workers: 1, conf: { server: { drain_timeout: "200ms" }, ...confOf("never") } });
		tools.open.clear();
		const stream = await chatStream(own, { path: "/chat/stream", body: { model: undefined, messages: undefined, tools: ["never"], message: calls("never({})") } });
		await until(() => tools.open.size === 1);
		const told = stream.collect();
		assert.equal(await own.stop(), 0);
		await told;
		await idle();
		assert.deepEqual(await leaks(own), []);
	});
});
