// Everything beside plain chat: the other endpoints, tools, tiers, formats; the rest of the
// simulator's own tests is in tests/stories/sim.test.mjs, which runs these too.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ask, eventsOf, lastLines, post, start, streamed } from "./client.mjs";

const CHAT = "/v1/chat/completions";
let sim;

async function call(where, body, { method = "POST", headers } = {}) {
	const response = await fetch(sim.url + where, {
		method,
		headers: { authorization: "Bearer sk-one", ...headers },
		body: body && JSON.stringify(body),
	});
	const text = await response.text();
	const json = /^application\/json/.test(response.headers.get("content-type"))
		? JSON.parse(text)
		: undefined;
	return { status: response.status, headers: response.headers, text, json };
}

/** The typed events of a streamed response, each checked against its own name. */
async function responseEvents(body) {
	const { text } = await call("/v1/responses", { ...body, stream: true });
	const events = text
		.split("\n\n")
		.filter(Boolean)
		.map((block) => {
			const [, event, data] = /^event: (\S+)\ndata: (.*)$/.exec(block);
			const json = JSON.parse(data);
			assert.equal(json.type, event);
			return json;
		});
	events.forEach((event, i) => assert.equal(event.sequence_number, i, event.type));
	return events;
}

const lastLine = async () => lastLines(await sim.admin("GET", "/bill")).at(-1);

