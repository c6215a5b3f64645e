// How the simulator speaks HTTP, and what it refuses to hear; tests/stories/sim.test.mjs
// runs these with the rest.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { ask, httpPost, isWhole, parse, post, raw, start } from "./client.mjs";

describe("HTTP", () => {
	let sim;
	before(async () => (sim = await start()));
	after(() => sim.stop());

	test("three pipelined requests get three replies in order", async () => {
		const bytes = [3, 4, 5].map((n) => httpPost(ask(`[[sim tokens=${n}]]`))).join("");
		const got = await raw(sim, bytes, {
			enough: (b) => b.toString().split("chatcmpl-").length === 4,
		});
		const counts = [...got.bytes.toString().matchAll(/"completion_tokens": (\d+)/g)].map(
			(m) => m[1],
		);
		assert.deepEqual(counts, ["3", "4", "5"]);
	});

	test("a request cut anywhere is the same request", async () => {
		const text = httpPost(ask("Grüße"));
		const socket = net.connect(sim.port, "127.0.0.1");
		socket.setNoDelay(true);
		const replies = new Set();
		for (let at = 1; at < text.length; at += 7) {
			socket.write(text.slice(0, at));
			await new Promise((r) => setImmediate(r));
			const got = await raw(sim, text.slice(at), { enough: isWhole, socket });
			replies.add(JSON.parse(parse(got.bytes).body).choices[0].message.content);
		}
		assert.equal(replies.size, 1);
		socket.destroy();
	});

	test("a chunked body is joined, and 100-continue is answered", async () => {
		const text = JSON.stringify(ask("[[sim tokens=6]]"));
		const head =
			"POST /v1/chat/completions HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer k\r\nTransfer-Encoding: chunked\r\n\r\n";
		const half = text.length >> 1;
		const chunk = (t) => `${t.length.toString(16)}\r\n${t}\r\n`;
		const got = await raw(
			sim,
			`${head}${chunk(text.slice(0, half))}${chunk(text.slice(half))}0\r\n\r\n`,
			{ enough: isWhole },
		);
		assert.equal(JSON.parse(parse(got.bytes).body).usage.completion_tokens, 6);

		const whole = httpPost(ask("x"), "1.1", "Expect: 100-continue\r\n");
		const body = whole.indexOf("\r\n\r\n") + 4;
		const socket = net.connect(sim.port, "127.0.0.1");
		const first = await raw(sim, whole.slice(0, body), {
			enough: (b) => b.includes("\r\n\r\n"),
			socket,
		});
		assert.match(first.bytes.toString(), /^HTTP\/1\.1 100 /);
		const second = await raw(sim, whole.slice(body), { enough: isWhole, socket });
		assert.equal(parse(second.bytes).status, 200);
		socket.destroy();
	});

	test("HTTP/1.0 gets a close-delimited stream", async () => {
		const got = await raw(sim, httpPost(ask("x", { stream: true }), "1.0"));
		const reply = parse(got.bytes, got.closed);
		assert.equal(reply.end, "close");
		assert.match(reply.body.toString(), /\[DONE\]\n\n$/);
	});

	test("what no gateway may send is refused, closed and counted", async () => {
		const line = "POST /v1/chat/completions HTTP/1.1\r\nHost: s\r\n";
		const cases = [
			"GET / HTTP/1.1\n\n\r\n\r\n",
			"GET / HTTP/1.1\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
			"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
			"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
			`${line}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
			`${line}Content-Length: +2\r\n\r\n{}`,
			`${line}Content-Length : 2\r\n\r\n{}`,
			`${line}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
			`${line}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
			`${line}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
			`${line}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`,
			`${line}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`,
			`${line}X: a\0b\r\n\r\n`,
			`${line}: b\r\n\r\n`,
		];
		const before = (await sim.admin("GET", "/stats")).malformed_requests;
		for (const bytes of cases) {
			const got = await raw(sim, bytes);
			assert.match(got.bytes.toString(), /^HTTP\/1\.1 400 /, JSON.stringify(bytes));
			assert.ok(got.closed);
		}
		assert.equal(
			(await sim.admin("GET", "/stats")).malformed_requests - before,
			cases.length,
		);
	});

	test("a request seen twice is noticed, and whether it had been paid", async () => {
		await sim.admin("POST", "/reset");
		const id = { "x-client-request-id": "once" };
		await post(sim, ask("[[sim mode=500]] twice"), id);
		await post(sim, ask("twice"), id);
		await post(sim, ask("twice"), id);
		const stats = await sim.admin("GET", "/stats");
		assert.deepEqual(
			[
				stats.repeated_client_request_ids,
				stats.repeated_client_request_ids_after_billed,
			],
			[2, 1],
		);
		assert.deepEqual([stats.repeated_bodies, stats.repeated_bodies_after_billed], [1, 1]);
	});
});
