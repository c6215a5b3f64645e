// Tools in a chat: what a model calls is done by Atlas, and it is asked again with what
// came of it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chatStream, get, leaks, ledgerEqualsBill, post, startAtlas, startSim } from "./lib/index.mjs";

let sim, atlas;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 2 });
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const say = (message, more = {}, options = {}) =>
	post(atlas, "/chat/complete", { message, tools: true, ...more }, options);

async function chatToken() {
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "talker");
	return made.json.token;
}

describe("the list", () => {
	test("has what the caller may use, each with a sample that works", async () => {
		const { json } = await get(atlas, "/tools");
		const names = json.tools.map(({ name }) => name);
		assert.deepEqual(names, ["usage", "cost", "forecast", "suggestions", "limits", "queue", "time"]);
		for (const { name, description, parameters, sample } of json.tools) {
			assert.ok(description.length > 20);
			assert.equal(parameters.type, "object");
			const ran = await post(atlas, `/tools/${name}/sample`, {});
			assert.equal(ran.status, 200, ran.text);
			assert.deepEqual(ran.json.arguments, sample);
			assert.equal(ran.json.result.error, undefined, ran.text);
		}
		assert.equal((await post(atlas, "/tools/none/sample", {})).status, 404);
	});

	test("a sample takes other arguments, and is explained on request", async () => {
		const week = await post(atlas, "/tools/cost/sample", { arguments: { period: "week" } });
		assert.deepEqual(week.json.arguments, { period: "week" });
		const told = await post(atlas, "/tools/limits/sample", { explain: true, model: "gpt-4o" });
		assert.equal(told.status, 200, told.text);
		assert.equal(told.json.model, "gpt-4o");
		assert.ok(told.json.text.length > 0 && told.json.usage.cost_usd > 0);
		assert.equal(told.json.tools[0].name, "limits");
		const { json } = await get(atlas, `/chat/sessions/${told.json.session_id}`);
		assert.match(json.turns[0].messages[0].content, /^Explain .*"keys"/s);
		for (const body of [{ explain: 1 }, { arguments: [] }, { model: "" }, { more: true }])
			assert.equal((await post(atlas, "/tools/cost/sample", body)).status, 400, JSON.stringify(body));
	});

	test("a token that may not look at everything gets only what is nobody's", async () => {
		const token = await chatToken();
		const { json } = await get(atlas, "/tools", { token });
		assert.deepEqual(json.tools.map(({ name }) => name), ["time"]);
		assert.equal((await post(atlas, "/tools/cost/sample", {}, { token })).status, 404);
		const answer = await say("How much? [[sim call=cost({\"period\":\"day\"})]]", {}, { token });
		assert.equal(answer.json.tools[0].result.error, "there is no such tool");
	});
});

describe("a turn with tools", () => {
	test("what is called in parallel is done, told, paid for and kept", async () => {
		const before = (await sim.billSummary()).requests;
		const answer = await say('What did I spend? [[sim call=cost({"period":"today"}) call=time({})]]');
		assert.equal(answer.status, 200, answer.text);
		const { tools, text, usage, session_id, metrics } = answer.json;
		assert.deepEqual(tools.map(({ name }) => name), ["cost", "time"]);
		assert.deepEqual(tools[0].arguments, { period: "today" });
		const spent = (await get(atlas, "/monitoring/cost-breakdown?hours=24")).json;
		const model = tools[0].result.by_model.find((one) => one.model === "gpt-4o-mini");
		assert.ok(model.total_cost_usd > 0 && model.total_cost_usd < Number(spent.total_cost_usd));
		assert.ok(Math.abs(Date.parse(tools[1].result.now) - Date.now()) < 60000);
		assert.ok(text.length > 0);
		const bill = (await sim.bill()).filter(({ event }) => event === "final").slice(-2);
		assert.equal((await sim.billSummary()).requests, before + 2);
		assert.equal(usage.total_tokens, bill.reduce((sum, line) => sum + line.prompt_tokens + line.completion_tokens, 0));
		assert.equal(Math.round(usage.cost_usd * 1e9), bill.reduce((sum, line) => sum + line.cost_nanousd, 0));
		assert.equal(metrics.total_duration_ms, metrics.queue_wait_time_ms + metrics.llm_duration_ms + metrics.tool_duration_ms);
		const kept = await get(atlas, `/chat/sessions/${session_id}`);
		const { messages } = kept.json.turns[0];
		assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant", "tool", "tool", "assistant"]);
		assert.deepEqual(messages[1].tool_calls.map(({ id }) => id), messages.slice(2, 4).map((one) => one.tool_call_id));
		assert.deepEqual(JSON.parse(messages[2].content), tools[0].result);
		assert.equal(messages[4].content, text);
		const next = await say("And now?", { session_id });
		assert.equal(next.status, 200, next.text);
		await ledgerEqualsBill(atlas, sim);
	});

	test("a stream tells each call as it is done, then the words", async () => {
		const stream = await chatStream(atlas, { path: "/chat/stream", messages: undefined, body: {
			model: undefined, messages: undefined, tools: ["limits", "queue"], message: "How full? [[sim call=limits({}) call=queue({})]]" } });
		assert.equal(stream.status, 200, stream.refusal?.text);
		const told = await stream.collect();
		const names = told.events.map(({ event }) => event);
		assert.equal(names.filter((name) => name === "tool").length, 2);
		assert.ok(names.indexOf("tool") < names.indexOf("delta"));
		assert.deepEqual(names.slice(-2), ["usage", "done"]);
		const [limits] = told.events.filter(({ event }) => event === "tool").map(({ data }) => (typeof data === "string" ? JSON.parse(data) : data));
		assert.equal(limits.name, "limits");
		assert.ok(Array.isArray(limits.result.keys));
	});

	test("what cannot be called is an error that the model reads", async () => {
		const wrong = await say('Say [[sim call=cost({"period":"century"})]]');
		assert.match(wrong.json.tools[0].result.error, /^period must be/);
		const unknown = await say("Say [[sim call=shell({})]]");
		assert.match(unknown.json.tools[0].result.error, /no such tool/);
		assert.ok(unknown.json.text.length > 0);
	});

	test("without tools nothing is called; a name that is none is 400", async () => {
		const plain = await say("Say hello", { tools: false });
		assert.deepEqual(plain.json.tools, []);
		assert.equal((await say("Say hello", { tools: ["shell"] })).status, 400);
		assert.equal((await say("Say hello", { tools: [1] })).status, 400);
		assert.equal((await say("Say hello", { tools: "all" })).status, 400);
	});
});
