// Chats: what was said goes along, what is said is kept, and nobody else reads it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
	chatStream,
	get,
	leaks,
	ledgerEqualsBill,
	post,
	request,
	startAtlas,
	startSim,
	until,
} from "./lib/index.mjs";

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
	post(atlas, "/chat/complete", { message, ...more }, options);

const stream = (message, more = {}) =>
	chatStream(atlas, { path: "/chat/stream", messages: undefined, body: { model: undefined, messages: undefined, message, ...more } });

const read = async (id, token) => get(atlas, `/chat/sessions/${id}`, { token });

async function tokenOf(name) {
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", name);
	return made.json.token;
}

describe("a turn", () => {
	test("its priority is its own, or else the header's", async () => {
		const priorityOf = async (more, headers) => {
			const answer = await say("Say hello", more, { headers });
			assert.equal(answer.status, 200, answer.text);
			const { attempts } = (await get(atlas, `/monitoring/requests/${answer.json.id}`)).json;
			return attempts[0].priority;
		};
		const high = { "X-Atlas-Priority": "high" };
		assert.equal(await priorityOf({}), "NORMAL");
		assert.equal(await priorityOf({}, high), "HIGH");
		assert.equal(await priorityOf({ priority: "low" }, high), "LOW");
	});

	test("a whole one has the model's words, its metrics and its chat", async () => {
		const answer = await say("Say hello");
		assert.equal(answer.status, 200, answer.text);
		const { session_id, id, text, model, usage, tools, metrics } = answer.json;
		assert.match(session_id, /^chat_[0-9a-f]{32}$/);
		assert.match(id, /^req_[0-9a-f]{32}$/);
		assert.equal(model, "gpt-4o-mini");
		assert.ok(text.length > 0);
		assert.deepEqual(tools, []);
		const line = (await sim.bill()).at(-1);
		assert.equal(usage.total_tokens, line.prompt_tokens + line.completion_tokens);
		assert.equal(Math.round(usage.cost_usd * 1e9), line.cost_nanousd);
		assert.deepEqual(Object.keys(metrics), [
			"queue_wait_time_ms",
			"rate_limit_delays_ms",
			"retry_count",
			"was_rate_limited",
			"cost_usd",
			"token_efficiency",
			"llm_duration_ms",
			"tool_duration_ms",
			"total_duration_ms",
		]);
		await ledgerEqualsBill(atlas, sim);
	});

	test("a streamed one tells its chat, its state, its words and its usage, in this order", async () => {
		const answer = await stream("Tell me a story");
		assert.equal(answer.status, 200, answer.refusal?.text);
		const told = await answer.collect();
		const names = told.events.map(({ event }) => event);
		assert.equal(names[0], "session");
		assert.deepEqual(names.slice(-2), ["usage", "done"]);
		assert.ok(names.includes("status") && names.includes("delta"), names.join());
		const whole = await say("Tell me a story");
		assert.equal(told.said, whole.json.text);
		assert.ok(told.usage.cost_usd > 0);
		const { queue_ms, duration_ms, tool_duration_ms, total_duration_ms, rate_limit_delay_ms, was_rate_limited } = told.usage;
		assert.equal(total_duration_ms, queue_ms + duration_ms + tool_duration_ms);
		assert.deepEqual([rate_limit_delay_ms, was_rate_limited, told.usage.finish_reason], [0, false, "stop"]);
		assert.equal(told.done, true);
	});
});

describe("while it waits", () => {
	test("its place in the queue, the wait and its reason are told", async () => {
		const own = await startAtlas({ sim, workers: 1, conf: { queue: { max_concurrent: 1 } } });
		const running = await chatStream(own, { message: "Slowly [[sim tokens=60 tps=30]]" });
		const waiting = await chatStream(own, {
			path: "/chat/stream",
			body: { model: undefined, messages: undefined, message: "Me next" },
		});
		const [told] = await Promise.all([waiting.collect(), running.collect()]);
		const place = told.events.find(({ event }) => event === "queue").json;
		assert.equal(place.position, 1);
		assert.equal(typeof place.estimated_wait_ms, "number");
		assert.match(place.reason, /^[a-z ]+$/);
		assert.equal(told.done, true);
		assert.equal(await own.stop(), 0);
		assert.deepEqual(await leaks(own), []);
	});
});

