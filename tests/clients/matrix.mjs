// One client against Atlas in front of both upstreams. What succeeds must be just what the
// client gets from the upstream itself; what fails must be an error it knows.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get, leaks, startAtlas, until } from "../stories/lib/index.mjs";
import { upstreams } from "./upstreams.mjs";

const CONF = { retry: { max_retries: 2, base_delay: "20ms", max_delay: "100ms" } };

/** What a client can do, with which prompt; those it has no function for are left out. */
const SAME = {
	chat: "plain",
	stream: "plain",
	tools: "call",
	streamedTools: "call",
	responses: "plain",
	streamedResponses: "plain",
	embed: "plain",
};

/** The error the client raised, in its adapter's words. */
async function failure(client, run) {
	let outcome;
	try {
		outcome = await run();
	} catch (error) {
		return client.errorOf(error);
	}
	throw new Error(`no error was raised: ${JSON.stringify(outcome)}`);
}

/** Left after the first piece of text, or once it was asked where the client shows none: the
 * client is told, and the upstream too. */
async function abort(client, talk, upstream) {
	const [before, asked] = [await upstream.left(), await upstream.asked()];
	const controller = new AbortController();
	const leave = () => controller.abort();
	const options = { onText: leave, signal: controller.signal };
	const isAsked = async () => (await upstream.asked()) > asked;
	const [seen] = await Promise.all([
		failure(client, () => talk.stream(upstream.prompts.slow, options)),
		client.showsNoPieces && until(isAsked, { ms: 30000, what: "it is asked" }).then(leave),
	]);
	assert.equal(seen.isAbort, true, JSON.stringify(seen));
	if (before !== undefined && !client.staysConnected)
		await until(async () => (await upstream.left()) > before, { what: "the upstream was left" });
}

/** A cut is an error, or at least no whole answer. */
async function cut(client, talk, upstream) {
	const run = () => talk.stream(upstream.prompts.cut);
	if (client.hidesFailures && upstream.name === "aimock") {
		assert.equal((await run()).tokens, 0, "an answer without its end has no usage");
		return;
	}
	const seen = await failure(client, run);
	assert.ok(!seen.isAbort, JSON.stringify(seen));
}

const ways = (talk) => ["chat", "stream"].filter((way) => way in talk);

async function stays(client, talk, upstream, status) {
	for (const way of ways(talk)) {
		const seen = await failure(client, () => talk[way](upstream.prompts.plain));
		assert.equal(seen.status, status, `${way}: ${JSON.stringify(seen)}`);
	}
}

async function quota(client, talk, upstream) {
	const before = await upstream.asked();
	const [way] = ways(talk);
	const seen = await failure(client, () => talk[way](upstream.prompts.plain));
	assert.equal(seen.code, "insufficient_quota", JSON.stringify(seen));
	assert.equal((await upstream.asked()) - before, 1, "nobody asked again");
}

async function stranger(client, where, upstream) {
	const talk = client.connect({ ...where, apiKey: "atlas-wrong" });
	const [way] = ways(talk);
	const seen = await failure(client, () => talk[way](upstream.prompts.plain));
	assert.equal(seen.status, 401, JSON.stringify(seen));
}

/** All cases of a client against one upstream. */
function against(client, Upstream) {
	let upstream, atlas, where, talk, directly;
	const inWeather = async (error, options, run) => {
		await upstream.weather(error, options);
		await run().finally(() => upstream.calm());
	};
	before(async () => {
		upstream = await new Upstream().start();
		atlas = await startAtlas({ sim: upstream, workers: 1, conf: CONF });
		where = { baseURL: `${atlas.base}/v1`, apiKey: atlas.token };
		talk = client.connect(where);
		directly = client.connect({ baseURL: upstream.base, apiKey: upstream.apiKey });
	});
	after(() => upstream.stop());

	const can = client.connect({ baseURL: "http://127.0.0.1:1/v1", apiKey: "none" });
	for (const [way, prompt] of Object.entries(SAME).filter(([name]) => name in can))
		test(way, async () => {
			const expected = await directly[way](upstream.prompts[prompt]);
			assert.deepEqual(await talk[way](upstream.prompts[prompt]), expected);
			assert.ok(expected.text || expected.name || expected.length > 0);
		});
	test("abort", () => abort(client, talk, upstream));
	test("cut stream", () => cut(client, talk, upstream));
	for (const status of [429, 503]) {
		test(`${status} once`, () =>
			inWeather(status, { once: true }, async () => {
				const [way] = ways(talk);
				const { text } = await talk[way](upstream.prompts.plain);
				assert.ok(text.length > 0);
			}));
		test(`${status} for ever`, () =>
			inWeather(status, {}, () => stays(client, talk, upstream, status)));
	}
	test("a wrong token", () => stranger(client, where, upstream));
	test("quota", () => inWeather("quota", {}, () => quota(client, talk, upstream)));
	test("the ledger has it all, and nothing is left", async () => {
		const { json } = await get(atlas, "/monitoring/token-usage");
		assert.ok(json.token_usage.request_count >= 8, JSON.stringify(json.token_usage));
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});
}

/** Two at a time: against aimock they mostly wait for the second that its 429 asks for. */
export function matrix(...clients) {
	describe("against each upstream", { concurrency: 2 }, () => {
		for (const client of clients)
			for (const [name, Upstream] of Object.entries(upstreams))
				describe(`${client.name}, ${name}`, { concurrency: 1 }, () =>
					against(client, Upstream));
	});
}
