// Event streams that are only passed on: whatever stands in them reaches the client.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get, post, startAtlas } from "./lib/index.mjs";
import { open } from "./lib/http.mjs";
import { serve } from "./lib/server.mjs";

describe("an event stream that is only relayed", () => {
	let upstream, atlas, answer;

	/** Answers with these pieces, each in a write of its own; ends as told: chunked, closed or cut. */
	async function say(response, { pieces, end = "chunked", wait }) {
		if (end === "closed") response.removeHeader("transfer-encoding");
		response.writeHead(200, { "content-type": "text/event-stream", ...(end === "closed" && { connection: "close" }) });
		for (const piece of pieces) {
			await new Promise((written) => response.write(piece, written));
			await wait?.(piece);
		}
		if (end === "cut") response.destroy();
		else response.end();
	}

	before(async () => {
		upstream = await serve((request, body, response) => say(response, answer));
		atlas = await startAtlas({
			sim: { ...upstream, apiKey: "sk-events-123456" },
			conf: { server: { relay_paths: "/v1/events/*" }, retry: { max_retries: 0 } },
		});
	});

	after(async () => {
		assert.equal(await atlas.stop(), 0);
		upstream.close();
	});

	const path = "/v1/events/1?stream=true";
	const got = (what) => {
		answer = what;
		return get(atlas, path);
	};
	const posted = (what) => {
		answer = what;
		return post(atlas, "/v1/events/1", { stream: true });
	};

	test("comes as it was said: ids, delays, comments, lines, names and words", async () => {
		const said = [
			": hello\n\n",
			"retry: 250\nid: 7\nevent: a\ndata: one\ndata:  two\ndata\n\n",
			"data: {\"n\":1}\nid\n\n",
			": a\n: b\nid: 8\nodd: field\ndata: not JSON {\n\n",
			"event: quiet\n\n",
			"data:\n\n",
			"data: [1,2]\n\n",
			`event: ${"long".repeat(40)}\ndata: 1\n\n`,
		];
		for (const ask of [got, posted])
			for (const end of ["chunked", "closed"]) {
				const { status, headers, text } = await ask({ pieces: said, end });
				assert.deepEqual([status, text], [200, said.join("")], end);
				assert.match(headers["content-type"], /^text\/event-stream/);
				const { text: bytes } = await ask({ pieces: said.join("").split(""), end });
				assert.equal(bytes, said.join(""), "cut anywhere");
			}
	});

	test("comes with line ends of one kind, and without a mark at its start", async () => {
		const { text } = await got({ pieces: ["\ufeffid: 1\r\ndata: a\r", "\n\r\n", "data: b\r\r", "data: c\n\r\n"] });
		assert.equal(text, "id: 1\ndata: a\n\ndata: b\n\ndata: c\n\n");
	});

	test("comes at once: a comment is a sign of life, and nobody waits for the next event", async () => {
		let heard, arrived;
		const isHere = new Promise((resolve) => (arrived = resolve));
		answer = { pieces: [": alive\r\n\r\n", "data: 1\n\n"], wait: (piece) => piece.startsWith(":") && isHere };
		const stream = await open(atlas, { path });
		for await (const piece of stream) {
			heard ??= `${piece}`;
			arrived();
		}
		assert.equal(heard, ": alive\n\n");
	});

	test("that ends in the middle of an event is cut, and looks it", async () => {
		for (const ask of [got, posted])
			for (const half of ["data: {\"n\":2}\n", "data: {\"n\":", "event: b\n", "id: 9\n", "data: 2\r"]) {
				const { status, text } = await ask({ pieces: ["id: 1\ndata: 1\n\n", half], end: "closed" });
				assert.equal(status, 200);
				const [first, error, rest] = text.split("\n\n");
				assert.deepEqual([first, rest], ["id: 1\ndata: 1", ""], text);
				assert.equal(JSON.parse(error.slice("data: ".length)).error.code, "upstream_truncated", text);
				const only = await ask({ pieces: [half], end: "closed" });
				assert.deepEqual([only.status, only.json.error.code], [502, "upstream_truncated"], only.text);
			}
		const { text } = await got({ pieces: ["data: 1\n\n", ": goodbye\n"], end: "closed" });
		assert.equal(text, "data: 1\n\n", "what is said to nobody is no event");
	});

	test("that speaks of an error names no key, and one of nothing else is answered as one", async () => {
		const key = "sk-events-123456";
		const failed = `event: response.failed\nid: 3\ndata: {"type":"response.failed",\ndata: "response":{"id":"resp_1","error":{"message":"${key}"}}}\n\n`;
		const { text } = await got({ pieces: [failed, "data: more\n\n"] });
		assert.equal(text, `${failed.replace(key, "sk-***")}data: more\n\n`, "it is the end of what is told of");
		const error = `event: error\ndata: {"error":{"message":"no ${key}","type":"invalid_request_error","code":"gone"}}\n\n`;
		const late = await got({ pieces: ["data: 1\n\n", error] });
		assert.equal(late.text, `data: 1\n\n${error.replace(key, "sk-***")}`);
		const first = await got({ pieces: [error] });
		assert.deepEqual([first.status, first.json.error.code], [400, "gone"], first.text);
		assert.ok(!first.text.includes(key));
	});

	test("of more than memory is for is refused, whatever it is", async () => {
		const line = `data: ${"x".repeat(1000)}\n`;
		for (const flood of [line, `: ${line}`, "x".repeat(1000)]) {
			const { text, status } = await got({ pieces: Array(2500).fill(flood) });
			assert.deepEqual([status, JSON.parse(text).error.code], [502, "upstream_protocol"]);
		}
	});
});
