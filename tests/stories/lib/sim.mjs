// A simulated OpenAI of one's own, and its admin interface.

import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeFolder, program, startChild } from "./child.mjs";
import { get, request } from "./http.mjs";
import { until } from "./until.mjs";

const GREETING = /^openai-sim listening on 127\.0\.0\.1:(\d+) admin 127\.0\.0\.1:(\d+)$/m;

/** It is no part of what is tried: beside an Atlas under a sanitizer it runs without one. */
function simulator() {
	const plain = path.join(import.meta.dirname, "../../../build/openai-sim");
	return existsSync(plain) ? plain : program("openai-sim");
}

/**
 * Starts openai-sim. Options are those of its command line in camelCase, { ttftMs: 50,
 * rpm: 60, scenario: FILE }; apiKey: the one key it takes, by default one it made up.
 */
export async function startSim({ apiKey = "sk-sim-story", ...options } = {}) {
	const logFile = path.join(makeFolder(os.tmpdir()), "sim.log");
	const args = Object.entries({ port: 0, apiKey, ...options }).flatMap(([name, value]) => [
		`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
		String(value),
	]);
	const child = startChild(simulator(), args, { logFile });
	const greeted = () => {
		if (!child.isRunning()) throw new Error(`openai-sim has ended\n${child.log()}`);
		return GREETING.exec(child.log());
	};
	const [, port, adminPort] = await until(greeted, { what: "openai-sim's greeting" });
	return new Sim(child, { apiKey, port: Number(port), adminPort: Number(adminPort) });
}

class Sim {
	#child;
	#admin;

	constructor(child, { apiKey, port, adminPort }) {
		this.#child = child;
		this.#admin = { port: adminPort };
		this.pid = child.pid;
		this.apiKey = apiKey;
		this.token = apiKey; // so that a story can also ask it directly
		this.port = port;
		this.base = `http://127.0.0.1:${port}/v1`;
	}

	/** The totals of the bill: { requests, billed, open, …_tokens, cost_nanousd, … }. */
	async billSummary() {
		return this.#ask("GET", "/bill/summary");
	}

	/** The bill's lines, oldest first. The last line of a request_id holds. */
	async bill() {
		const { text } = await get(this.#admin, "/bill");
		return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
	}

	/** Requests, connections, repeats, limits, as the simulator saw them. */
	async stats() {
		return this.#ask("GET", "/stats");
	}

	/** One more rule for coming requests: { mode: "429", count: 3, retry_after: 0.1 }. */
	async weather(rule) {
		return this.#ask("POST", "/weather", rule);
	}

	async clearWeather() {
		return this.#ask("DELETE", "/weather");
	}

	/** { rpm, tpm, cotenant_rpm, cotenant_tpm }, each optional. */
	async limits(change) {
		return this.#ask("POST", "/limits", change);
	}

	/** Forgets bill, statistics, weather and windows. */
	async reset() {
		return this.#ask("POST", "/reset");
	}

	log() {
		return this.#child.log();
	}

	kill(signal) {
		return this.#child.kill(signal);
	}

	/** TERM by default; gives the exit code, or the signal's name that ended it. */
	async stop(options) {
		const { code, signal } = await this.#child.stop(options);
		return code ?? signal;
	}

	async #ask(method, path, body) {
		const answer = await request(this.#admin, { method, path, body });
		if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.text}`);
		return answer.json;
	}
}
