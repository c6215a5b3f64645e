// Codex, OpenAI's coding agent: the program of the npm package, run once a question. It talks
// to the Responses API, in streams only, and calls its own tools. By default it tries a
// failed request or a cut stream up to five times more; here once, so that what it was told
// shows.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import os from "node:os";
import { makeFolder } from "../../stories/lib/index.mjs";
import { MODEL } from "./words.mjs";

export const name = "@openai/codex";

/** It shows a message once it is whole. */
export const showsNoPieces = true;

const LAUNCHER = createRequire(import.meta.url).resolve("@openai/codex/bin/codex.js");

// One folder for all runs: its name is in what Codex tells the model.
let folder;
const home = () => (folder ??= makeFolder(os.tmpdir()));

const settings = (baseURL) => ({
	model: MODEL,
	model_provider: "atlas",
	"model_providers.atlas.name": "atlas",
	"model_providers.atlas.base_url": baseURL,
	"model_providers.atlas.env_key": "ATLAS_TOKEN",
	"model_providers.atlas.wire_api": "responses",
	"model_providers.atlas.request_max_retries": 0,
	"model_providers.atlas.stream_max_retries": 0,
	"analytics.enabled": false,
});

// It also looks for news elsewhere: what is not on this machine goes to a proxy that is not.
const NOWHERE_ELSE = {
	PATH: process.env.PATH,
	HTTP_PROXY: "http://127.0.0.1:9",
	HTTPS_PROXY: "http://127.0.0.1:9",
	NO_PROXY: "127.0.0.1",
};

/** Runs it to its end: { events, code }. */
function run({ baseURL, apiKey }, prompt, signal) {
	const options = Object.entries(settings(baseURL)).flatMap(([key, value]) => [
		"-c",
		`${key}=${JSON.stringify(value)}`,
	]);
	const fixed = ["exec", "--skip-git-repo-check", "--ephemeral", "--sandbox", "read-only", "--json"];
	const child = spawn(process.execPath, [LAUNCHER, ...fixed, ...options, prompt], {
		cwd: home(),
		env: { ...NOWHERE_ELSE, HOME: home(), CODEX_HOME: home(), ATLAS_TOKEN: apiKey },
		stdio: ["ignore", "pipe", "ignore"],
		signal,
		killSignal: "SIGINT",
	});
	const events = [];
	let rest = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		const lines = (rest + text).split("\n");
		rest = lines.pop();
		events.push(...lines.filter(Boolean).map((line) => JSON.parse(line)));
	});
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => resolve({ events, code }));
	});
}

export function connect(where) {
	const talk = async (prompt, { signal } = {}) => {
		const { events, code } = await run(where, prompt, signal);
		const failed = events.find(({ type }) => type === "turn.failed");
		if (failed || code !== 0) throw new Error(failed?.error.message ?? `codex: ${code}`);
		const said = events.filter(({ item }) => item?.type === "agent_message");
		return { text: said.at(-1).item.text };
	};
	return {
		stream: talk,
		// a tool it does not know is refused by it, told to the model, and answered
		tools: talk,
	};
}

export const errorOf = ({ name: kind, message }) => ({
	status: Number(/\b([45]\d\d)\b/.exec(message)?.[1]),
	code: /quota/i.test(message) ? "insufficient_quota" : /(invalid_api_key)/.exec(message)?.[1],
	isAbort: kind === "AbortError",
	message,
});
