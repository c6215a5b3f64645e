// The live feed: each second what the endpoints say, and nobody stays who may not.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chat, get, leaks, request, settled, startAtlas, startSim, until } from "./lib/index.mjs";
import { open } from "./lib/http.mjs";
import { events } from "./lib/sse.mjs";

const KINDS = ["rate-limits", "queue-status", "alerts", "totals"];

let sim, atlas;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 1 });
});

after(async () => assert.deepEqual(await leaks(atlas), []));

/** What a page has heard: all of it, the newest of each kind, and whether it is over. */
async function listen(token) {
	const leave = new AbortController();
	const response = await open(atlas, { path: "/monitoring/live", token, fresh: true, signal: leave.signal });
	const page = { status: response.statusCode, all: [], newest: {}, over: false, leave: () => leave.abort() };
	const hear = async () => {
		for await (const { event, data } of events(response)) {
			page.all.push(event);
			page.newest[event] = JSON.parse(data);
		}
	};
	page.end = hear().then(() => (page.over = true), (error) => (page.over = error));
	return page;
}

test("a page hears at once, then each second, what the endpoints say", async () => {
	const page = await listen();
	await until(() => page.all.length >= 4, { ms: 900, what: "the first events" });
	assert.deepEqual(page.all.slice(0, 4), KINDS);
	assert.equal((await chat(atlas)).status, 200);
	await settled(atlas, 1);
	await until(() => page.newest.totals.request_count === 1, { what: "the request in the feed" });
	await until(() => page.newest["queue-status"].queue.total_processed === 1, { what: "it in the queue's" });
	for (const kind of KINDS.slice(0, 3)) {
		const { timestamp, ...asked } = (await get(atlas, `/monitoring/${kind}`)).json;
		const { timestamp: heardAt, ...heard } = page.newest[kind];
		assert.deepEqual(Object.keys(heard), Object.keys(asked));
		assert.ok(Date.parse(heardAt) <= Date.parse(timestamp));
	}
	const { token_usage } = (await get(atlas, "/monitoring/token-usage")).json;
	for (const name of ["request_count", "total_tokens", "total_cost_usd", "unknown_cost_usd"])
		assert.equal(page.newest.totals[name], token_usage[name], name);
	page.leave();
	await page.end;
});

test("a revoked token is cut off, a chat token never gets in, a HEAD has no body", async () => {
	const made = (role) => atlas.ctl("tokens", "create", "--role", role, "--name", `a-${role}`);
	const { token } = (await made("monitor")).json;
	const page = await listen(token);
	assert.equal(page.status, 200);
	await atlas.ctl("tokens", "revoke", "a-monitor");
	await until(() => page.over, { ms: 3000, what: "the end of the feed" });
	assert.equal(page.over, true);
	const chatter = (await made("chat")).json.token;
	assert.equal((await get(atlas, "/monitoring/live", { token: chatter })).status, 403);
	const head = await request(atlas, { method: "HEAD", path: "/monitoring/live" });
	assert.deepEqual([head.status, head.text], [200, ""]);
	assert.equal((await get(atlas, "/monitoring/live?hours=1")).json.error.param, "hours");
});

test("there is room for so many pages and not for one more, until one leaves", async () => {
	const pages = [];
	for (let i = 0; i < 64; i++) pages.push(await listen());
	assert.ok(pages.every(({ status }) => status === 200));
	const refused = await get(atlas, "/monitoring/live");
	assert.equal(refused.status, 503);
	assert.equal(refused.json.error.code, "live_full");
	pages[0].leave();
	await pages[0].end;
	const again = await until(async () => {
		const page = await listen();
		return page.status === 200 && page;
	}, { what: "room for a page" });
	for (const page of [again, ...pages]) page.leave();
});

test("a stop ends the feed in order", async () => {
	const page = await listen();
	await until(() => page.all.length > 0, { what: "events" });
	assert.equal(await atlas.stop(), 0);
	await page.end;
	assert.equal(page.over, true);
});
