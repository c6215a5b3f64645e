// What `atlasctl why` says of one request: each figure with what it is made of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, serve, startAtlas, startSim, until } from "./lib/index.mjs";

const idOf = ({ headers }) => headers["x-atlas-request-id"];

/** Its last attempt, once it has ended. */
const rowOf = (atlas, id) =>
	until(async () => {
		const row = (await atlas.ctl("why", id)).json?.attempts?.at(-1);
		return row?.final && row;
	}, { what: "its end is written down" });

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
