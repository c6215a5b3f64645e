// Many open streams, read as they come and counted.

import http from "node:http";
import { until } from "../stories/lib/index.mjs";

const body = JSON.stringify({
	model: "gpt-4o-mini",
	stream: true,
	messages: [{ role: "user", content: "Go on for a while. [[sim tokens=3500]]" }],
	max_tokens: 4000,
});

function open(target, agent, onChunk) {
	const request = http.request({
		host: "127.0.0.1",
		port: target.port,
		method: "POST",
		path: "/v1/chat/completions",
		agent,
		headers: {
			authorization: `Bearer ${target.token}`,
			"content-type": "application/json",
			"content-length": Buffer.byteLength(body),
		},
	});
	request.on("error", () => {}); // close() ends them
	request.on("response", (response) => {
		response.on("error", () => {});
		response.on("data", (bytes) => {
			for (let at = bytes.indexOf("data: "); at >= 0; at = bytes.indexOf("data: ", at + 6))
				onChunk();
		});
	});
	request.end(body);
	return request;
}

/** n streams, each with at least one chunk: { chunks(), untilChunks(n), close() }. */
export async function openStreams(target, n) {
	const agent = new http.Agent({ maxSockets: Infinity });
	const requests = [];
	let chunks = 0;
	let started = 0;
	for (let i = 0; i < n; i++) {
		let first = true;
		requests.push(
			open(target, agent, () => {
				chunks++;
				if (first) started++;
				first = false;
			}),
		);
		if (i % 50 === 49) await until(() => started > i - 50, { ms: 20000, what: "streams start" });
	}
	await until(() => started === n, { ms: 30000, what: `${n} streams have begun` });
	return {
		chunks: () => chunks,
		untilChunks: (m) => until(() => chunks >= m, { ms: 60000, what: `${m} chunks` }),
		close: async () => {
			for (const request of requests) request.destroy();
			agent.destroy();
		},
	};
}