describe("what was said", () => {
	test("it goes along, in its order, with the system's words in front", async () => {
		const first = await say("One [[sim tokens=5]]", { system: "Be \"brief\"" });
		const session_id = first.json.session_id;
		const second = await say("Two", { session_id });
		assert.equal(second.json.session_id, session_id);
		const kept = (await read(session_id)).json;
		assert.equal(kept.turn_count, 2);
		assert.equal(kept.title, "One [[sim tokens=5]]");
		const direct = await post(sim, "/v1/chat/completions", {
			model: "gpt-4o-mini",
			messages: [...kept.turns[0].messages, { role: "user", content: "Two" }],
		});
		assert.equal(direct.json.choices[0].message.content, second.json.text);
		assert.deepEqual(kept.turns.map(({ messages }) => messages.map(({ role }) => role)), [
			["user", "assistant"],
			["user", "assistant"],
		]);
		assert.equal(kept.turns[1].after, kept.turns[0].id);
		assert.equal(kept.turns[1].messages[1].content, second.json.text);
	});

	test("a turn can follow any other: branches stay", async () => {
		const a = (await say("Root")).json;
		const b = (await say("Left", { session_id: a.session_id })).json;
		const c = (await say("Right", { session_id: a.session_id, after: a.id })).json;
		const d = (await say("Anew", { session_id: a.session_id, after: "" })).json;
		const { turns } = (await read(a.session_id)).json;
		assert.deepEqual(
			turns.map(({ id, after }) => [id, after]),
			[[a.id, null], [b.id, a.id], [c.id, a.id], [d.id, null]],
		);
		const lost = await say("Lost", { session_id: a.session_id, after: "req_" + "0".repeat(31) + "1" });
		assert.equal(lost.status, 400);
		assert.equal(lost.json.error.param, "after");
	});

	test("every front reads it as soon as a turn is done", async () => {
		let { session_id } = (await say("Begin")).json;
		for (let n = 2; n <= 6; n++) {
			await say(`Turn ${n}`, { session_id }, { fresh: true });
			const { json } = await get(atlas, `/chat/sessions/${session_id}`, { fresh: true });
			assert.equal(json.turn_count, n);
		}
	});

	test("it outlives every process", async () => {
		const { session_id, text } = (await say("Remember me")).json;
		for (const role of ["record", "front", "dispatch"])
			for (const { pid } of atlas.children(role)) atlas.kill(pid);
		await atlas.ready();
		const kept = await until(async () => {
			const answer = await get(atlas, `/chat/sessions/${session_id}`, { fresh: true });
			return answer.status === 200 && answer.json;
		});
		assert.equal(kept.turns[0].messages[1].content, text);
	});

	test("only what fits the model's window goes along, and the stream says so", async () => {
		const long = "word ".repeat(200_000);
		const { session_id } = (await say(long)).json;
		const told = await (await stream("And now?", { session_id })).collect();
		const [{ json }] = told.events;
		assert.equal(json.context_trimmed, true);
		assert.equal(json.context_turns, 0);
		assert.match(json.context_note, /^No earlier turn went along: gpt-4o-mini reads 128000 tokens/);
		assert.equal(told.done, true);
	});

	test("the newest turns go along until the window is full by tokens, and a note says so", async () => {
		const model = "gpt-3.5-turbo"; // reads 16,385 tokens
		const first = (await say(`1 ${"word ".repeat(1500)} [[sim tokens=5]]`, { model })).json;
		assert.deepEqual(first.context, { turns: 0, tokens: first.context.tokens, window_tokens: 16385, trimmed: false, note: null });
		const { session_id } = first;
		let last;
		for (let n = 2; n <= 14; n++)
			last = (await say(`${n} ${"word ".repeat(1500)} [[sim tokens=5]]`, { model, session_id })).json;
		const { turns, tokens, trimmed, note } = last.context;
		assert.equal(trimmed, true);
		assert.ok(turns >= 2 && turns <= 11, `${turns} turns`);
		assert.match(note, new RegExp(`newest ${turns} of the earlier turns.* 16385 tokens`));
		assert.ok(tokens <= 16385 - 4096, `${tokens} tokens`);
		assert.ok(last.usage.prompt_tokens <= 16385, `${last.usage.prompt_tokens} of 16385`);
		const told = await (await stream("And now?", { session_id, model: "gpt-4o" })).collect();
		assert.equal(told.events[0].json.context_turns, 14);
		assert.equal(told.events[0].json.context_note, null);
		assert.equal(told.events[0].json.context_window_tokens, 128000);
	});
});