describe("endpoints", () => {
	before(async () => (sim = await start()));
	after(() => sim.stop());

	test("a whole response has OpenAI's shape, and costs what its usage says", async () => {
		const { json } = await call("/v1/responses", {
			model: "gpt-4o",
			instructions: "Be kind.",
			input: [{ role: "user", content: [{ type: "input_text", text: "hello" }] }],
		});
		assert.match(json.id, /^resp_[0-9a-f]{32}$/);
		assert.deepEqual(
			[json.object, json.status, json.model, json.error, json.incomplete_details],
			["response", "completed", "gpt-4o-2024-08-06", null, null],
		);
		const [message] = json.output;
		assert.deepEqual(
			[message.type, message.role, message.status, message.content[0].type],
			["message", "assistant", "completed", "output_text"],
		);
		assert.ok(message.content[0].text.length > 20);
		const u = json.usage;
		assert.equal(u.total_tokens, u.input_tokens + u.output_tokens);
		const line = await lastLine();
		assert.deepEqual(
			[line.endpoint, line.prompt_tokens, line.completion_tokens],
			["responses", u.input_tokens, u.output_tokens],
		);
		assert.equal(line.cached_tokens, u.input_tokens_details.cached_tokens);
	});

	test("a streamed response is a sequence of typed events", async () => {
		const body = { model: "gpt-4o", input: "Tell me a story" };
		const events = await responseEvents(body);
		const types = events.map((e) => e.type);
		const deltas = types.filter((t) => t === "response.output_text.delta");
		assert.deepEqual(types, [
			"response.created",
			"response.in_progress",
			"response.output_item.added",
			"response.content_part.added",
			...deltas,
			"response.output_text.done",
			"response.content_part.done",
			"response.output_item.done",
			"response.completed",
		]);
		const said = events.map((e) => e.delta ?? "").join("");
		const { response } = events.at(-1);
		assert.equal(response.output[0].content[0].text, said);
		assert.equal(events.find((e) => e.type.endsWith("text.done")).text, said);
		const whole = (await call("/v1/responses", body)).json;
		assert.equal(whole.output[0].content[0].text, said);
		assert.deepEqual(whole.usage, response.usage);
		assert.equal(events[0].response.usage, null);
	});

	test("reasoning is an item of its own, and part of the output's tokens", async () => {
		const ask = { model: "gpt-5-mini", input: "[[sim tokens=90 reasoning=64]]" };
		const { json } = await call("/v1/responses", ask);
		assert.deepEqual(
			json.output.map((item) => item.type),
			["reasoning", "message"],
		);
		assert.equal(json.usage.output_tokens_details.reasoning_tokens, 64);
		const events = await responseEvents(ask);
		assert.equal(events.at(-1).response.output[1].id, events.find((e) => e.delta).item_id);
	});

	test("max_output_tokens makes a response incomplete, in both forms", async () => {
		const ask = { model: "gpt-4o", input: "[[sim tokens=50]]", max_output_tokens: 7 };
		const { json } = await call("/v1/responses", ask);
		assert.deepEqual(
			[json.status, json.incomplete_details.reason, json.usage.output_tokens],
			["incomplete", "max_output_tokens", 7],
		);
		assert.equal((await responseEvents(ask)).at(-1).type, "response.incomplete");
	});

	test("a response can fail half way, and so can its stream", async () => {
		const failed = await responseEvents({ model: "gpt-4o", input: "[[sim failed]]" });
		assert.equal(failed.at(-1).type, "response.failed");
		assert.equal(failed.at(-1).response.error.code, "server_error");
		const error = await responseEvents({ model: "gpt-4o", input: "[[sim error-event]]" });
		assert.deepEqual([error.at(-1).type, error.at(-1).code], ["error", "server_error"]);
		const cut = await responseEvents({ model: "gpt-4o", input: "[[sim no-done]]" });
		assert.equal(cut.at(-1).type, "response.output_item.done");
	});

	test("a background response is queued, and billed all the same", async () => {
		const { json } = await call("/v1/responses", {
			model: "gpt-4o",
			input: "[[sim tokens=30]]",
			background: true,
		});
		assert.deepEqual(
			[json.status, json.output.length, json.usage, json.background],
			["queued", 0, null, true],
		);
		assert.equal((await lastLine()).completion_tokens, 30);
	});

	test("completions take texts and tokens and write 16 tokens by default", async () => {
		const model = "gpt-3.5-turbo-instruct";
		const { json } = await call("/v1/completions", {
			model,
			prompt: ["Once", "upon [[sim tokens=40]]"],
			n: 2,
			logprobs: 1,
		});
		assert.equal(json.object, "text_completion");
		assert.deepEqual(
			json.choices.map((c) => [c.index, c.finish_reason]),
			[0, 1, 2, 3].map((i) => [i, "length"]),
		);
		assert.equal(new Set(json.choices.map((c) => c.text)).size, 4);
		assert.equal(json.usage.completion_tokens, 64);
		assert.equal(json.choices[0].logprobs.tokens.join(""), json.choices[0].text);
		const { text } = await call("/v1/completions", {
			model,
			prompt: [1, 2, 3],
			...streamed,
		});
		const events = eventsOf(text);
		assert.equal(events.at(-1), "[DONE]");
		assert.ok(events.at(-2).usage.completion_tokens <= 16);
		assert.equal(events.at(-3).choices[0].finish_reason, "length");
	});

	test("embeddings are the same for the same text, of length 1, as numbers or base64", async () => {
		const model = "text-embedding-3-small";
		const input = ["tea", "coffee", "tea"];
		const numbers = (await call("/v1/embeddings", { model, input })).json;
		assert.deepEqual(
			numbers.data.map((d) => [d.index, d.object, d.embedding.length]),
			[0, 1, 2].map((i) => [i, "embedding", 1536]),
		);
		assert.deepEqual(numbers.data[0].embedding, numbers.data[2].embedding);
		assert.notDeepEqual(numbers.data[0].embedding, numbers.data[1].embedding);
		const norm = Math.hypot(...numbers.data[0].embedding);
		assert.ok(Math.abs(norm - 1) < 1e-5, String(norm));
		const packed = (
			await call("/v1/embeddings", { model, input, encoding_format: "base64" })
		).json;
		const bytes = Buffer.from(packed.data[1].embedding, "base64");
		const floats = new Float32Array(bytes.buffer, bytes.byteOffset, 1536);
		assert.deepEqual([...floats], numbers.data[1].embedding.map(Math.fround));
		assert.deepEqual(Object.keys(packed.usage), ["prompt_tokens", "total_tokens"]);
		const small = await call("/v1/embeddings", { model, input: "tea", dimensions: 8 });
		assert.equal(small.json.data[0].embedding.length, 8);
		const line = await lastLine();
		assert.equal(line.cost_nanousd, line.prompt_tokens * 20);
	});

	test("a model is found by its name, under both of its names", async () => {
		for (const name of ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"]) {
			const { json } = await call(`/v1/models/${name}`, undefined, { method: "GET" });
			assert.deepEqual([json.id, json.object], [name, "model"]);
		}
		const none = await call("/v1/models/gpt-0", undefined, { method: "GET" });
		assert.deepEqual([none.status, none.json.error.code], [404, "model_not_found"]);
	});

	test("what each endpoint refuses", async () => {
		const cases = [
			["/v1/responses", { model: "gpt-4o" }, 400],
			["/v1/responses", { model: "gpt-4o", input: 7 }, 400],
			["/v1/responses", { model: "gpt-4o", input: "x", background: true, store: false }, 400],
			["/v1/responses", { model: "gpt-4o", input: "x", service_tier: "gold" }, 400],
			["/v1/completions", { model: "gpt-3.5-turbo-instruct" }, 400],
			["/v1/completions", { model: "gpt-4o", prompt: "x" }, 404],
			["/v1/embeddings", { model: "text-embedding-3-small" }, 400],
			["/v1/embeddings", { model: "text-embedding-3-small", input: [] }, 400],
			["/v1/embeddings", { model: "gpt-4o", input: "x" }, 404],
			[CHAT, ask("x", { model: "text-embedding-3-small" }), 404],
			[CHAT, ask("x", { n: 129 }), 400],
		];
		for (const [where, body, status] of cases) {
			const { json, status: got } = await call(where, body);
			assert.equal(got, status, `${where} ${JSON.stringify(body)}`);
			assert.equal(json.error.type, "invalid_request_error");
		}
	});
});

