// What a token of the chat role is told of: its own use, limits and requests, and nothing of
// anybody else's, whatever it asks.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chat, get, leaks, request, settled, startAtlas, startSim, until } from "./lib/index.mjs";

const HOURS = [1, 3, 24, 720, 8760];

let sim, atlas;
const tokens = {}, ids = {};

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 1, conf: { limits: { requests_per_minute: 500 } } });
	for (const name of ["ann", "ben", "new"])
		tokens[name] = (await atlas.ctl("tokens", "create", "--role", "chat", "--name", name, "--requests-per-hour", "100", "--budget-day", "5")).json.token;
	tokens.watcher = (await atlas.ctl("tokens", "create", "--role", "monitor", "--name", "watcher")).json.token;
	for (const [name, n] of [["ann", 5], ["ben", 3]]) {
		ids[name] = [];
		for (let i = 0; i < n; i++) {
			const answer = await chat(atlas, { message: `Hi [[sim tokens=${7 + i} prompt=30]]`, model: i % 2 ? "gpt-4o" : "gpt-4o-mini", token: tokens[name], headers: { "X-Atlas-Session": "shared" } });
			assert.equal(answer.status, 200, answer.text);
			ids[name].push(answer.headers["x-atlas-request-id"]);
		}
	}
	await settled(atlas, 8);
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const as = (name, path) => get(atlas, path, { token: tokens[name] });
const usageOf = (name, query = "") => as(name, `/monitoring/token-usage${query}`);

async function isOf(name, hours) {
	const { by_client: all } = (await get(atlas, `/monitoring/cost-breakdown?hours=${hours}`)).json;
	const { client, client_id: id, revoked, ...sums } = all.find((entry) => entry.client === name);
	const own = (await usageOf(name, `?hours=${hours}`)).json;
	assert.deepEqual([own.token.id, revoked], [id, false]);
	assert.deepEqual(own.token_usage, sums, `${client}, ${hours} hours`);
	for (const key of ["request_count", "total_tokens", "total_prompt_tokens"])
		assert.equal(own.series.reduce((sum, point) => sum + point[key], 0), sums[key], `${key} of ${hours} hours`);
	return own;
}

test("its figures are what the report by client says of it, in every period", async () => {
	for (const hours of HOURS)
		for (const name of ["ann", "ben"]) await isOf(name, hours);
	const { token_usage: none, series } = (await usageOf("new")).json;
	assert.deepEqual([none.request_count, none.total_tokens, none.first_request, series], [0, 0, null, []]);
});

test("what is left of its own limits is told, and nothing of the upstream's", async () => {
	const own = await isOf("ann", 24);
	assert.deepEqual(own.rate_limiting, []);
	assert.deepEqual([own.token.name, own.token.role], ["ann", "chat"]);
	assert.deepEqual([own.token.in_force.requests_per_hour, own.token.use.requests_per_hour], [100, 5]);
	assert.equal(own.token.in_force.budget_day, 5);
	assert.equal(own.token.use.budget_day, own.token_usage.total_cost_usd);
	const { data } = (await get(atlas, "/admin/tokens")).json;
	assert.deepEqual(data.find(({ name }) => name === "ann"), own.token, "as the list of tokens says");
	const all = (await usageOf("watcher")).json;
	assert.deepEqual([all.token, all.token_usage.request_count], [undefined, 8]);
	assert.ok(all.rate_limiting.length > 0);
});

test("no parameter shows it more", async () => {
	for (const by of ["model", "client", "key", "session"]) {
		const { status, json } = await usageOf("ann", `?by=${by}`);
		assert.deepEqual([status, json.error.code, json.error.param], [403, "insufficient_role", "by"]);
		assert.equal((await usageOf("watcher", `?by=${by}`)).status, 200);
	}
	for (const query of ["?client=ben", "?client_id=1", "?hours=24&hours=1", "?by=colour"])
		assert.equal((await usageOf("ann", query)).status, 400, query);
	assert.match((await usageOf("ann", "?x=1")).json.error.message, /^there is no parameter x here; there is: \w+(, \w+)*\.$/);
	assert.equal((await as("watcher", "/monitoring/queue-status?x=1")).json.error.message, "there is no parameter x here: this takes none.");
	const head = await request(atlas, { method: "HEAD", path: "/monitoring/token-usage", token: tokens.ann });
	assert.deepEqual([head.status, head.text], [200, ""]);
});

test("its own requests have a story, those of others are as if they had never been", async () => {
	const story = await as("ann", `/monitoring/requests/${ids.ann[1]}`);
	assert.equal(story.status, 200, story.text);
	assert.deepEqual(story.json.attempts.map(({ client }) => client), ["ann"]);
	const foreign = await as("ann", `/monitoring/requests/${ids.ben[1]}`);
	const nobody = await as("ann", `/monitoring/requests/req_${"0".repeat(32)}`);
	assert.deepEqual([foreign.status, foreign.json], [404, nobody.json]);
	for (const name of ["watcher", "ben"])
		assert.equal((await as(name, `/monitoring/requests/${ids.ben[1]}`)).status, 200, name);
});

test("nor does it see that another's request waits or runs", async () => {
	const asked = chat(atlas, { message: "Hi [[sim ttft_ms=60000]]", token: tokens.ben, fresh: true });
	asked.catch(() => {});
	const queue = async () => (await get(atlas, "/monitoring/queue-status")).json.queue.processing_requests;
	const [{ id }] = await until(async () => { const all = await queue(); return all.length === 1 && all; }, { what: "it runs" });
	const nobody = await as("ann", `/monitoring/requests/req_${"0".repeat(32)}`);
	const foreign = await as("ann", `/monitoring/requests/${id}`);
	assert.deepEqual([foreign.status, foreign.json], [404, nobody.json]);
	assert.equal((await as("ben", `/monitoring/requests/${id}`)).json.attempts.at(-1).outcome, "open");
	await request(atlas, { method: "POST", path: `/monitoring/requests/${id}/cancel` });
	await asked;
});

test("all else of the monitoring stays closed to it", async () => {
	const closed = ["session-usage/shared", "queue-status", "rate-limits", "performance", "cost-breakdown", "export", "alerts", "live"];
	for (const path of [...closed.map((name) => `/monitoring/${name}`), "/metrics", "/admin/tokens"])
		assert.equal((await as("ann", path)).status, 403, path);
	assert.equal((await request(atlas, { method: "POST", path: `/monitoring/requests/${ids.ann[0]}/cancel`, token: tokens.ann })).status, 403);
});