describe("the list", () => {
	test("it has the newest first, with titles and totals; chats are renamed and deleted", async () => {
		const token = await tokenOf("lister");
		const one = (await say("Of whales\nand more", {}, { token })).json;
		const two = (await say("Of ants", {}, { token })).json;
		const list = async () => (await get(atlas, "/chat/sessions", { token })).json.sessions;
		assert.deepEqual((await list()).map(({ title }) => title), ["Of ants", "Of whales"]);
		assert.equal((await list())[0].total_tokens, two.usage.total_tokens);
		const path = `/chat/sessions/${one.session_id}`;
		const renamed = await request(atlas, { method: "PATCH", path, token, body: { title: "Big fish" } });
		assert.equal(renamed.status, 200, renamed.text);
		assert.equal((await list())[1].title, "Big fish");
		const removed = await request(atlas, { method: "DELETE", path, token });
		assert.equal(removed.status, 200, removed.text);
		assert.deepEqual((await list()).map(({ title }) => title), ["Of ants"]);
		assert.equal((await read(one.session_id, token)).status, 404);
		assert.equal((await request(atlas, { method: "DELETE", path, token })).status, 404);
	});

	test("a search finds titles and words of both sides, decoded, in any case, and nobody else's", async () => {
		const token = await tokenOf("searcher");
		const found = async (text, more = {}) => {
			const { status, json } = await get(atlas, `/chat/sessions?search=${encodeURIComponent(text)}`, { token, ...more });
			assert.equal(status, 200);
			return json.sessions.map(({ title }) => title);
		};
		const whale = (await say("Of whales: the \"Pequod\"\nand its Käpt'n 🐋", {}, { token })).json;
		const ant = (await say("Of ants", {}, { token })).json;
		await say("More of them, said the Formicidae", { session_id: ant.session_id }, { token });
		await say("Of whales in secret");
		assert.deepEqual(await found("of "), ["Of ants", 'Of whales: the "Pequod"']);
		assert.deepEqual(await found('THE "PEQUOD"'), ['Of whales: the "Pequod"']);
		assert.deepEqual(await found("pequod\"\nand".replace("\n", " ")), []);
		assert.deepEqual(await found("its Käpt'n 🐋"), ['Of whales: the "Pequod"']);
		assert.deepEqual(await found("formicidae"), ["Of ants"]);
		assert.ok((await found(whale.text.slice(10, 40).split("\n")[0])).includes('Of whales: the "Pequod"'));
		assert.deepEqual(await found("secret"), []);
		assert.deepEqual(await found("assistant"), [], "names of fields are no words");
		for (const query of ["search=", `search=${"x".repeat(129)}`, "search=a&search=b", "find=a", "search=%zz"])
			assert.equal((await get(atlas, `/chat/sessions?${query}`, { token })).status, 400, query);
	});

	test("a chat is taken away as a document: the newest branch, in words", async () => {
		const first = (await say("Of whales\n- and \"more\" Käpt'n", { system: "Be brief" })).json;
		const { session_id } = first;
		await say("The old branch", { session_id });
		const second = (await say("What time? [[sim call=time({})]]", { session_id, after: first.id, tools: true })).json;
		const answer = await get(atlas, `/chat/sessions/${session_id}/export`);
		assert.equal(answer.status, 200);
		assert.equal(answer.headers["content-type"], "text/markdown; charset=utf-8");
		assert.equal(answer.headers["content-disposition"], `attachment; filename="${session_id}.md"`);
		const when = String.raw`, \d{4}-\d\d-\d\dT[\d:.]+Z`;
		const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
		assert.match(answer.text, new RegExp([
			"^# Of whales\n", String.raw`\*\*You\*\*${when}`, "\nOf whales\n- and \"more\" Käpt'n\n",
			String.raw`\*\*gpt-4o-mini\*\*`, `\n${escaped(first.text)}\n`, String.raw`\*\*You\*\*${when}`,
			`\n${escaped("What time? [[sim call=time({})]]")}\n`, String.raw`\*\*gpt-4o-mini\*\*`, `\n${escaped(second.text)}\n\n$`,
		].join("\n").replaceAll("\n\n\n", "\n\n")));
		assert.ok(!answer.text.includes("The old branch"));
		const token = await tokenOf("thief");
		assert.equal((await get(atlas, `/chat/sessions/${session_id}/export`, { token })).status, 404);
		assert.equal((await get(atlas, "/chat/sessions/none/export")).status, 404);
	});

	test("another's chat is not there", async () => {
		const { session_id } = (await say("Secret")).json;
		const token = await tokenOf("stranger");
		const path = `/chat/sessions/${session_id}`;
		assert.equal((await read(session_id, token)).status, 404);
		assert.equal((await request(atlas, { method: "DELETE", path, token })).status, 404);
		const own = await say("Mine now?", { session_id }, { token });
		assert.equal(own.status, 200);
		assert.equal((await read(session_id, token)).json.turn_count, 1);
		assert.equal((await read(session_id)).json.turn_count, 1);
	});
});

