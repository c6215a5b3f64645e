// What `atlasctl why`, the row and the log say of one request: each figure with what it is
// made of, and of an answer that broke off what was there of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, chatStream, get, serve, startAtlas, startSim, until } from "./lib/index.mjs";

const idOf = ({ headers }) => headers["x-atlas-request-id"];

/** Its last attempt, once it has ended. */
const rowOf = (atlas, id) =>
	until(async () => {
		const row = (await atlas.ctl("why", id)).json?.attempts?.at(-1);
		return row?.final && row;
	}, { what: "its end is written down" });

const ask = { message: "Go on [[sim tokens=400 tps=50]]", body: { max_tokens: 100 } };

async function all(events) {
	const list = [];
	for await (const event of events) list.push(event);
	return list;
}

/** A stream of which some words have come; rest is what else comes of it. */
async function begun(atlas) {
	const stream = await chatStream(atlas, ask);
	const events = stream.events();
	let said = "";
	while (said === "") said += (await events.next()).value.json?.choices?.[0]?.delta?.content ?? "";
	return { id: idOf(stream), stream, rest: () => all(events) };
}

test("what a request may cost at most has its rates, and what it counts", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim });
	const id = idOf(await chat(atlas, { body: { max_tokens: 30 } }));
	const { cost_high_nanousd: high } = await rowOf(atlas, id);
	const said = (await atlas.say("why", id)).stdout;
	assert.match(said, /^ +reserved +\d+ tokens of the upstream limits, /m);
	const [, prompt, completion, usd, tier, into, out] = new RegExp(
		/^ +at most +(\d+) prompt \(a byte of its body each, or all the model reads\),/.source +
		/\n +(\d+) completion, \$(\S+)\n/.source +
		/ +by gpt-4o-mini, tier (\w+), the dearest:\n +in \$(\S+), out \$(\S+) per million tokens of any kind$/.source, "m").exec(said) ?? assert.fail(said);
	assert.equal(tier, "priority");
	assert.equal(Math.round(usd * 1e9), high);
	assert.equal(Math.round((prompt * into + completion * out) * 1e3), high);
	assert.match(said, /^ +rates +gpt-4o-mini, tier default/m);
	assert.equal(await atlas.stop(), 0);
});

test("what a model without a price may cost is not told as nothing", async (t) => {
	const upstream = await serve((request, body, response) => {
		response.writeHead(200, { "content-type": "application/json" });
		response.end(JSON.stringify({ object: "chat.completion", model: "made-up", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }));
	});
	t.after(upstream.close);
	const atlas = await startAtlas({ sim: upstream, workers: 1 });
	const id = idOf(await chat(atlas, { model: "made-up" }));
	await rowOf(atlas, id);
	assert.match((await atlas.say("why", id)).stdout, /^ +131072 completion, for which the catalogue has no price$/m);
	assert.equal(await atlas.stop(), 0);
});

test("dispatch dies in the middle of an answer: client, row and log say what there was", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { server: { log_level: "info" } } });
	const { id, rest } = await begun(atlas);
	atlas.kill(atlas.children("dispatch")[0].pid);
	const events = await rest();
	const at = events.findIndex(({ json }) => json?.error);
	assert.equal(events[at].json.error.code, "upstream_outcome_unknown");
	assert.match(events[at].json.error.message, /^The answer broke off/);
	assert.deepEqual(events.slice(at + 1).map(({ data }) => data), ["[DONE]"]);
	const row = await rowOf(atlas, id);
	assert.deepEqual([row.outcome, row.status, row.failure, row.completion_tokens], ["unknown", 200, "upstream_outcome_unknown", 100]);
	assert.ok(row.cost_nanousd > 0);
	const line = await until(() => atlas.log().split("\n").find((one) => one.includes(`request_done id=${id}`)), { what: "the line of its end" });
	assert.ok(line.endsWith(` prompt=${row.prompt_tokens} completion=${row.completion_tokens} nanousd=${row.cost_nanousd} unknown=1`), line);
	const said = (await atlas.say("why", id)).stdout;
	assert.match(said, /^ +outcome +its answer broke off, .* upper bound$/m);
	assert.match(said, /^ +status +200 upstream_outcome_unknown$/m);
	assert.equal(said.match(/the dearest/g).length, 1, "the rates of the bound are those of the cost");
	assert.equal(await atlas.stop(), 0);
});

