// How long a token is on its way: from the moment an upstream writes it to the moment a
// page in Chromium has it as an event of /chat/stream.

import http from "node:http";
import { startAtlas } from "../stories/lib/index.mjs";
import { enter, openPage, startBrowser } from "../browser/lib/browser.mjs";

const ROUNDS = Number(process.env.BENCH_TOKENS ?? 40);
const GOAL_MS = 5;

const wall = () => performance.timeOrigin + performance.now();
const chunk = (delta, more = {}) =>
	`data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", model: "gpt-4o-mini", choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`;

/** An upstream that notes when it writes its first token, a while after the request. */
async function startUpstream() {
	const written = [];
	const server = http.createServer((request, response) => {
		request.resume().on("end", () => setTimeout(() => {
			response.writeHead(200, { "content-type": "text/event-stream" });
			written.push(wall());
			response.write(chunk({ role: "assistant", content: "Hello" }));
			setTimeout(() => {
				response.write(chunk({}, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
				response.end("data: [DONE]\n\n");
			}, 20);
		}, 20));
	});
	await new Promise((go) => server.listen(0, "127.0.0.1", go));
	return { written, port: server.address().port, stop: () => server.close() };
}

/** In the page: when the first words came. */
async function firstWords(token) {
	const response = await fetch("/chat/stream", {
		method: "POST",
		headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
		body: JSON.stringify({ message: "Say hello" }),
	});
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let at;
	for (let text = ""; ; ) {
		const { value, done } = await reader.read();
		if (done) return at;
		text += value;
		if (!at && text.includes("event: delta")) at = performance.timeOrigin + performance.now();
	}
}

const upstream = await startUpstream();
const atlas = await startAtlas({ workers: 1, conf: { server: { log_level: "warn" }, openai: { base_url: `http://127.0.0.1:${upstream.port}/v1` } } });
const browser = await startBrowser();
const page = await enter(await openPage(browser, atlas), atlas, "chat");
const took = [];
for (let i = 0; i < ROUNDS; i++) took.push((await page.evaluate(firstWords, atlas.token)) - upstream.written[i]);
took.sort((a, b) => a - b);
const median = took[Math.floor(took.length / 2)];
console.log(`${"first token in the browser, ms".padEnd(42)} ${median.toFixed(2).padStart(8)}   goal ${GOAL_MS}: ${median <= GOAL_MS ? "met" : "not met"}`);
console.log(`    ${ROUNDS} tokens, the quickest ${took[0].toFixed(2)} ms, 9 of 10 within ${took[Math.floor(0.9 * took.length)].toFixed(2)} ms`);
await browser.close();
await atlas.stop();
upstream.stop();
