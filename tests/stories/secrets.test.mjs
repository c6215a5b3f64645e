// Canaries: nothing that Atlas shows, writes or keeps has a secret in it.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import {
	chat,
	chatStream,
	get,
	ledgerEqualsBill,
	makeFolder,
	post,
	program,
	raw,
	runToEnd,
	serve,
	startAtlas,
	startSim,
	until,
} from "./lib/index.mjs";

// No pause behind a refusal, and a refused key is tried again at once.
const CALM = { minutes: 0, faults: 1000000, max_backoff: "10ms", recheck: 0 };

const UPSTREAM_KEY = "sk-canary-0123456789abcdefghijklmnopqrstuvwxyz";
const FIRST_KEY = "sk-canary-of-before-0123456789abcdefghijklmnop";

/** Where there are secrets: "PLACE: NAME" for each. */
function search(places, secrets) {
	const hits = [];
	for (const [place, bytes] of places)
		for (const [name, secret] of Object.entries(secrets))
			if (bytes.includes(Buffer.from(secret))) hits.push(`${place}: ${name}`);
	return hits;
}

const files = (folder) =>
	readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

class Collector {
	places = [];

	answer(name, answer) {
		const head = JSON.stringify(answer.headers);
		this.add(`answer: ${name}`, `${answer.status} ${head} ${answer.text}`);
		return answer;
	}

	add(place, content) {
		this.places.push([place, Buffer.from(content)]);
	}

	/** What ps, and a debugger's first look, would show of every process. */
	processes(atlas) {
		for (const { pid, title } of [{ pid: atlas.pid, title: "master" }, ...atlas.children()])
			for (const name of ["cmdline", "environ"])
				this.add(`${title} ${name}`, readFileSync(`/proc/${pid}/${name}`));
	}

	files(folder) {
		for (const file of files(folder))
			if (path.basename(file) !== "admin-token") this.add(file, readFileSync(file));
	}
}

async function goodAndBadRequests(atlas, seen, token) {
	const asked = (name, answer) => seen.answer(name, answer);
	assert.equal(asked("whole", await chat(atlas, { token })).status, 200);
	const stream = await chatStream(atlas, { token });
	const told = await stream.collect();
	assert.equal(told.done, true);
	seen.add("answer: stream", JSON.stringify([stream.headers, told.events]));
	for (const route of ["/v1/models", "/monitoring/token-usage", "/healthz", "/readyz"])
		asked(route, await get(atlas, route));
	const refused = [
		await chat(atlas, { token: `${token}x` }),
		await chat(atlas, { token: `x${atlas.token}` }),
		await get(atlas, "/monitoring/cost-breakdown", { token }),
		await post(atlas, "/v1/chat/completions", "{", { token }),
		await get(atlas, "/nowhere", { token }),
		await get(atlas, "/v1/models", { token, headers: { host: "evil.example" } }),
	];
	assert.deepEqual(refused.map(({ status }) => status), [401, 401, 403, 400, 404, 421]);
	refused.forEach((answer, i) => asked(`refusal ${i}`, answer));
}

async function rawRequests(atlas, seen, token) {
	const bearer = `Authorization: Bearer ${token}`;
	for (const head of [
		`GET /v1/models HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n${bearer}\r\n\r\n`,
		`GET /v1/models HTTP/1.1\nHost: localhost\n${bearer}\n\n`,
		`GET /v1/models HTTP/1.1\r\nHost: localhost\r\n${bearer}\x01\r\n\r\n`,
		`GET /v1/models HTTP/1.1\r\nHost: localhost\r\n ${bearer}\r\n\r\n`,
	])
		seen.add("answer: raw", (await raw(atlas.port, head, { answers: 1 })).bytes);
}

// The upstream is asked last: its refusal takes our key out of service for a while.
async function upstreamThatRepeatsTheKey(atlas, sim, seen, token) {
	for (const mode of ["echo-auth", "401", "403", "400", "garbage", "500"]) {
		await sim.weather({ mode, count: 6 });
		const whole = await chat(atlas, { token });
		assert.ok(whole.status >= 400, whole.text);
		seen.answer(`${mode} whole`, whole);
		const stream = await chatStream(atlas, { token });
		const text = stream.refusal?.text ?? JSON.stringify((await stream.collect()).events);
		seen.add(`answer: ${mode} stream`, JSON.stringify(stream.headers) + text);
		await sim.clearWeather();
	}
}

