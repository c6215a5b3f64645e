// Every endpoint an OpenAI client uses: answers, streams, their ends, what they cost.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { chatStream, get, ledgerEqualsBill, post, request, startAtlas, startSim, until } from "./lib/index.mjs";

const model = "gpt-4o-mini";

let sim, atlas, client;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, conf: { retry: { max_retries: 1 } } });
	client = new OpenAI({ baseURL: `${atlas.base}/v1`, apiKey: atlas.token, maxRetries: 0 });
});

after(async () => assert.equal(await atlas.stop(), 0));

/** The events of a Responses stream as they came. */
async function responsesStream(input, body = {}) {
	const stream = await chatStream(atlas, {
		path: "/v1/responses",
		body: { messages: undefined, model, input, stream: true, ...body },
	});
	assert.equal(stream.status, 200, stream.refusal?.text);
	return stream.collect();
}

function isInOrder(events) {
	const numbers = events.map(({ json }) => json.sequence_number);
	assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] + i));
}

async function rowsOf(session) {
	const { json } = await get(atlas, `/monitoring/session-usage/${session}`);
	return json.requests ?? [];
}

describe("responses", () => {
	test("whole: passed on as it came, priced by its usage", async () => {
		const body = { model, input: "Say hello", store: false, metadata: { a: "b" } };
		const answer = await post(atlas, "/v1/responses", body);
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.object, "response");
		assert.equal(answer.json.status, "completed");
		assert.match(answer.headers["x-request-id"], /./);
		assert.match(answer.headers["openai-version"], /^\d{4}-\d\d-\d\d$/);
		assert.equal(answer.headers["openai-organization"], undefined);
		const { bill } = await ledgerEqualsBill(atlas, sim);
		const cost = Math.round(Number(answer.headers["x-atlas-cost-usd"]) * 1e9);
		assert.equal(cost, bill.cost_nanousd);
	});

	test("streamed: ends with its own event, and its usage is in there", async () => {
		const { events, done, cut } = await responsesStream("Tell me a story");
		isInOrder(events);
		const last = events.at(-1);
		assert.equal(last.event, "response.completed");
		assert.ok(last.json.response.usage.total_tokens > 0);
		assert.deepEqual([done, cut], [false, undefined], "no [DONE]");
		await ledgerEqualsBill(atlas, sim);
	});

	test("details are parts of their totals, and the tier that served is priced", async () => {
		const input = "Think [[sim tokens=40 reasoning=25 prompt=90 cached=64 tier=priority]]";
		for (const body of [{}, { stream: true }]) {
			const asked = { model: "gpt-5.1", input, service_tier: "auto", ...body };
			const answer = await post(atlas, "/v1/responses", asked);
			assert.equal(answer.status, 200, answer.text);
			assert.match(answer.text, /"service_tier": ?"priority"/);
		}
		await ledgerEqualsBill(atlas, sim);
	});

	test("streamed to its token limit: incomplete is an end too", async () => {
		const { events } = await responsesStream("Tell me all [[sim tokens=400]]", {
			max_output_tokens: 20,
		});
		assert.equal(events.at(-1).event, "response.incomplete");
		await ledgerEqualsBill(atlas, sim);
	});

	test("a stream that is cut ends with response.failed", async () => {
		const { events, done, cut } = await responsesStream("Go on [[sim tokens=200 tps=200 cut-at:9000]]");
		assert.deepEqual([done, cut], [false, undefined]);
		isInOrder(events);
		const { event, json } = events.at(-1);
		assert.equal(event, "response.failed");
		assert.equal(json.type, "response.failed");
		assert.equal(json.response.status, "failed");
		assert.equal(json.response.id, events[0].json.response.id, "the SDK checks that");
		assert.equal(json.response.error.code, "server_error");
		assert.ok(json.response.created_at > 1.7e9, `${json.response.created_at}`);
		assert.ok(json.response.error.message.length > 10);
		assert.ok(events.some(({ event: name }) => name === "response.output_text.delta"));
	});

	test("an error in the stream keeps the upstream's code", async () => {
		const { events } = await responsesStream("Fail [[sim tokens=100 error-event]]");
		isInOrder(events);
		const ends = events.filter(({ event }) => event === "response.failed");
		assert.equal(ends.length, 1, JSON.stringify(events.at(-1)));
		assert.equal(ends[0], events.at(-1));
		assert.equal(ends[0].json.response.id, events[0].json.response.id);
		assert.match(ends[0].json.response.error.message, /^The server had an error/);
	});

	test("what goes on in the background counts as unknown, at its upper bound", async () => {
		const headers = { "X-Atlas-Session": "background" };
		const body = { model, input: "Take your time", background: true, max_output_tokens: 50 };
		const answer = await post(atlas, "/v1/responses", body, { headers });
		assert.equal(answer.status, 200, answer.text);
		assert.match(answer.json.status, /^(queued|in_progress)$/);
		const [row] = await until(async () => {
			const rows = await rowsOf("background");
			return rows[0]?.done_at && rows;
		});
		assert.equal(row.outcome, "unknown");
		assert.ok(row.cost_nanousd > 0);
	});
});