test("whose answer never came is told so, and its upper bound stands in the log", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { server: { log_level: "info" }, retry: { max_retries: 0 } } });
	await sim.weather({ mode: "die-after-read", count: 1 });
	const answer = await chat(atlas, { body: { max_tokens: 30 } });
	assert.match(answer.json.error.message, /^The request was sent but no answer came/);
	const row = await rowOf(atlas, idOf(answer));
	assert.deepEqual([row.outcome, row.status], ["unknown", 0]);
	assert.match(atlas.log(), new RegExp(`request_done id=${row.id} .* prompt=${row.prompt_tokens} completion=30 nanousd=${row.cost_nanousd} unknown=1$`, "m"));
	assert.match((await atlas.say("why", row.id)).stdout, /^ +outcome +sent, fate unknown; /m);
	assert.equal(await atlas.stop(), 0);
});

test("of a request that is sent again the log has what all its attempts are counted for", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { server: { log_level: "debug" }, retry: { unknown: "retry", base_delay: "10ms" } } });
	await sim.weather({ mode: "die-after-read", count: 1 });
	const answer = await chat(atlas, { body: { max_tokens: 30 } });
	assert.equal(answer.status, 200, answer.text);
	const id = idOf(answer);
	await rowOf(atlas, id);
	const { attempts } = (await atlas.ctl("why", id)).json;
	assert.deepEqual(attempts.map(({ outcome }) => outcome), ["unknown", "settled_usage"]);
	const [prompt, completion, nanousd] = ["prompt_tokens", "completion_tokens", "cost_nanousd"].map((of) => attempts[0][of] + attempts[1][of]);
	assert.match(atlas.log(), new RegExp(`request_done id=${id} .* prompt=${prompt} completion=${completion} nanousd=${nanousd} unknown=1$`, "m"));
	assert.equal(await atlas.stop(), 0);
});

test("only the wait before the first attempt is one in the queue, and what was refused was sent", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { retry: { base_delay: "10ms" } } });
	await sim.weather({ mode: "429", count: 1 });
	const id = idOf(await chat(atlas));
	await rowOf(atlas, id);
	const said = (await atlas.say("why", id)).stdout;
	const [first, second] = said.split("attempt 2: ");
	assert.match(first, /^ +outcome +refused upstream; costs nothing\n +sent +\S+, after \d+ ms in the queue$/m, said);
	assert.match(second, /^ +sent +\S+, \d.* after it came, held by backoff$/m, said);
	assert.equal(await atlas.stop(), 0);
});

test("whose client leaves in the middle has the status that came, and is told as it is counted", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const { id, stream, rest } = await begun(atlas);
	stream.abort();
	await rest().catch(() => {});
	const row = await rowOf(atlas, id);
	assert.deepEqual([row.outcome, row.status, row.failure], ["settled_estimate", 200, "cancelled"]);
	assert.match((await atlas.say("why", id)).stdout, /^ +outcome +cancelled while its answer came; tokens estimated/m);
	const { json } = await get(atlas, "/monitoring/performance");
	assert.deepEqual([json.endings.answered, json.endings.cancelled], [0, 1]);
	assert.equal(await atlas.stop(), 0);
});

test("an answer that ends too early has the status it began with", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { retry: { max_retries: 0 } } });
	await sim.weather({ mode: "cut-at:1500", count: 1 });
	const stream = await chatStream(atlas, ask);
	const { error } = await stream.collect();
	assert.equal(error.code, "upstream_truncated");
	const row = await rowOf(atlas, idOf(stream));
	assert.deepEqual([row.status, row.failure], [200, "upstream_truncated"]);
	assert.match((await atlas.say("why", row.id)).stdout, /^ +outcome +not answered in full; tokens/m);
	assert.equal(await atlas.stop(), 0);
});
