// Canaries: nothing that Atlas shows, writes or keeps has a secret in it.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import {
	chat,
	chatStream,
	get,
	ledgerEqualsBill,
	post,
	program,
	raw,
	runToEnd,
	startAtlas,
	startSim,
} from "./lib/index.mjs";

const UPSTREAM_KEY = "sk-canary-0123456789abcdefghijklmnopqrstuvwxyz";

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
		await get(atlas, "/monitoring/token-usage", { token }),
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
	const atlas = await startAtlas({
		sim,
		conf: { server: { log_level: "debug" }, retry: { max_retries: 1 } },
	});
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "talker");
	const { token } = made.json;
	const secrets = { "the upstream key": UPSTREAM_KEY, "a token": token, "the admin's": atlas.token };
	const seen = new Collector();

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
