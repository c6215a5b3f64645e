// The official SDK, unmodified: only its base URL is another.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { get, ledgerEqualsBill, startAtlas, startSim, until } from "./lib/index.mjs";

const model = "gpt-4o-mini";
const asks = (content) => ({ model, messages: [{ role: "user", content }] });

let sim, atlas, client;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, conf: { retry: { max_retries: 2 } } });
	client = new OpenAI({ baseURL: `${atlas.base}/v1`, apiKey: atlas.token });
});

after(async () => assert.equal(await atlas.stop(), 0));

async function collect(stream) {
	const all = { said: "", usage: undefined, finish: undefined };
	for await (const chunk of stream) {
		all.said += chunk.choices[0]?.delta?.content ?? "";
		all.finish = chunk.choices[0]?.finish_reason ?? all.finish;
		if ("usage" in chunk) all.usage = chunk.usage;
	}
	return all;
}

test("create", async () => {
	const answer = await client.chat.completions.create(asks("Say hello"));
	assert.ok(answer.choices[0].message.content.length > 0);
	assert.ok(answer.usage.total_tokens > 0);
	await ledgerEqualsBill(atlas, sim);
});

test("a stream, with its usage and without", async () => {
	const whole = await client.chat.completions.create(asks("Tell me more"));
	const body = { ...asks("Tell me more"), stream: true };
	const plain = await collect(await client.chat.completions.create(body));
	assert.equal(plain.said, whole.choices[0].message.content);
	assert.equal(plain.finish, "stop");
	assert.equal(plain.usage, undefined);
	const counted = await collect(
		await client.chat.completions.create({
			...body,
			stream_options: { include_usage: true },
		}),
	);
	assert.equal(counted.said, plain.said);
	assert.deepEqual(counted.usage, whole.usage);
	await ledgerEqualsBill(atlas, sim);
});

test("the list of models", async () => {
	const { data } = await client.models.list();
	assert.ok(data.some(({ id }) => id === model), JSON.stringify(data));
});

test("a wrong key is an AuthenticationError", async () => {
	const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: "atlas-wrong" });
	await assert.rejects(
		stranger.chat.completions.create(asks("Let me in")),
		(error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key",
	);
});

test("a 429 that outlasts the retries is a RateLimitError, not retried again", async () => {
	const before = (await sim.billSummary()).requests;
	await sim.weather({ mode: "429", retry_after: 0.05 });
	await assert.rejects(client.chat.completions.create(asks("Too much")), OpenAI.RateLimitError);
	await sim.clearWeather();
	assert.equal((await sim.billSummary()).requests - before, 3, "one and two retries");
	const answer = await client.chat.completions.create(asks("Better now"));
	assert.ok(answer.usage.total_tokens > 0);
});

test("a stream that is left is settled, and what runs is ended upstream", async () => {
	const rows = async () => {
		const answer = await get(atlas, "/monitoring/session-usage/leaver");
		return answer.json.requests;
	};
	const stream = await client.chat.completions.create(
		{ ...asks("Go on [[sim tokens=400 tps=40]]"), stream: true },
		{ headers: { "X-Atlas-Session": "leaver" } },
	);
	for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
	stream.controller.abort();
	const row = await until(async () => {
		const [first] = await rows();
		return first?.done_at && first;
	}, { what: "the row is settled" });
	assert.equal(row.outcome, "settled_estimate", JSON.stringify(row));
	const bill = await until(async () => {
		const lines = (await sim.bill()).filter((line) => line.request_id === row.upstream_id);
		return lines.at(-1)?.event === "abort" && lines.at(-1);
	}, { what: "the simulator saw us leave" });
	assert.equal(row.prompt_tokens > 0 && bill.completion_tokens < 400, true);
});
