// The upstream key in its file: another one comes with a reload, and never half of it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { chat, get, makeFolder, serve, startAtlas, until } from "./lib/index.mjs";

const [OLD, NEW] = ["sk-the-old-key", "sk-the-new-key"];
const fingerprint = (key) => createHash("sha256").update(key).digest("hex").slice(0, 8);

/** An upstream that takes these keys; who says "wait" is answered when it lets go. */
async function startUpstream(t, ...keys) {
	const upstream = { keys: new Set(keys), asked: [], held: [] };
	const server = await serve(async (request, body, response) => {
		const key = request.headers.authorization?.replace("Bearer ", "") ?? "";
		upstream.asked.push(key);
		if (body.includes("wait")) await new Promise((go) => upstream.held.push(go));
		const isGood = upstream.keys.has(key);
		response.writeHead(isGood ? 200 : 401, { "content-type": "application/json" });
		response.end(JSON.stringify(isGood
			? { object: "chat.completion", model: "gpt-4o-mini", choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }
			: { error: { message: "Incorrect API key", type: "invalid_request_error", param: null, code: "invalid_api_key" } }));
	});
	t.after(server.close);
	return Object.assign(upstream, { base: server.base });
}

function putKey(file, text, mode = 0o600) {
	writeFileSync(file, text);
	chmodSync(file, mode);
}

/** Atlas with its key in a file that it has from nowhere else. */
async function start(upstream, { key, recheck = "1h", ...more } = {}) {
	const file = path.join(makeFolder("/dev/shm"), "key");
	if (key) putKey(file, `${key}\n`);
	const openai = { api_key_file: key && file };
	const atlas = await startAtlas({
		sim: upstream, workers: 1, env: { OPENAI_API_KEY: undefined },
		conf: { openai, retry: { max_retries: 0 }, stabilization: { recheck } }, ...more,
	});
	return { atlas, file };
}

const readiness = async (atlas) => {
	const { status, json } = await get(atlas, "/readyz", { token: null });
	return [status, ...json.reasons];
};
const isReady = (atlas) => until(async () => (await readiness(atlas))[0] === 200, { what: "it is ready" });

test("another key comes with a reload; what runs ends with the one it has", async (t) => {
	const upstream = await startUpstream(t, OLD, NEW);
	const { atlas, file } = await start(upstream, { key: OLD });
	const before = atlas.children();
	const slow = chat(atlas, { message: "wait" });
	await until(() => upstream.held.length === 1);
	putKey(file, NEW);
	const { code, json } = await atlas.ctl("reload");
	assert.equal(code, 0);
	assert.deepEqual([json.needs_restart, json.not_adopted], [[], []]);
	assert.deepEqual([json.old_key, json.new_key], [fingerprint(OLD), fingerprint(NEW)]);
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	assert.deepEqual(upstream.asked, [OLD, NEW]);
	upstream.held[0]();
	assert.equal((await slow).status, 200);
	const [{ fingerprint: shown }] = (await atlas.ctl("limits")).json.keys;
	assert.equal(shown, fingerprint(NEW));
	assert.match(atlas.log(), new RegExp(`key_replaced old=${fingerprint(OLD)} new=${fingerprint(NEW)}`));
	const again = await atlas.ctl("reload");
	assert.deepEqual([again.json.old_key, again.json.new_key], ["", ""], "it is the same");
	assert.deepEqual(atlas.children(), before, "nobody was started anew");
	// who is started later has it too
	atlas.kill(atlas.children("dispatch")[0].pid);
	await until(() => atlas.log().match(/ready .*\n/g).length > before.length);
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	assert.equal(upstream.asked.at(-1), NEW);
	assert.equal(await atlas.stop(), 0);
});