describe("what an answer can be", () => {
	before(async () => (sim = await start()));
	after(() => sim.stop());

	const tools = [
		{
			type: "function",
			function: {
				name: "get_weather",
				parameters: {
					type: "object",
					properties: { city: { type: "string" }, days: { type: "integer", minimum: 3 } },
				},
			},
		},
	];
	const order = '[[sim call=get_weather({"city": "Zürich"}) call=get_weather]]';

	test("a prompt orders calls, in parallel, with the arguments it names", async () => {
		const { json } = await call(CHAT, ask(order, { tools }));
		const [choice] = json.choices;
		assert.deepEqual([choice.finish_reason, choice.message.content], ["tool_calls", null]);
		const [first, second] = choice.message.tool_calls;
		assert.equal(first.function.arguments, '{"city": "Zürich"}');
		assert.notEqual(first.id, second.id);
		const made = JSON.parse(second.function.arguments);
		assert.deepEqual([typeof made.city, made.days], ["string", 3]);
		const { text } = await call(CHAT, ask(order, { tools, ...streamed }));
		const built = [];
		for (const event of eventsOf(text).slice(0, -1))
			for (const c of event.choices[0]?.delta.tool_calls ?? []) {
				built[c.index] ??= { id: c.id, type: c.type, function: { name: c.function.name, arguments: "" } };
				built[c.index].function.arguments += c.function.arguments;
			}
		assert.deepEqual(built, choice.message.tool_calls);
	});

	test("with the results there, it talks", async () => {
		const messages = [
			{ role: "user", content: order },
			{ role: "assistant", content: null, tool_calls: [] },
			{ role: "tool", tool_call_id: "x", content: "sunny" },
		];
		const { json } = await call(CHAT, { model: "gpt-4o", messages, tools });
		assert.equal(json.choices[0].finish_reason, "stop");
		const input = [
			{ role: "user", content: order },
			{ type: "function_call", call_id: "x", name: "get_weather", arguments: "{}" },
			{ type: "function_call_output", call_id: "x", output: "sunny" },
		];
		const response = await call("/v1/responses", { model: "gpt-4o", input });
		assert.equal(response.json.output[0].type, "message");
	});

	test("a response's calls are items with events of their own", async () => {
		const body = { model: "gpt-4o", input: order };
		const { json } = await call("/v1/responses", body);
		assert.deepEqual(
			json.output.map((item) => item.type),
			["function_call", "function_call"],
		);
		const events = await responseEvents(body);
		for (const item of json.output.keys()) {
			const done = events.find((e) => e.type.endsWith("arguments.done") && e.output_index === item);
			const parts = events.filter((e) => e.type.endsWith("arguments.delta") && e.output_index === item);
			assert.equal(parts.map((e) => e.delta).join(""), done.arguments);
			assert.equal(done.arguments, json.output[item].arguments);
		}
	});

	test("tool_choice makes it call, and so does the weather", async () => {
		const chosen = { type: "function", function: { name: "get_weather" } };
		for (const tool_choice of ["required", chosen]) {
			const { json } = await call(CHAT, ask("x", { tools, tool_choice }));
			assert.equal(json.choices[0].message.tool_calls[0].function.name, "get_weather");
		}
		await sim.admin("POST", "/weather", { call: 'now({"zone":"utc"})', count: 1 });
		const { json } = await call(CHAT, ask("x"));
		assert.equal(json.choices[0].message.tool_calls[0].function.arguments, '{"zone":"utc"}');
		assert.ok((await sim.admin("POST", "/weather", { call: "now({" })).error);
	});

	test("a format makes JSON that fits its schema", async () => {
		const schema = {
			type: "object",
			properties: {
				steps: { type: "array", items: { $ref: "#/$defs/step" } },
				sure: { type: "boolean" },
				mood: { enum: ["calm", "wild"] },
				note: { anyOf: [{ type: "string" }, { type: "null" }] },
			},
			$defs: { step: { type: "object", properties: { why: { type: "string" } } } },
		};
		const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
		const { json } = await call(CHAT, ask("x", { response_format }));
		const made = JSON.parse(json.choices[0].message.content);
		assert.equal(typeof made.steps[0].why, "string");
		assert.deepEqual([typeof made.sure, made.mood, typeof made.note], ["boolean", "calm", "string"]);
		const format = { type: "json_schema", name: "x", schema };
		const response = (
			await call("/v1/responses", { model: "gpt-4o", input: "x", text: { format } })
		).json;
		assert.equal(JSON.parse(response.output[0].content[0].text).mood, "calm");
		const free = await call(CHAT, ask("x", { response_format: { type: "json_object" } }));
		assert.ok(JSON.parse(free.json.choices[0].message.content).answer);
	});

	test("n choices are n texts, and cost n times as much", async () => {
		const body = ask("[[sim tokens=20]]", { n: 3, logprobs: true, top_logprobs: 2 });
		const { json } = await call(CHAT, body);
		assert.equal(new Set(json.choices.map((c) => c.message.content)).size, 3);
		assert.equal(json.usage.completion_tokens, 60);
		const [token] = json.choices[0].logprobs.content;
		assert.deepEqual([token.top_logprobs.length, token.logprob < 0], [2, true]);
		assert.equal(Buffer.from(token.bytes).toString(), token.token);
		const { text } = await call(CHAT, { ...body, ...streamed });
		const said = ["", "", ""];
		for (const event of eventsOf(text).slice(0, -1))
			for (const c of event.choices) said[c.index] += c.delta.content ?? "";
		assert.deepEqual(said, json.choices.map((c) => c.message.content));
	});

	test("the tier served is in the answer and in the bill", async () => {
		const flex = await call(CHAT, ask("[[sim tokens=10 prompt=100 cached=0]]", { model: "gpt-5-nano", service_tier: "flex" }));
		assert.equal(flex.json.service_tier, "flex");
		let line = await lastLine();
		assert.deepEqual([line.service_tier, line.cost_nanousd], ["flex", (100 * 25 + 10 * 200)]);
		await call(CHAT, ask("x", { model: "gpt-4o", service_tier: "flex" }));
		assert.equal((await lastLine()).service_tier, "default");
		const down = "[[sim tier=default prompt=1000 cached=0 tokens=1]]";
		await call("/v1/responses", { model: "gpt-4o", input: down, service_tier: "priority" });
		line = await lastLine();
		assert.deepEqual([line.service_tier, line.cost_nanousd], ["default", 1000 * 2500 + 10000]);
	});

	test("a prompt beyond the long-context mark costs the long price in all its tokens", async () => {
		for (const [prompt, input, output, long] of [
			[272000, 2500, 15000, false],
			[272001, 5000, 22500, true],
		]) {
			const wish = `[[sim prompt=${prompt} cached=0 tokens=10 reasoning=0]]`;
			await call(CHAT, ask(wish, { model: "gpt-5.4" }));
			const line = await lastLine();
			assert.deepEqual(
				[line.long_context, line.cost_nanousd],
				[long, prompt * input + 10 * output],
			);
		}
	});

	test("a long prompt that was here before is cached, in steps of 128 from 1,024 on", async () => {
		const begin = "a sentence that comes again and again. ".repeat(400);
		const cached = async (content) =>
			(await call(CHAT, ask(content))).json.usage.prompt_tokens_details.cached_tokens;
		assert.equal(await cached(`${begin}one`), 0);
		const again = await cached(`${begin}two`);
		assert.ok(again >= 1024 && again % 128 === 0, String(again));
		assert.equal(await cached(`x${begin}`), 0);
		const other = await call(CHAT, ask(`${begin}two`), { headers: { authorization: "Bearer other" } });
		assert.equal(other.json.usage.prompt_tokens_details.cached_tokens, 0);
	});

	test("a text is prose: it begins large, ends a sentence and repeats nothing at once", async () => {
		for (let i = 0; i < 20; i++) {
			const r = await post(sim, ask(`question ${i}`));
			const text = (await r.json()).choices[0].message.content;
			assert.match(text, /^[A-Z]/);
			assert.match(text, /[.:!?`|*]$/, text);
			const parts = text.split("\n\n");
			assert.equal(new Set(parts).size, parts.length, text);
		}
	});
});
