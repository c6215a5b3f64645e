// Chats with models that only the Responses API has: words, tools, usage and ends come
// through it as through chat completions; an upstream without it is asked the other way.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { chatStream, get, leaks, ledgerEqualsBill, makeFolder, post, startAtlas, startSim, until } from "./lib/index.mjs";
import { serve } from "./lib/server.mjs";

const MODEL = "gpt-4o"; // which the catalogue of this story has for the Responses API alone
const models = path.join(makeFolder(os.tmpdir()), "models.json");

let sim, atlas;

before(async () => {
	const catalogue = JSON.parse(readFileSync("etc/models.json", "utf8"));
	catalogue.models.find(({ name }) => name === MODEL).apis = ["responses"];
	writeFileSync(models, JSON.stringify(catalogue));
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 1, conf: { server: { models_file: models } } });
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const say = (message, more = {}, target = atlas) =>
	post(target, "/chat/complete", { message, model: MODEL, ...more });

const stream = async (message, more = {}) =>
	(await chatStream(atlas, { path: "/chat/stream", messages: undefined,
		body: { messages: undefined, model: MODEL, message, ...more } })).collect();

const lastLines = async (n) =>
	(await sim.bill()).filter(({ event }) => event === "final").slice(-n);

describe("a turn", () => {
	test("a whole one: the words, the usage and why it ended", async () => {
		const answer = await say("Say hello");
		assert.equal(answer.status, 200, answer.text);
		const [line] = await lastLines(1);
		assert.equal(line.endpoint, "responses");
		assert.equal(answer.json.model, MODEL);
		assert.equal(answer.json.finish_reason, "stop");
		assert.equal(answer.json.usage.total_tokens, line.prompt_tokens + line.completion_tokens);
		assert.equal(Math.round(answer.json.usage.cost_usd * 1e9), line.cost_nanousd);
		await ledgerEqualsBill(atlas, sim);
		const direct = await post(sim, "/v1/responses", { model: MODEL, input: [{ role: "user", content: "Say hello" }] });
		assert.equal(answer.json.text, direct.json.output.at(-1).content[0].text);
	});

	test("a streamed one tells its words as they come; what was cut says so", async () => {
		const told = await stream("Tell me a \"story\" [[sim tokens=60]]");
		assert.deepEqual(told.events.slice(-2).map(({ event }) => event), ["usage", "done"]);
		assert.ok(told.events.filter(({ event }) => event === "delta").length > 3);
		assert.equal(told.usage.finish_reason, "stop");
		const whole = await say("Tell me a \"story\" [[sim tokens=60]]");
		assert.equal(told.said, whole.json.text);
		const cut = await stream("Tell me a story", { max_tokens: 12 });
		assert.equal(cut.usage.finish_reason, "length");
		assert.ok(cut.usage.completion_tokens <= 12);
	});

	test("what was said before goes along, as do the system's words and the temperature", async () => {
		const first = (await say("One [[sim tokens=5]]", { system: "Be \"brief\"", temperature: 0.5 })).json;
		const second = (await say("Two", { session_id: first.session_id, system: "Be \"brief\"" })).json;
		const { turns } = (await get(atlas, `/chat/sessions/${first.session_id}`)).json;
		const direct = await post(sim, "/v1/responses", { model: MODEL, instructions: "Be \"brief\"",
			input: [...turns[0].messages, { role: "user", content: "Two" }] });
		assert.equal(second.text, direct.json.output.at(-1).content[0].text);
		assert.deepEqual(turns[1].messages.map(({ role }) => role), ["user", "assistant"]);
	});

	test("tools are called, in parallel, and their results read", async () => {
		const answer = await say("How full? [[sim call=limits({}) call=time({})]]", { tools: true });
		assert.equal(answer.status, 200, answer.text);
		const { tools, text, session_id, usage } = answer.json;
		assert.deepEqual(tools.map(({ name }) => name), ["limits", "time"]);
		assert.ok(Array.isArray(tools[0].result.keys));
		assert.ok(text.length > 0);
		const lines = await lastLines(2);
		assert.deepEqual(lines.map(({ endpoint }) => endpoint), ["responses", "responses"]);
		assert.equal(usage.total_tokens, lines.reduce((sum, one) => sum + one.prompt_tokens + one.completion_tokens, 0));
		const { messages } = (await get(atlas, `/chat/sessions/${session_id}`)).json.turns[0];
		assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant", "tool", "tool", "assistant"]);
		assert.equal((await say("And now?", { session_id, tools: true })).status, 200);
		assert.equal((await say("And by the other?", { session_id, model: "gpt-4o-mini" })).status, 200);
	});

	test("a stream that breaks says so, and what came is kept", async () => {
		const told = await stream("Break [[sim error-event tokens=40]]");
		assert.ok(told.error.message.length > 10);
		assert.equal(told.done, true);
		assert.ok(told.said.length > 0);
		const { turns } = (await get(atlas, `/chat/sessions/${told.events[0].json.session_id}`)).json;
		assert.equal(turns[0].outcome, "failed");
		assert.equal(turns[0].messages[1].content, told.said);
	});

	test("a refusal is a sentence, and it is on the list of models", async () => {
		const answer = await say("No [[sim 400]]");
		assert.equal(answer.status, 400, answer.text);
		const { json } = await get(atlas, "/chat/models");
		assert.ok(json.models.some(({ id }) => id === MODEL));
	});
});

