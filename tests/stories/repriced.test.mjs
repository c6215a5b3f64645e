// What a request cost can be multiplied out from its story alone, to the nano-dollar: whatever
// kinds of tokens it had, whichever tier served it, and after the catalogue has become another.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { chat, get, makeFolder, serve, startAtlas, until } from "./lib/index.mjs";

const catalogue = (input) => JSON.stringify({
	unit: "USD per million tokens",
	models: [{
		name: "voice", display: "Voice", apis: ["chat"], context_tokens: 400000, max_output_tokens: 1000,
		prices: [{ default: { input: 999, output: 999 } }, {
			from: "2025-06-10", long_context_from: 200000,
			default: {
				input, cached: 0.1234, cache_write: 3.7, output: 10.000001, audio_input: 40, audio_output: 80.5,
				long: { input: 5, cached: 2.5, output: 15 },
			},
			flex: { input: 1.000001, cached: 0.0025, output: 5 },
		}],
	}],
});

const USAGES = {
	sound: { prompt_tokens: 1003, completion_tokens: 507,
		prompt_tokens_details: { cached_tokens: 301, audio_tokens: 77 },
		completion_tokens_details: { reasoning_tokens: 199, audio_tokens: 41 } },
	cached: { prompt_tokens: 12345, completion_tokens: 7,
		prompt_tokens_details: { cached_tokens: 12001, cache_write_tokens: 111 } },
	long: { prompt_tokens: 200000, completion_tokens: 13, prompt_tokens_details: { cached_tokens: 3 } },
};

/** Answers with the usage, and by the tier, that the message names; "lost" ends unanswered. */
async function startUpstream(t) {
	const server = await serve(async (request, body, response) => {
		const [word, tier] = JSON.parse(body).messages[0].content.split(" ");
		if (word === "lost") return request.socket.destroy();
		response.writeHead(200, { "content-type": "application/json" });
		return response.end(JSON.stringify({ object: "chat.completion", model: "voice", service_tier: tier, choices: [], usage: USAGES[word] }));
	});
	t.after(server.close);
	return server;
}

// What is asked for, and what serves it, are two things.
const ASKED = { cached: "flex", "cached flex": "auto" };

const pico = (dollars) => BigInt(Math.round(dollars * 1e6));
const least = (a, b) => (a < b ? a : b);

/** As openapi.json says of Rates, from one event and nothing else. */
function reckon(event) {
	const { rates } = event;
	const hasAudio = rates.audio_input !== null;
	const n = (name) => BigInt(event[name]);
	const heard = hasAudio ? least(n("prompt_audio_tokens"), n("prompt_tokens")) : 0n;
	const spoken = hasAudio ? least(n("completion_audio_tokens"), n("completion_tokens")) : 0n;
	const cached = least(n("cached_tokens"), n("prompt_tokens") - heard);
	const written = least(n("cache_write_tokens"), n("prompt_tokens") - heard - cached);
	const plain = n("prompt_tokens") - heard - cached - written;
	const sum = plain * pico(rates.input) + cached * pico(rates.cached) + written * pico(rates.cache_write) +
		(n("completion_tokens") - spoken) * pico(rates.output) +
		heard * pico(rates.audio_input ?? 0) + spoken * pico(rates.audio_output ?? 0);
	return Number((sum + 500n) / 1000n);
}

async function end(atlas, message) {
	const answer = await chat(atlas, { model: "voice", message, body: { service_tier: ASKED[message] } });
	const id = answer.headers["x-atlas-request-id"];
	const { story } = await until(async () => {
		const { json } = await get(atlas, `/monitoring/requests/${id}`);
		return json?.story?.some(({ event }) => event === "settled" || event === "unknown") && json;
	}, { what: "its end is written down" });
	assert.equal(story[0].service_tier_asked, ASKED[message] ?? "");
	return { id, admitted: story.find(({ event }) => event === "admitted"), last: story.at(-1) };
}

const nanoOf = (usd) => Math.round(usd * 1e9);

function checkHighest({ high_rates: rates, ...event }) {
	const zero = { prompt_audio_tokens: 0, completion_audio_tokens: 0, cached_tokens: 0, cache_write_tokens: 0 };
	assert.equal(rates.highest, true);
	assert.equal(nanoOf(event.high_usd), reckon({
		...zero, rates, prompt_tokens: event.high_prompt_tokens, completion_tokens: event.high_completion_tokens,
	}));
}

test("a story prices its request again, whichever catalogue is in force by then", async (t) => {
	const upstream = await startUpstream(t);
	const models = path.join(makeFolder("/tmp"), "models.json");
	writeFileSync(models, catalogue(2.5));
	const atlas = await startAtlas({ sim: upstream, workers: 1, conf: { server: { models_file: models }, retry: { max_retries: 0 } } });
	const asked = [];
	const askAll = async () => {
		for (const message of ["sound", "cached", "cached flex", "long", "lost"])
			asked.push({ message, ...await end(atlas, message) });
	};
	await askAll();
	writeFileSync(models, catalogue(3.000007));
	assert.equal((await atlas.ctl("reload")).code, 0);
	await askAll();

	for (const { message, id, admitted, last } of asked) {
		assert.ok(last.cost_nanousd > 0, message);
		assert.equal(last.cost_nanousd, reckon(last), `${message}: ${JSON.stringify(last)}`);
		checkHighest(admitted);
		const again = (await atlas.ctl("why", id)).json.story;
		assert.deepEqual([again.at(-1).rates, again[1].high_rates], [last.rates, admitted.high_rates], message);
	}
	const of = (message) => asked.filter((one) => one.message === message).map(({ last }) => last);
	assert.deepEqual(of("sound").map(({ rates }) => rates), [2.5, 3.000007].map((input) => ({
		model: "voice", tier: "default", from: "2025-06-10T00:00:00.000Z", long_context_from: 200000, long_context: false, highest: false,
		input, cached: 0.1234, cache_write: 3.7, output: 10.000001, audio_input: 40, audio_output: 80.5,
	})));
	assert.equal(of("sound")[0].cost_nanousd, Math.round((1003 - 301 - 77) * 2500 + 301 * 123.4 + 77 * 40000 + (507 - 41) * 10000.001 + 41 * 80500));
	assert.deepEqual(of("cached flex").map(({ rates }) => [rates.tier, rates.input, rates.audio_input]), [["flex", 1.000001, null], ["flex", 1.000001, null]]);
	assert.deepEqual(of("long").map(({ rates }) => [rates.long_context, rates.input]), [[true, 5], [true, 5]]);
	for (const { event, outcome, rates } of of("lost"))
		assert.deepEqual([event, outcome, rates.highest], ["unknown", "unknown", true]);
	assert.equal(new Set(asked.map(({ last }) => last.price_version)).size, 2);

	assert.match((await atlas.say("why", asked[1].id)).stdout, /^ +asked +6 characters, max_tokens none, tier flex$/m);
	const said = (await atlas.say("why", asked[0].id)).stdout;
	assert.match(said, /^ +rates +voice, tier default, since 2025-06-10T\S+, per million tokens:\n +in \$2\.500000, cached \$0\.123400, cache write \$3\.700000, out \$10\.000001, audio in \$40\.000000, audio out \$80\.500000\n +other rates from a prompt of 200000 tokens on$/m);
	const verified = (await atlas.ctl("verify")).json;
	assert.deepEqual([verified.faults, verified.rates], [0, 5], "of the second catalogue one is new");
	assert.equal(await atlas.stop(), 0);
});