describe("completions and embeddings", () => {
	test("completions, whole and streamed", async () => {
		const before = await sim.billSummary();
		const asked = { model: "gpt-3.5-turbo-instruct", prompt: "Say hello", max_tokens: 30 };
		const whole = await post(atlas, "/v1/completions", asked);
		assert.equal(whole.status, 200, whole.text);
		const stream = await chatStream(atlas, {
			path: "/v1/completions",
			body: { messages: undefined, ...asked },
		});
		assert.match(stream.headers["content-type"], /^text\/event-stream/);
		assert.equal(stream.headers["x-accel-buffering"], "no");
		assert.match(stream.headers["x-request-id"], /./);
		assert.match(stream.headers["openai-version"], /^\d{4}-\d\d-\d\d$/);
		const { events, done } = await stream.collect();
		const chunks = events.filter(({ json }) => json);
		assert.equal(done, true);
		assert.equal(
			chunks.map(({ json }) => json.choices[0].text).join(""),
			whole.json.choices[0].text,
		);
		assert.ok(chunks.every(({ json }) => !("usage" in json)), "nobody asked for it");
		const after = await sim.billSummary();
		assert.equal(after.requests - before.requests, 2);
		const cost = Math.round(Number(whole.headers["x-atlas-cost-usd"]) * 1e9);
		assert.equal(2 * cost, after.cost_nanousd - before.cost_nanousd);
	});

	test("embeddings of texts and of tokens cost their prompt alone", async () => {
		const headers = { "X-Atlas-Session": "vectors" };
		for (const input of ["one", ["one", "two"], [1, 2, 3], [[1], [2, 3]]]) {
			const body = { model: "text-embedding-3-small", input };
			const answer = await post(atlas, "/v1/embeddings", body, { headers });
			assert.equal(answer.status, 200, answer.text);
			assert.ok(Array.isArray(answer.json.data));
		}
		const rows = await until(async () => {
			const all = await rowsOf("vectors");
			return all.length === 4 && all.every((row) => row.done_at) && all;
		});
		for (const row of rows) {
			const line = (await sim.bill()).findLast((l) => l.request_id === row.upstream_id);
			assert.equal(row.outcome, "settled_usage");
			assert.equal(row.completion_tokens, 0);
			assert.equal(row.prompt_tokens, line.prompt_tokens);
			assert.equal(row.cost_nanousd, line.cost_nanousd);
		}
	});
});