describe("what can go wrong", () => {
	test("one turn at a time: the second is 409", async () => {
		const { session_id } = (await say("Begin")).json;
		const running = await stream("Slowly [[sim tokens=200 tps=50]]", { session_id });
		const events = running.events();
		while ((await events.next()).value.event !== "delta"); // without words there is nothing to keep
		const second = await say("Me too", { session_id }, { fresh: true });
		assert.equal(second.status, 409, second.text);
		assert.equal(second.json.error.code, "session_busy");
		running.abort();
		const kept = await until(async () => {
			const { json } = await read(session_id);
			return json.turn_count === 2 && json;
		});
		assert.equal(kept.turns[1].outcome, "stopped");
		assert.ok(kept.turns[1].usage.completion_tokens > 0, "what was written until then");
		const { usage } = (await get(atlas, `/monitoring/session-usage/${session_id}`)).json;
		assert.equal(kept.total_cost_usd, usage.total_cost_usd);
		assert.equal(kept.total_tokens, usage.total_tokens);
	});

	test("of turns that arrive together, at whichever front, one runs", async () => {
		const { session_id } = (await say("Begin")).json;
		for (let round = 1; round <= 3; round++) {
			const told = await Promise.all(
				Array.from({ length: 16 }, (_, n) =>
					say(`Number ${n} [[sim ttft=100]]`, { session_id }, { fresh: true })),
			);
			const statuses = told.map(({ status }) => status).sort();
			assert.deepEqual(statuses, [200, ...Array(15).fill(409)]);
			const { json } = await read(session_id);
			assert.equal(json.turn_count, 1 + round);
			assert.deepEqual(json.turns.map(({ after }) => after), [null, ...json.turns.slice(0, -1).map(({ id }) => id)]);
		}
	});

	test("a chat whose turn runs is not deleted, and one that was does not come back", async () => {
		const { session_id } = (await say("Begin")).json;
		const path = `/chat/sessions/${session_id}`;
		const running = await stream("Slowly [[sim tokens=200 tps=50]]", { session_id });
		const early = await request(atlas, { method: "DELETE", path, fresh: true });
		assert.equal(early.status, 409, early.text);
		assert.equal(early.json.error.code, "session_busy");
		running.abort();
		await until(async () => (await request(atlas, { method: "DELETE", path, fresh: true })).status === 200);
		assert.equal((await read(session_id)).status, 404);
	});

	test("whoever is told that a turn has ended may begin the next", async () => {
		let session_id;
		for (const message of ["Break [[sim error-event tokens=40]]", "No [[sim 400]]", "Say hello"]) {
			const told = await (await stream(message, { session_id })).collect();
			assert.equal(told.done, true, message);
			session_id = told.events[0].json.session_id;
		}
	});

	test("a front that dies in a turn holds the chat no longer", async () => {
		const { session_id } = (await say("Begin")).json;
		const running = await stream("Slowly [[sim tokens=400 tps=50]]", { session_id });
		assert.equal((await say("Me too", { session_id }, { fresh: true })).status, 409);
		for (const { pid } of atlas.children("front")) atlas.kill(pid);
		await running.collect();
		await atlas.ready();
		const next = await say("Are you there?", { session_id }, { fresh: true });
		assert.equal(next.status, 200, next.text);
	});

	test("a stream that breaks says so, and what came is kept", async () => {
		const answer = await stream("Break [[sim error-event tokens=40]]");
		const told = await answer.collect();
		assert.ok(told.error.message.length > 10);
		assert.equal(told.done, true);
		assert.ok(told.said.length > 0);
		const { session_id } = told.events[0].json;
		const kept = await until(async () => (await read(session_id)).json.turns?.[0]);
		assert.equal(kept.outcome, "failed");
		assert.equal(kept.messages[1].content, told.said);
	});

	test("what the upstream refuses is told as everywhere, whole and streamed, and is no turn", async () => {
		const conf = { retry: { max_retries: 1, base_delay: "10ms", max_delay: "10ms" }, stabilization: { max_backoff: "10ms" } };
		const own = await startAtlas({ sim, workers: 1, conf });
		for (const mode of ["400", "422", "404", "409", "429", "slow_down_429", "too-large", "500", "503"]) {
			const message = `No [[sim ${mode}]]`;
			const direct = await post(own, "/v1/chat/completions", { model: "gpt-4o-mini", messages: [{ role: "user", content: message }] });
			const whole = await post(own, "/chat/complete", { message });
			assert.equal(whole.status, direct.status, mode);
			assert.deepEqual(whole.json, direct.json, mode);
			assert.equal(whole.headers["retry-after"], direct.headers["retry-after"], mode);
			const { error, events, done } = await (await chatStream(own, { path: "/chat/stream",
				body: { model: undefined, messages: undefined, message } })).collect();
			assert.equal(error.message, direct.json.error.message, mode);
			assert.equal(error.code, direct.json.error.code ?? direct.json.error.type, mode);
			assert.equal(error.retry_after_ms, Number(direct.headers["retry-after-ms"] ?? 0), mode);
			assert.equal(done, true);
			const { session_id } = events[0].json;
			assert.equal((await get(own, `/chat/sessions/${session_id}`)).status, 404);
		}
		assert.equal(await own.stop(), 0);
		assert.deepEqual(await leaks(own), []);
	});

	test("a body that is wrong is 400 and names what is wrong", async () => {
		for (const [body, param] of [
			[{}, "message"],
			[{ message: "a", session_id: "no/slash" }, "session_id"],
			[{ message: "a", after: "x" }, "after"],
			[{ message: "a", priority: "now" }, "priority"],
			[{ message: "a", base_url: "http://evil.example" }, null],
		]) {
			const answer = await post(atlas, "/chat/complete", body);
			assert.equal(answer.status, 400, JSON.stringify(body));
			assert.equal(answer.json.error.param, param);
		}
		const wrong = await request(atlas, { method: "PUT", path: "/chat/sessions/x" });
		assert.equal(wrong.status, 405);
		assert.equal(wrong.headers.allow, "GET, HEAD, PATCH, DELETE");
	});
});