test("a key file that cannot be used changes nothing and is named", async (t) => {
	const upstream = await startUpstream(t, OLD, NEW);
	const { atlas, file } = await start(upstream, { key: OLD });
	atlas.configure({ limits: { requests_per_minute: 7 } });
	for (const [spoil, said] of [
		[() => putKey(file, ""), /holds no key/],
		[() => putKey(file, `${NEW}\n`, 0o644), /others may read/],
		[() => putKey(file, `${NEW}\r\nX-Header: x\n`), /holds no key/],
		[() => rmSync(file), /cannot be opened/],
	]) {
		spoil();
		const { code, json } = await atlas.ctl("reload");
		assert.equal(code, 1);
		assert.match(json.error, said);
		assert.ok(/^\S*atlas\.conf:\d+: \[openai\] api_key_file: /.test(json.error), json.error);
		assert.equal((await chat(atlas, { message: "Me" })).status, 200);
		assert.deepEqual((await atlas.ctl("status")).json.limits, [], "and nothing else of it");
	}
	assert.deepEqual(new Set(upstream.asked), new Set([OLD]));
	putKey(file, NEW);
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	assert.equal(upstream.asked.at(-1), NEW);
	assert.equal(await atlas.stop(), 0);
});

test("another key ends what a refused one has begun, and the old one's word comes too late", async (t) => {
	const upstream = await startUpstream(t, OLD);
	const { atlas, file } = await start(upstream, { key: OLD });
	const slow = chat(atlas, { message: "wait" });
	await until(() => upstream.held.length === 1);
	upstream.keys = new Set([NEW]);
	assert.equal((await chat(atlas, { message: "Me" })).json.error.code, "upstream_authentication");
	await until(async () => (await readiness(atlas))[1] === "key_out_of_service");
	const { reasons } = (await atlas.ctl("status")).json;
	assert.match(reasons.join(), /: replace the key in api_key_file or add credit, then `atlasctl reload`;/);
	assert.doesNotMatch(reasons.join(), /restart|OPENAI_API_KEY/);
	putKey(file, NEW);
	assert.equal((await atlas.ctl("reload")).code, 0);
	await isReady(atlas);
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	upstream.held[0]();
	assert.equal((await slow).json.error.code, "upstream_authentication");
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	assert.deepEqual(await readiness(atlas), [200]);
	assert.equal(await atlas.stop(), 0);
});

test("a key of the environment goes before the file, and the reload says so", async (t) => {
	const upstream = await startUpstream(t, OLD);
	const { atlas, file } = await start(upstream, { env: { OPENAI_API_KEY: OLD } });
	putKey(file, NEW);
	atlas.configure({ openai: { api_key_file: file } });
	const { code, json } = await atlas.ctl("reload");
	assert.equal(code, 0);
	assert.deepEqual([json.shadowed_by_environment, json.new_key], [["[openai] api_key_file"], ""]);
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	assert.equal(await atlas.stop(), 0);
});

test("without any key it is not ready, and a reload brings the first", async (t) => {
	const upstream = await startUpstream(t, NEW);
	const { atlas, file } = await start(upstream, { wait: false });
	await until(async () => (await readiness(atlas).catch(() => [])).join() === "503,no_api_key");
	const { code, json } = await atlas.ctl("status");
	assert.equal(code, 1);
	assert.match(json.reasons.join(), /no API key.*api_key_file/);
	assert.equal((await get(atlas, "/monitoring/rate-limits")).json.status, "error");
	putKey(file, NEW);
	atlas.configure({ openai: { api_key_file: file } });
	const reload = await atlas.ctl("reload");
	assert.deepEqual([reload.code, reload.json.old_key], [0, "none"]);
	await isReady(atlas);
	assert.equal((await chat(atlas, { message: "Me" })).status, 200);
	atlas.configure({ openai: { api_key_file: undefined } });
	assert.equal((await atlas.ctl("reload")).json.new_key, "none");
	await until(async () => (await readiness(atlas))[1] === "no_api_key");
	assert.equal(await atlas.stop(), 0);
});
