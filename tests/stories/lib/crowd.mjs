// A crowd of clients that never stop asking, each on one connection of its own, half of
// them for streams; and what has become of every request.

import http from "node:http";
import { until } from "./until.mjs";

const PER_SESSION = 90; // session-usage shows the newest 100 rows

export class Crowd {
	constructor(atlas, { clients = 64, prefix = "crowd", perSession = PER_SESSION } = {}) {
		this.atlas = atlas;
		this.prefix = prefix;
		this.perSession = perSession;
		this.asked = 0;
		this.open = new Map(); // request number → what is known of it so far
		this.ended = [];
		this.running = true;
		this.agents = [];
		this.clients = Array.from({ length: clients }, (_, i) => this.#client(i));
	}

	/** One client: the next request as soon as the last has ended. */
	async #client(i) {
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		this.agents.push(agent);
		while (this.running) {
			const seen = await this.#ask(agent, i % 2 === 1);
			// Nobody listens: a master has just died. Ask again when somebody does.
			if (seen.outcome === "refused") await new Promise((resolve) => setImmediate(resolve));
		}
		agent.destroy();
	}

	#ask(agent, stream) {
		const n = ++this.asked;
		const session = `${this.prefix}-${Math.floor(n / this.perSession)}`;
		const seen = { n, session, stream, began: performance.now(), text: "" };
		this.open.set(n, seen);
		const body = JSON.stringify({
			model: "gpt-4o-mini",
			stream,
			messages: [{ role: "user", content: `request ${n} of ${this.prefix}` }],
			max_tokens: 12,
		});
		return new Promise((resolve) => {
			const end = (outcome) => {
				if (!this.open.delete(n)) return;
				seen.outcome = outcome;
				seen.endedAt = performance.now();
				this.ended.push(seen);
				resolve(seen);
			};
			const request = http.request({
				host: "127.0.0.1",
				port: this.atlas.port,
				method: "POST",
				path: "/v1/chat/completions",
				agent,
				headers: {
					authorization: `Bearer ${this.atlas.token}`,
					"content-type": "application/json",
					"content-length": Buffer.byteLength(body),
					"x-atlas-session": session,
				},
			});
			request.on("socket", (socket) => {
				const note = () => (seen.port = socket.localPort);
				if (socket.connecting) socket.once("connect", note);
				else note();
			});
			request.on("error", (error) => end(error.code === "ECONNREFUSED" ? "refused" : "broken"));
			request.on("response", (response) => {
				seen.status = response.statusCode;
				seen.id = response.headers["x-atlas-request-id"];
				response.setEncoding("utf8");
				response.on("data", (text) => (seen.text += text));
				response.on("error", () => end("broken"));
				response.on("aborted", () => end("broken"));
				response.on("end", () => end(outcomeOf(seen)));
			});
			request.end(body);
		});
	}

	/** What is known of the requests that are open now. */
	openRequests() {
		return [...this.open.values()];
	}

	/** Until n more have been answered in full. */
	async progress(n, ms = 10000) {
		const full = () => this.ended.filter(({ outcome }) => outcome === "full").length;
		const goal = full() + n;
		await until(() => full() >= goal, { ms, what: `${n} more full answers` });
	}

	/** At once, whatever is open: a failed test must not go on for ever. */
	abandon() {
		this.running = false;
		for (const agent of this.agents) agent.destroy();
	}

	async stop() {
		this.running = false;
		await Promise.all(this.clients);
	}
}

function outcomeOf({ status, text, stream }) {
	if (status !== 200) return errorCode(text) ? "clear" : "muddled";
	if (!stream) return text.includes('"usage"') ? "full" : "muddled";
	if (!text.includes("data: [DONE]")) return "broken";
	return text.includes('data: {"error"') ? "clear" : "full";
}

function errorCode(text) {
	try {
		return JSON.parse(text).error.code;
	} catch {
		return undefined;
	}
}