async function commands(atlas, seen, id) {
	for (const json of [["--json"], []])
		for (const args of [
			["status"],
			["why", id],
			["tokens", "list"],
			["tokens", "revoke", "talker"],
			["tokens", "revoke", "nobody"],
			["reload"],
			["nonsense"],
		]) {
			const all = ["-c", atlas.conf, ...json, ...args];
			const ended = await runToEnd(program("atlasctl"), all);
			seen.add(`atlasctl ${all.slice(2).join(" ")}`, ended.stdout + ended.stderr);
		}
}

test("no secret is in any log, answer, process or file", async () => {
	const sim = await startSim({ apiKey: UPSTREAM_KEY });
	const keyFile = path.join(makeFolder("/dev/shm"), "key");
	writeFileSync(keyFile, FIRST_KEY, { mode: 0o600 });
	const atlas = await startAtlas({
		sim,
		env: { OPENAI_API_KEY: undefined },
		conf: {
			server: { log_level: "debug" },
			openai: { api_key_file: keyFile },
			retry: { max_retries: 0 },
			stabilization: CALM,
		},
	});
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "talker");
	const { token } = made.json;
	const secrets = { "the upstream key": UPSTREAM_KEY, "the one before": FIRST_KEY, "a token": token, "the admin's": atlas.token };
	const seen = new Collector();

	assert.equal((await chat(atlas)).status, 502);
	writeFileSync(keyFile, UPSTREAM_KEY);
	assert.equal((await atlas.ctl("reload")).code, 0);
	await goodAndBadRequests(atlas, seen, token);
	await ledgerEqualsBill(atlas, sim);
	await rawRequests(atlas, seen, token);
	await upstreamThatRepeatsTheKey(atlas, sim, seen, token);
	const { json } = await get(atlas, "/monitoring/token-usage");
	assert.ok(json.token_usage.request_count > 0);
	const { headers } = seen.answer("last", await chat(atlas));
	await commands(atlas, seen, headers["x-atlas-request-id"] ?? `req_${"0".repeat(32)}`);
	seen.processes(atlas);
	seen.files(atlas.dataDir);
	assert.equal(await atlas.stop(), 0);
	seen.files(atlas.dataDir);
	const announced = atlas.log().split("\n").filter((line) => line.includes(atlas.token));
	assert.ok(announced.length <= 1, "the admin token is printed once");
	seen.add("log", atlas.log().replace(announced[0] ?? "", ""));

	const hits = search(seen.places, secrets);
	const bytes = seen.places.reduce((n, [, content]) => n + content.length, 0);
	console.log(`searched ${seen.places.length} places, ${bytes} bytes: ${hits.length} hits`);
	assert.deepEqual(hits, []);
	// The search finds what is there.
	assert.equal(search([["x", Buffer.from(`a${token}b`)]], secrets).length, 1);
});

// ---- an upstream that repeats our key wherever an answer has room for it ----

const sse = (...events) => events.map(([name, data]) =>
	`${name ? `event: ${name}\n` : ""}data: ${JSON.stringify(data)}\n\n`).join("");
const wrong = (key) => ({ message: `Bad ${key}!`, type: key, param: key, code: key, more: [key] });
const delta = (path) => path === "/v1/responses"
	? ["response.output_text.delta", { type: "response.output_text.delta", delta: "x", sequence_number: 0 }]
	: [undefined, { choices: [{ index: 0, delta: { content: "x" }, text: "x" }] }];

