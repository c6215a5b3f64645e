// What relay_paths lets through, to an upstream that answers with what it was asked.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { chatStream, get, post, request, startAtlas, until } from "./lib/index.mjs";

const model = "gpt-4o-mini";

describe("what is passed on", () => {
	/** An upstream that answers with what it was asked. */
	async function startEcho() {
		const urls = [];
		const server = http.createServer(async (request, response) => {
			const pieces = [];
			for await (const piece of request) pieces.push(piece);
			const { method, url, headers } = request;
			urls.push(url);
			if (/"stream":true/.test(pieces) || /[?&]stream=true/.test(url)) {
				response.writeHead(200, { "content-type": "text/event-stream" });
				const isCut = /"cut":true/.test(pieces) || /cut=true/.test(url);
				const usage = /usage=true/.test(url) ? 'data: {"usage":{"total_tokens":3},"n":0}\n\n' : "";
				return response.write(`${usage}event: a\ndata: {"n":1}\n\ndata: {"n":2}\n\n`, () =>
					isCut ? response.destroy() : response.end());
			}
			const { status, says } = pieces.length > 0 ? JSON.parse(Buffer.concat(pieces)) : {};
			response.statusCode = status ?? 200;
			if (says?.type) response.setHeader("content-type", says.type);
			if (says) return response.end(Buffer.from(says.hex, "hex"));
			if (status === 204) return response.end();
			response.setHeader("content-type", "application/json");
			response.end(JSON.stringify({ method, url, headers, body: `${Buffer.concat(pieces)}` }));
		});
		server.unref();
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
		return { server, urls, base: `http://127.0.0.1:${server.address().port}/v1`, apiKey: "sk-echo-123456" };
	}

	let echo, relaying, token;

	before(async () => {
		echo = await startEcho();
		relaying = await startAtlas({
			sim: echo,
			conf: { server: { relay_paths: "/v1/moderations:chat /v1/files/*" } },
		});
		const made = await relaying.ctl("tokens", "create", "--role", "chat", "--name", "talker");
		token = made.json.token;
	});

	after(async () => {
		assert.equal(await relaying.stop(), 0);
		echo.server.close();
	});

	test("bodies go on byte for byte, whatever is in them", async () => {
		const url = `http://127.0.0.1:${echo.server.address().port}/picture.png`;
		const known = JSON.stringify({
			model,
			messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
			input: [{ role: "user", content: [{ type: "input_image", image_url: url }] }],
			prompt: "x",
			tools: [{ type: "function", function: { name: "f", parameters: { host: {} } } }],
			response_format: { type: "json_schema", json_schema: { name: "s", schema: {} } },
			text: { format: { type: "json_schema", name: "s", schema: {} } },
			logprobs: true,
			store: false,
			previous_response_id: "resp_1",
		});
		const odd = known.replace("{", '{ "un\\u006bnown" : [1.50, -0, 1e400, "\\ud800"] , ');
		for (const path of ["chat/completions", "responses", "completions", "embeddings"]) {
			const body = path === "embeddings" ? odd.replace(/"input":\[.*?\]\}\]/, '"input":"x"') : odd;
			const answer = await post(relaying, `/v1/${path}`, body, { token });
			assert.equal(answer.status, 200, answer.text);
			assert.equal(answer.json.body, body, path);
			assert.equal(answer.json.url, `/v1/${path}`);
		}
		assert.ok(!echo.urls.includes("/picture.png"), "no picture is fetched");
	});

	test("a POST and a GET go through whole, and nothing of the client's head", async () => {
		const body = '{ "input": "x",  "unknown": [1.0] }';
		const headers = { "X-Secret": "mine", "OpenAI-Organization": "org-evil", Cookie: "a=b" };
		const posted = await post(relaying, "/v1/moderations", body, { token, headers });
		assert.equal(posted.status, 200, posted.text);
		assert.equal(posted.json.method, "POST");
		assert.equal(posted.json.url, "/v1/moderations");
		assert.equal(posted.json.body, body);
		assert.deepEqual(
			Object.keys(posted.json.headers).filter((name) => /secret|cookie|organi/.test(name)),
			[],
		);
		const got = await get(relaying, "/v1/files/f-1/content?limit=2&after=%2F");
		assert.equal(got.status, 200, got.text);
		assert.equal(got.json.method, "GET");
		assert.equal(got.json.url, "/v1/files/f-1/content?limit=2&after=%2F");
		assert.equal(got.json.body, "");
		const again = await post(relaying, "/v1/moderations", body, { token });
		assert.equal(again.json.body, body, "a GET leaves nothing behind");
		const bare = await request(relaying, { method: "POST", path: "/v1/files/f-1/cancel" });
		assert.equal(bare.status, 200, bare.text);
		assert.deepEqual([bare.json.method, bare.json.url, bare.json.body], ["POST", "/v1/files/f-1/cancel", ""]);
	});

	test("a relayed answer keeps its status: made, or nothing to say", async () => {
		const ask = (path, status, says) => post(relaying, `/v1/${path}`, { model, input: "x", status, says }, { token });
		const made = await ask("moderations", 201);
		assert.equal(made.status, 201, made.text);
		assert.equal(made.json.method, "POST");
		const gone = await ask("moderations", 204);
		assert.equal(gone.status, 204, gone.text);
		assert.equal(gone.text, "");
		assert.deepEqual([gone.headers["content-length"], gone.headers["content-type"]], [undefined, undefined]);
		assert.match(gone.headers["x-atlas-request-id"], /^req_/);
		const reset = await ask("moderations", 205, { type: "text/plain", hex: "" });
		assert.deepEqual([reset.status, reset.text], [205, ""], "RFC 9110, 15.3.6: no content");
		assert.deepEqual([reset.headers["content-length"], reset.headers["content-type"]], ["0", undefined]);
		const more = await ask("moderations", 205, { type: "text/plain", hex: "41" });
		assert.deepEqual([more.status, more.json.error.code], [502, "upstream_protocol"], "what may have none has some");
		for (const status of [201, 204]) {
			const answer = await ask("embeddings", status);
			assert.equal(answer.status, 502, "embeddings are an answer of 200 or none");
			assert.equal(answer.json.error.code, "upstream_protocol");
		}
	});

	test("a relayed answer is what the upstream says, whatever that is", async () => {
		const ask = (path, status, says) =>
			post(relaying, `/v1/${path}`, { model, input: "x", status, says }, { token });
		const sound = { type: "audio/mpeg", hex: "fffb900000ff0a0d" };
		for (const status of [200, 201, 202]) {
			const heard = await ask("moderations", status, sound);
			assert.equal(heard.status, status, heard.text);
			assert.equal(heard.headers["content-type"], sound.type);
			assert.equal(heard.headers["content-length"], "8");
			assert.equal(heard.bytes.toString("hex"), sound.hex);
			for (const type of ["application/json", undefined]) {
				const taken = await ask("moderations", status, { type, hex: "" });
				assert.deepEqual([taken.status, taken.text], [status, ""]);
				assert.equal(taken.headers["content-type"], type);
			}
		}
		const lines = await ask("moderations", 200, { type: "application/jsonl", hex: "5b315d0a5b325d0a" });
		assert.deepEqual([lines.status, lines.text], [200, "[1]\n[2]\n"]);
		const list = await ask("moderations", 200, { type: "application/json", hex: "5b315d" });
		assert.deepEqual([list.status, list.json], [200, [1]]);
		const cut = await ask("moderations", 202, { type: "application/json", hex: "7b22" });
		assert.deepEqual([cut.status, cut.json.error.code], [502, "upstream_protocol"]);
		const long = { type: `text/plain; a=${"b".repeat(80)}`, hex: "41" };
		const any = await ask("moderations", 200, long);
		assert.deepEqual([any.text, any.headers["content-type"]], ["A", "application/octet-stream"]);
		const known = await ask("embeddings", 200, sound);
		assert.deepEqual([known.status, known.json.error.code], [502, "upstream_protocol"]);
	});

	test("a relayed stream ends where its upstream ends it", async () => {
		const ask = async (body) => {
			const asked = { path: "/v1/moderations", body: { messages: undefined, ...body } };
			return (await chatStream(relaying, { token, ...asked })).collect();
		};
		const whole = await ask({});
		assert.deepEqual(whole.events.map(({ event, json }) => [event, json.n]), [["a", 1], ["message", 2]]);
		assert.deepEqual([whole.done, whole.cut, whole.error], [false, undefined, undefined]);
		const { events, error, cut } = await ask({ cut: true });
		assert.equal(events.length, 3);
		assert.deepEqual([error.code, cut], ["upstream_truncated", undefined]);
	});

	test("a GET that is answered with events gets them as they are, or hears of their end", async () => {
		const sent = 'event: a\ndata: {"n":1}\n\ndata: {"n":2}\n\n';
		const whole = await get(relaying, "/v1/files/resp_1?stream=true");
		assert.deepEqual([whole.status, whole.text], [200, sent]);
		assert.match(whole.headers["content-type"], /^text\/event-stream/);
		const used = await get(relaying, "/v1/files/resp_1?stream=true&usage=true");
		assert.equal(used.text, `data: {"usage":{"total_tokens":3},"n":0}\n\n${sent}`, "nobody asked to leave any out");
		const cut = await get(relaying, "/v1/files/resp_1?stream=true&cut=true");
		assert.ok(cut.text.startsWith(sent) && cut.text.includes("upstream_truncated"), cut.text);
		const asked = await get(relaying, "/v1/files/resp_1?starting_after=3");
		assert.deepEqual([asked.status, asked.json.method], [200, "GET"]);
	});

	test("a body that begins with a byte order mark hears that, and goes nowhere", async () => {
		const before = echo.urls.length;
		for (const path of ["moderations", "chat/completions", "embeddings"]) {
			const { status, json } = await post(relaying, `/v1/${path}`, `\ufeff${JSON.stringify({ model, input: "x" })}`, { token });
			assert.deepEqual([status, json.error.code], [400, "invalid_json"]);
			assert.match(json.error.message, /byte 0: a byte order mark/);
		}
		assert.equal(echo.urls.length, before);
	});

	test("without :chat it takes an admin", async () => {
		assert.equal((await get(relaying, "/v1/files/f-1", { token })).status, 403);
		assert.equal((await get(relaying, "/v1/files/f-1", { token: null })).status, 401);
		for (const path of ["files/f-1/../x", "files//x", "files/%2e%2e/x", "files/", "moderations/x"])
			assert.equal((await get(relaying, `/v1/${path}`)).status, 404, path);
	});

	test("its row is marked unpriced and costs nothing", async () => {
		const headers = { "X-Atlas-Session": "relayed" };
		const body = { model, input: "x".repeat(400) };
		const answer = await post(relaying, "/v1/moderations", body, { token, headers });
		const id = answer.headers["x-atlas-request-id"];
		const { json } = await until(async () => {
			const why = await relaying.ctl("why", id);
			return why.json?.attempts?.[0]?.outcome?.startsWith("settled") && why;
		});
		assert.equal(json.attempts[0].unpriced, true, JSON.stringify(json));
		assert.equal(json.attempts[0].cost_nanousd, 0);
	});
});
