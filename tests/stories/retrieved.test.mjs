// What is only looked at was paid for when it was made: it is counted once, never again.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get, post, request, settled, startAtlas, until, usage } from "./lib/index.mjs";
import { open, read } from "./lib/http.mjs";
import { serve } from "./lib/server.mjs";

const model = "gpt-4o-mini";
const made = { input_tokens: 30, output_tokens: 20, total_tokens: 50 };

describe("a response that is asked for again", () => {
	let upstream, atlas, token;

	const response = (id, members) => ({ id, object: "response", model, output: [], error: null, ...members });
	const done = (id) => response(id, { status: "completed", usage: made, output: [{ content: [{ text: "x".repeat(400) }] }] });

	const event = (type, members) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

	/** A stream of which not all is said. */
	const begun = (background) =>
		event("response.created", { response: response("resp_3", { status: "in_progress", background }) }) +
		event("response.output_text.delta", { delta: "Hello" });

	/** Makes responses, at once or in the background, and tells of them. */
	function answer({ method, url }, body, reply) {
		const [, id, order] = /responses\/([^/?]+)(.*)$/.exec(url) ?? [];
		const isNew = id === undefined;
		const { background, stream } = isNew ? JSON.parse(body) : {};
		const isStream = stream || id === "endless" || order === "?stream=true";
		reply.setHeader("content-type", isStream ? "text/event-stream" : "application/json");
		if (id === "endless") return reply.write(begun(true));
		if (id === "broken") return reply.end("{");
		if (stream) return reply.write(begun(background), () => reply.destroy());
		if (background) return reply.end(JSON.stringify(response("resp_2", { status: "queued" })));
		if (id === "running") return reply.end(JSON.stringify(response(id, { status: "in_progress", usage: null })));
		const told = { type: "response.completed", response: done(id ?? "resp_1") };
		assert.ok(isNew || method === "GET" || order === "/cancel");
		reply.end(isStream ? event(told.type, told) : JSON.stringify(told.response));
	}

	before(async () => {
		upstream = await serve(answer);
		atlas = await startAtlas({
			sim: { ...upstream, apiKey: "sk-made-123456" },
			conf: { server: { relay_paths: "/v1/responses/*:chat" }, retry: { max_retries: 0 } },
		});
		token = (await atlas.ctl("tokens", "create", "--role", "chat", "--name", "small", "--max-tokens", "99",
			"--tokens-per-minute", "1000")).json.token;
	});

	after(async () => {
		assert.equal(await atlas.stop(), 0);
		upstream.close();
	});

	/** Its attempt and its story, once that is written down. */
	const whyOf = async (answered) => {
		const id = answered.headers["x-atlas-request-id"];
		const why = await until(async () => {
			const { json } = await atlas.ctl("why", id);
			return json?.attempts?.[0]?.done_at && json;
		});
		return { ...why, row: why.attempts[0], text: (await atlas.say("why", id)).stdout };
	};

	/** Nothing is reserved for it, nothing could become of it, and nothing has. */
	async function costsNothing(answered, outcome) {
		const { row, story, text } = await whyOf(answered);
		const admitted = story.find(({ event }) => event === "admitted");
		assert.deepEqual([admitted.reserved_tokens, admitted.high_prompt_tokens, admitted.high_completion_tokens], [1, 0, 0]);
		assert.deepEqual([row.outcome, row.total_tokens, row.cost_nanousd, row.unpriced, row.model_served],
			[outcome, 0, 0, true, ""], JSON.stringify(row));
		assert.match(text, /it asked only after what is there; costs nothing\n/);
	}

	test("is counted when it was made, and by its usage", async () => {
		const first = await post(atlas, "/v1/responses", { model, input: "Say hello" });
		assert.equal(first.status, 200, first.text);
		const before = await settled(atlas, 1);
		assert.equal(before.total_tokens, 50);
		const again = [
			await get(atlas, "/v1/responses/resp_1"),
			await get(atlas, "/v1/responses/resp_1?stream=true"),
			await get(atlas, "/v1/responses/running"),
			await request(atlas, { method: "POST", path: "/v1/responses/resp_1/cancel" }),
		];
		for (const told of again) {
			assert.equal(told.status, 200, told.text);
			await costsNothing(told, "settled_estimate");
		}
		const after = await settled(atlas, 1 + again.length);
		for (const name of ["total_tokens", "total_prompt_tokens", "total_completion_tokens", "total_cost_usd", "unknown_tokens"])
			assert.equal(after[name], before[name], name);
		const { json } = await get(atlas, "/monitoring/cost-breakdown");
		assert.equal(json.by_model.find(({ model: name }) => name === model).request_count, 1, "nothing else was served by it");
	});

	test("whose answer is broken could not have cost anything", async () => {
		const before = await usage(atlas);
		const broken = await get(atlas, "/v1/responses/broken");
		assert.deepEqual([broken.status, broken.json.error.code], [502, "upstream_protocol"]);
		await costsNothing(broken, "unknown");
		const after = await settled(atlas, before.request_count + 1);
		assert.deepEqual([after.total_tokens, after.unknown_tokens], [before.total_tokens, before.unknown_tokens]);
	});

	test("costs nothing either when nobody hears it to its end", async () => {
		const before = await usage(atlas);
		const begin = (options) => open(atlas, { path: "/v1/responses/endless", fresh: true, ...options });
		const leaver = new AbortController();
		const left = await begin({ signal: leaver.signal });
		left.on("error", () => {}); // it is we who leave
		leaver.abort();
		await costsNothing(left, "settled_estimate");
		const lost = await begin();
		atlas.kill(atlas.children("dispatch")[0].pid);
		assert.match((await read(lost)).text, /upstream_outcome_unknown/);
		await costsNothing(lost, "unknown");
		const after = await settled(atlas, before.request_count + 2);
		assert.deepEqual([after.total_tokens, after.unknown_tokens], [before.total_tokens, before.unknown_tokens]);
	});

	test("takes nothing of a token's limits on tokens", async () => {
		for (const [id, status] of [["resp_1", 200], ["broken", 502]]) {
			const told = await get(atlas, `/v1/responses/${id}`, { token });
			assert.equal(told.status, status, told.text);
			await whyOf(told);
		}
		const { headers } = await get(atlas, "/v1/responses/resp_1", { token });
		assert.ok(Number(headers["x-ratelimit-remaining-tokens"]) >= 98, JSON.stringify(headers));
	});

	test("and was made in the background stays the interval that it was then", async () => {
		const before = await usage(atlas);
		const first = await post(atlas, "/v1/responses", { model, input: "Say hello", background: true, max_output_tokens: 500 });
		assert.equal(first.json.status, "queued", first.text);
		const { row } = await whyOf(first);
		assert.equal(row.outcome, "unknown");
		assert.ok(row.total_tokens > 500);
		const told = await get(atlas, "/v1/responses/resp_2");
		assert.deepEqual(told.json.usage, made);
		await costsNothing(told, "settled_estimate");
		const after = await settled(atlas, before.request_count + 2);
		assert.equal(after.total_tokens - before.total_tokens, row.total_tokens);
		assert.equal(after.unknown_tokens - before.unknown_tokens, row.total_tokens);
	});

	test("goes on in the background when its stream breaks off, and only there", async () => {
		for (const [background, outcome] of [[true, "unknown"], [false, "settled_estimate"]]) {
			const asked = { model, input: "Say hello", background, stream: true, max_output_tokens: 500 };
			const cut = await post(atlas, "/v1/responses", asked);
			assert.match(cut.text, /Hello.*response\.failed/s);
			const { row } = await whyOf(cut);
			assert.equal(row.outcome, outcome);
			assert.equal(row.total_tokens >= 500, background, JSON.stringify(row));
		}
	});
});