// What it answers: [status, body or events, headers]. `path` is the endpoint asked.
const REPEATS = {
	"an error with a reason": (key) => [400, { error: wrong(key), [key]: key }],
	"an error that is a string": (key) => [404, { error: `No ${key}` }],
	"a rate limit": (key) => [429, { error: wrong(key) }],
	"a failure": (key) => [500, { error: wrong(key) }],
	"a failure in HTML": (key) => [503, `<p>${key}</p>`, { "content-type": "text/html" }],
	"no JSON": (key) => [200, `Your key is ${key}`],
	"the head": (key) => [
		200,
		{ object: "x", choices: [], usage: null },
		{ "x-request-id": key, "openai-organization": key, "openai-version": key, "set-cookie": key, "x-key": key },
	],
	"a redirect": (key) => [307, {}, { location: `http://127.0.0.1:1/${key}` }],
	"an error in a good answer": (key) => [200, { object: "response", status: "failed", error: wrong(key), usage: null }],
	"two errors in a good answer": (key) => [200, { error: wrong(key), response: { error: wrong(key) } }],
	"an error event": (key, path) => [200, sse(delta(path), [undefined, { error: wrong(key) }])],
	"a bare error event": (key, path) => [200, sse(delta(path), ["error", { ...wrong(key), type: "error" }])],
	"an event called error": (key, path) => [200, sse(delta(path), ["error", wrong(key)])],
	"a failed response": (key, path) => [
		200,
		sse(delta(path), ["response.failed", { type: "response.failed", sequence_number: 1, response: { error: wrong(key) } }]),
	],
	"an error event alone": (key) => [200, sse([undefined, { error: wrong(key) }])],
	"its names": (key) => [
		200,
		{ id: key, model: key, service_tier: key, choices: [], usage: { prompt_tokens: 1 } },
	],
	"our key's refusal": (key) => [401, { error: wrong(key) }],
};

async function startRepeater() {
	const repeater = { repeat: undefined, asked: 0 };
	const server = await serve((request, body, response) => {
		const key = request.headers.authorization.replace("Bearer ", "");
		const [status, said, headers] = repeater.repeat(key, request.url);
		const isStream = typeof said === "string" && /^(event|data):/.test(said);
		response.writeHead(status, {
			"content-type": isStream ? "text/event-stream" : "application/json",
			...headers,
		});
		response.end(typeof said === "string" ? said : JSON.stringify(said));
		repeater.asked += 1;
	});
	return Object.assign(repeater, { server, base: server.base, apiKey: UPSTREAM_KEY });
}

const ENDPOINTS = [
	["/v1/chat/completions", { messages: [{ role: "user", content: "x" }] }, true],
	["/v1/responses", { input: "x" }, true],
	["/v1/completions", { prompt: "x" }, true],
	["/v1/embeddings", { input: "x" }, false],
	["/v1/moderations", { input: "x" }, false],
];

test("no upstream can make Atlas show its key", async () => {
	const repeater = await startRepeater();
	const atlas = await startAtlas({
		sim: repeater,
		conf: {
			server: { log_level: "debug", relay_paths: "/v1/moderations:chat" },
			retry: { max_retries: 0 },
			stabilization: CALM,
		},
	});
	const seen = new Collector();
	let n = 0;
	for (const [name, repeat] of Object.entries(REPEATS))
		for (const [route, body, streams] of ENDPOINTS)
			for (const stream of streams ? [false, true] : [false]) {
				repeater.repeat = repeat;
				const asked = { model: "gpt-4o-mini", ...body, ...(stream && { stream }) };
				const answer = await post(atlas, route, asked);
				// What a good answer says is the client's; what the ledger keeps of it is not.
				if (name !== "its names") seen.answer(`${name} ${route} ${stream}`, answer);
				n++;
			}
	assert.equal(repeater.asked, n);
	await until(async () => {
		const { json } = await get(atlas, "/monitoring/token-usage");
		return json.token_usage.request_count === n;
	}, { what: "every request is in the ledger" });
	seen.answer("usage", await get(atlas, "/monitoring/token-usage"));
	await commands(atlas, seen, `req_${"0".repeat(32)}`);
	seen.processes(atlas);
	assert.equal(await atlas.stop(), 0);
	seen.files(atlas.dataDir);
	seen.add("log", atlas.log());
	repeater.server.close();
	const hits = search(seen.places, { "the upstream key": UPSTREAM_KEY, "its tail": UPSTREAM_KEY.slice(10) });
	console.log(`${n} answers with the key in them: ${hits.length} hits`);
	assert.deepEqual(hits, []);
});