describe("an upstream that has no Responses API", () => {
	/** The simulator without it; `asked` has the paths. */
	async function startLacking(refuse) {
		const asked = [];
		const server = http.createServer((req, res) => {
			asked.push(req.url);
			if (req.url.endsWith("/responses")) {
				req.resume();
				refuse(res);
				return;
			}
			const onward = http.request({ host: "127.0.0.1", port: sim.port, method: req.method, path: req.url, headers: req.headers },
				(answer) => answer.pipe(res.writeHead(answer.statusCode, answer.headers)));
			req.pipe(onward);
		});
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
		return { asked, base: `http://127.0.0.1:${server.address().port}/v1`, close: () => (server.closeAllConnections(), server.close()) };
	}

	const refusals = {
		"in OpenAI's words": (res) => res.writeHead(404, { "content-type": "application/json" })
			.end('{"error":{"message":"Unknown request URL","type":"invalid_request_error","param":null,"code":"unknown_url"}}'),
		"in others'": (res) => res.writeHead(404, { "content-type": "application/json" }).end('{"detail":"Not Found"}'),
	};
	for (const [how, refuse] of Object.entries(refusals))
		test(`it says so ${how}: chat completions, at once and from then on`, async () => {
			const upstream = await startLacking(refuse);
			const own = await startAtlas({ sim: { ...sim, base: upstream.base, apiKey: sim.apiKey }, workers: 1,
				conf: { server: { models_file: models } } });
			const first = await say("What time? [[sim call=time({})]]", { tools: true }, own);
			assert.equal(first.status, 200, first.text);
			assert.deepEqual(first.json.tools.map(({ name }) => name), ["time"]);
			const { session_id } = first.json;
			const second = await say("Say hello", { session_id }, own);
			assert.equal(second.status, 200, second.text);
			assert.deepEqual(upstream.asked.map((one) => one.replace("/v1", "")),
				["/responses", "/chat/completions", "/chat/completions", "/chat/completions"]);
			const { turns } = (await get(own, `/chat/sessions/${session_id}`)).json;
			assert.deepEqual(turns.map(({ messages }) => messages.map(({ role }) => role)),
				[["user", "assistant", "tool", "assistant"], ["user", "assistant"]]);
			assert.equal((await own.ctl("reload")).code, 0);
			assert.equal(await own.stop(), 0);
			assert.deepEqual(await leaks(own), []);
			upstream.close();
		});

	test("that it has no such model is no reason", async () => {
		const upstream = await startLacking((res) => res.writeHead(404, { "content-type": "application/json" })
			.end('{"error":{"message":"The model does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}'));
		const own = await startAtlas({ sim: { ...sim, base: upstream.base, apiKey: sim.apiKey }, workers: 1,
			conf: { server: { models_file: models } } });
		const answer = await say("Say hello", {}, own);
		assert.ok(answer.status >= 400 && answer.json.error.message.length > 10, answer.text);
		assert.deepEqual(upstream.asked, ["/v1/responses"]);
		assert.equal(await own.stop(), 0);
		upstream.close();
	});
});

test("what an attempt that failed has used is part of what the turn cost", async () => {
	const ends = [
		{ type: "response.failed", response: { id: "a", status: "failed", error: { code: "server_error", message: "x" },
			usage: { input_tokens: 1000, output_tokens: 500, total_tokens: 1500 } } },
		{ type: "response.completed", response: { id: "b", status: "completed",
			usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 } } },
	];
	const upstream = await serve((request, body, response) => {
		const end = ends.shift();
		const events = [{ type: "response.created", response: { id: end.response.id, status: "in_progress" } }];
		if (end.response.id === "b") events.push({ type: "response.output_text.delta", delta: "Hello" });
		response.writeHead(200, { "content-type": "text/event-stream" });
		response.end([...events, end].map((event, i) =>
			`event: ${event.type}\ndata: ${JSON.stringify({ sequence_number: i, ...event })}\n\n`).join(""));
	});
	const own = await startAtlas({ sim: { ...sim, base: upstream.base, apiKey: sim.apiKey }, workers: 1,
		conf: { server: { models_file: models } } });
	const { status, json, text } = await say("Say hello", {}, own);
	assert.equal(status, 200, text);
	assert.equal(json.usage.total_tokens, 1515);
	const usage = await until(async () => {
		const told = (await get(own, `/monitoring/session-usage/${json.session_id}`)).json.usage;
		return told.total_tokens === 1515 && told;
	}, { what: "both attempts are written down" });
	const kept = (await get(own, `/chat/sessions/${json.session_id}`)).json;
	assert.equal(kept.total_cost_usd, usage.total_cost_usd);
	assert.equal(kept.total_tokens, 1515);
	assert.equal(await own.stop(), 0);
	upstream.close();
});
