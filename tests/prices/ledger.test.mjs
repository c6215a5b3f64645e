// The rows that a run leaves in the ledger, each priced again from what the row itself says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, post, startAtlas, startSim, until } from "../stories/lib/index.mjs";
import { reckon } from "./reckon.mjs";

const SESSION = "priced-again";
const TIERS = ["default", "flex", "priority", "auto"];
const MODELS = ["gpt-4o-mini", "gpt-5", "o3", "gpt-4.1-2025-04-14", "gpt-5.4"];

/** Requests of every kind: [path, body]. */
function asks() {
	const wish = (i) => `Say something [[sim tokens=${5 + i} prompt=${1000 * (i + 1)} cached=${512 * i}]]`;
	const talks = MODELS.flatMap((model, m) =>
		TIERS.map((service_tier, t) => [
			"/v1/chat/completions",
			{
				model,
				service_tier,
				stream: t % 2 === 1,
				messages: [{ role: "user", content: wish(m + t) }],
			},
		]));
	const responses = MODELS.map((model, i) => [
		"/v1/responses",
		{ model, input: wish(i), stream: i % 2 === 0 },
	]);
	return [
		...talks,
		...responses,
		["/v1/completions", { model: "gpt-3.5-turbo-instruct", prompt: wish(3) }],
		["/v1/embeddings", { model: "text-embedding-3-small", input: "the sea" }],
		// nearly all of it long context, and one that breaks off: settled by an estimate
		["/v1/responses", { model: "gpt-5.4", input: "Long [[sim prompt=272000 tokens=9]]" }],
		[
			"/v1/chat/completions",
			{
				model: "gpt-4o-mini",
				stream: true,
				messages: [{ role: "user", content: "Cut [[sim tokens=90 mode=cut-at:900]]" }],
			},
		],
	];
}

/** What atlasctl why says of a request with one attempt, in the words of a row. */
function readWhy(text) {
	const find = (pattern) => pattern.exec(text)?.slice(1) ?? [];
	const [prompt, cached, completion] = find(/^ {2}tokens +(\d+) prompt \((\d+) cached\), (\d+) completion/m);
	const [written = 0, heard = 0, spoken = 0] = find(/(\d+) written to the cache, audio (\d+) in and (\d+) out$/m);
	const [served, tier] = find(/served by (\S+), tier (\S+),/);
	const [dollars] = find(/^ {2}cost +\$(\d+\.\d{9})/m);
	return {
		model_served: served === "-" ? "" : served,
		model: find(/^ {2}model +(\S+)$/m)[0],
		service_tier: tier === "-" ? "" : tier,
		prompt_tokens: prompt,
		completion_tokens: completion,
		cached_tokens: cached,
		cache_write_tokens: written,
		prompt_audio_tokens: heard,
		completion_audio_tokens: spoken,
		cost_nanousd: Number(dollars.replace(".", "")),
		sent_at: find(/^ {2}sent +(\S+),/m)[0],
		pricing: text.includes("at the nearest rate known") ? "assumed" : text.includes("has no price") ? "unpriced" : "exact",
	};
}

/** What a row says, in reckon's words. */
const readRow = (row) => ({
	served: row.model_served || row.model,
	tier: row.service_tier,
	counts: {
		prompt: BigInt(row.prompt_tokens),
		completion: BigInt(row.completion_tokens),
		cached: BigInt(row.cached_tokens),
		cacheWrite: BigInt(row.cache_write_tokens),
		promptAudio: BigInt(row.prompt_audio_tokens),
		completionAudio: BigInt(row.completion_audio_tokens),
	},
});

test("each row of a run has the price that its own words come to", async (t) => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const headers = { "X-Atlas-Session": SESSION };
	for (const [path, body] of asks()) {
		const answer = await post(atlas, path, body, { headers });
		const isCut = JSON.stringify(body).includes("cut-at");
		assert.ok(answer.status === 200 || isCut, answer.text);
	}
	const rows = await until(async () => {
		const { json } = await get(atlas, `/monitoring/session-usage/${SESSION}`);
		const done = json.requests.filter(({ outcome }) => outcome.startsWith("settled"));
		return done.length === asks().length && done;
	}, { what: "every request is settled" });
	const isWhatItSays = (row) => {
		const { nano, pricing } = reckon(readRow(row), Date.parse(row.sent_at));
		assert.deepEqual(
			{ cost: row.cost_nanousd, pricing: row.pricing },
			{ cost: Number(nano), pricing },
			JSON.stringify(row),
		);
	};
	for (const row of rows) {
		isWhatItSays(row);
		const { json } = await get(atlas, `/monitoring/requests/${row.id}`);
		isWhatItSays({ ...json.story.find(({ event }) => event === "settled"), model: row.model, sent_at: row.sent_at });
		const { stdout } = await atlas.say("why", row.id);
		isWhatItSays(readWhy(stdout));
	}
	const tiers = new Set(rows.map(({ service_tier }) => service_tier));
	t.diagnostic(`${rows.length} rows, tiers ${[...tiers].join(" ")}`);
	assert.ok(tiers.has("flex") && tiers.has("priority"));
	assert.equal(await atlas.stop(), 0);
});