describe("the official SDK", () => {
	test("responses, whole and streamed", async () => {
		const whole = await client.responses.create({ model, input: "Say hello" });
		assert.ok(whole.output_text.length > 0);
		let said = "";
		const stream = await client.responses.create({ model, input: "Say hello", stream: true });
		for await (const event of stream)
			if (event.type === "response.output_text.delta") said += event.delta;
		assert.equal(said, whole.output_text);
	});

	test("its helper for streams takes our ending for the response's own", async () => {
		const cut = "Go on [[sim tokens=200 tps=200 cut-at:9000]]";
		const response = await client.responses.stream({ model, input: cut }).finalResponse();
		assert.equal(response.status, "failed");
		assert.equal(response.error.code, "server_error");
	});

	test("completions, embeddings, one model", async () => {
		const answer = await client.completions.create({
			model: "gpt-3.5-turbo-instruct",
			prompt: "Say hello",
		});
		assert.ok(answer.choices[0].text.length > 0);
		const { data } = await client.embeddings.create({
			model: "text-embedding-3-small",
			input: ["a", "b"],
		});
		assert.equal(data.length, 2);
		assert.equal((await client.models.retrieve(model)).id, model);
		const dated = "gpt-4o-mini-2024-07-18";
		const { id, created } = await client.models.retrieve(dated);
		assert.deepEqual([id, created], [dated, Date.parse("2024-07-18") / 1000]);
		await assert.rejects(
			client.models.retrieve("gpt-nothing"),
			(error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
		);
	});
});

describe("refusals", () => {
	const paths = ["chat/completions", "responses", "completions", "embeddings"];
	const body = { model, messages: [{ role: "user", content: "x" }], input: "x", prompt: "x" };

	test("no endpoint lets a request choose its host", async () => {
		const hosts = [
			{ base_url: "http://evil.example" },
			{ extra_body: { api_base: "http://evil.example" } },
		];
		for (const path of paths)
			for (const host of hosts) {
				const { status, json } = await post(atlas, `/v1/${path}`, { ...body, ...host });
				assert.equal(status, 400, path);
				assert.equal(json.error.code, "host_not_allowed", path);
			}
	});

	test("no endpoint takes multipart", async () => {
		const headers = { "content-type": "multipart/form-data; boundary=x" };
		for (const path of paths)
			assert.equal((await post(atlas, `/v1/${path}`, "--x--", { headers })).status, 415);
	});

	test("a path that is not served says which setting would, if one could", async () => {
		for (const path of ["moderations", "files/f-1", "chat/completions/x"]) {
			const { status, json } = await get(atlas, `/v1/${path}`);
			assert.equal(status, 404, path);
			assert.match(json.error.message, /relay_paths/);
			assert.doesNotMatch(json.error.message, /JSON/);
		}
		const multipart = { "content-type": "multipart/form-data; boundary=x" };
		for (const [method, headers] of [["POST", multipart], ["DELETE", {}]]) {
			const { status, json } = await request(atlas, { method, path: "/v1/audio/transcriptions", headers, body: "--x--" });
			assert.equal(status, 404, method);
			assert.match(json.error.message, /nor could .*relay_paths.*JSON/, "it is not passed on either");
		}
	});
});

describe("a fine-tuned model", () => {
	const name = (n) => "ft:gpt-4o-mini-2024-07-18:a-company:".padEnd(n - 9, "suffix-") + ":9a8b7c6d";

	test("its long name is whole in answers, ledger and chats, and it has its price", async () => {
		const long = name(127);
		const messages = [{ role: "user", content: "hi" }];
		const answer = await post(atlas, "/v1/chat/completions", { model: long, messages });
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.model, long);
		const said = await post(atlas, "/chat/complete", { model: long, message: "hi" });
		assert.equal(said.json.model, long, said.text);
		const of = (rows) => rows.find(({ model }) => model === long);
		const row = await until(async () => {
			const { json } = await get(atlas, "/monitoring/cost-breakdown");
			const found = of(json.by_model);
			return found?.request_count === 2 && found;
		});
		assert.ok(row.total_cost_usd > 0, JSON.stringify(row));
		const { json } = await atlas.ctl("why", answer.headers["x-atlas-request-id"]);
		assert.deepEqual([json.attempts[0].model, json.attempts[0].model_served], [long, long]);
		assert.equal(of((await get(atlas, "/chat/sessions")).json.sessions)?.model, long);
		assert.equal(of((await atlas.ctl("cost")).json.by_model)?.model, long);
	});

	test("one longer than any is refused with a sentence", async () => {
		const messages = [{ role: "user", content: "hi" }];
		const answer = await post(atlas, "/v1/chat/completions", { model: name(128), messages });
		assert.equal(answer.status, 400);
		assert.match(answer.json.error.message, /'model' is longer than 127 bytes/);
	});
});
