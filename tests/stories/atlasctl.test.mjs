// Every command of atlasctl: what it says to people, its JSON by a schema, and how it
// fails. A command that the table of atlasctl has and that below has not fails the story.

import assert from "node:assert/strict";
import { mkdirSync, openSync, readSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { AS_ROOT, chat, chatStream, makeFolder, NO_LEAKS, program, runToEnd, startAtlas, startSim, until } from "./lib/index.mjs";
import { fits } from "./lib/shape.mjs";

const UNKNOWN_ID = `req_${"0".repeat(32)}`;
const TOTALS = {
	total_prompt_tokens: "integer", total_completion_tokens: "integer",
	total_cached_tokens: "integer", total_reasoning_tokens: "integer",
	total_tokens: "integer", total_cost_usd: "usd", request_count: "integer",
};
const ROW = {
	id: (id) => /^req_[0-9a-f]{32}$/.test(id), session_id: "string", client: "string",
	key: "string", model: "string", priority: "string", prompt_tokens: "integer",
	completion_tokens: "integer", total_tokens: "integer", cost_usd: "usd",
	cost_nanousd: "integer", outcome: "string", status: "integer", retries: "integer",
	queued_at: "time", sent_at: "time", done_at: "time",
};
const COST = {
	total_cost_usd: "usd", by_model: [{ model: "string", ...TOTALS }],
	by_client: [{ client: "string", client_id: "string", revoked: "boolean", ...TOTALS }],
	by_session: [{ session_id: "string", ...TOTALS }], time_period_hours: "integer",
};
const TOKEN = { id: "string", name: "string", role: "string", created_at: "time", revoked_at: "time" };

/**
 * By name: the words behind it, the shape of its JSON, a word that stands in what people
 * read; and fails, words with which it must end with that exit code.
 */
const COMMANDS = {
	status: {
		shape: {
			state: "string", reasons: ["string"], alerts_firing: [{ alert: "string" }], master_answers: "boolean", config: "string",
			epoch: "integer", segment_made_at: "time", queue_size: "integer",
			exchanges: { "*": "integer" }, channels: { "*": "integer" },
			counters: { "*": "integer" },
			processes: [{
				name: "string", role: "string", state: "string", pid: "integer",
				up_ms: "integer", restarts: "integer", epoch: "integer",
			}],
			limits: [{ scope: "string", unit: "string", window_seconds: "integer", limit: "integer",
				used: "integer", used_up: (v) => [null, "burst", "window"].includes(v), room_in_seconds: "integer", empty_in_seconds: "integer" }],
			totals: TOTALS,
			events: [{ at: "time", process: "string", event: (e) => /^[a-z_]+$/.test(e), detail: "string" }],
		},
		text: /healthy/,
		fails: [["nonsense"], 2],
	},
	top: {
		shape: { state: "string", processes: [{ name: "string" }], limits: [{}] },
		text: /^Atlas is healthy/,
		fails: [["x"], 2],
	},
	limits: {
		shape: { status: "string", rate_limits: {}, keys: [{ name: "string", state: "string" }] },
		text: /requests .* used[^]*tokens as the provider counts/,
		fails: [["--all"], 2],
	},
	queue: {
		shape: {
			queue: { queue_size: "integer", processing_count: "integer", max_concurrent: "integer" },
		},
		text: /^0 waiting, 0 of \d+ running\n$/,
		fails: [["x"], 2],
	},
	alerts: {
		shape: { alerts: [{ alert: "string", state: "string", since: "time" }] },
		text: /not watched/,
		fails: [["x"], 2],
	},
	why: {
		args: (seen) => [seen.id],
		shape: {
			id: "string", attempts: [ROW],
			story: [{ at: "time", event: "string", attempt: "integer" }],
		},
		text: /client +admin/,
		fails: [[UNKNOWN_ID], 1],
	},
	usage: {
		shape: { token_usage: TOTALS, series: [{}], time_period_hours: "integer" },
		text: /requests/,
		fails: [["--hours", "0"], 2],
	},
	cost: { shape: COST, text: /dollars[^]*if it goes on like this, from \d.* of history \(what is to come is told from ten minutes on\)\n/, fails: [["--hours"], 2] },
	sessions: {
		shape: { sessions: [{ session_id: "string", ...TOTALS }], time_period_hours: "integer" },
		text: /^ +requests +tokens +dollars {2}session\n( +\d+ +\d+ +\d+\.\d{9} {2}\S+\n)* +1 .* {2}a-session-with-a-name-of-forty-characters\n/,
		fails: [["--session", "x"], 2],
	},
	session: {
		args: () => ["tour"],
		shape: { session_id: "string", usage: TOTALS, requests: [ROW], up_to_date: "boolean" },
		text: /session tour: 1 request, \d+ tokens, /,
		fails: [["nobody"], 1],
	},
	requests: {
		args: () => ["--limit", "1"],
		shape: { requests: [ROW], time_period_hours: "integer" },
		text: /^SENT .*\n.* admin +- +gpt-4o-mini\n$/,
		fails: [["--limit", "many"], 2],
	},
	export: {
		args: () => ["--model", "gpt-4o"],
		shape: ROW,
		text: /^id,.*\r\n.*"admin"/,
		fails: [["--format", "xml"], 2],
	},
	reconcile: {
		prepare: async () => {
			const { stdout } = await atlas.ctl("export");
			const lines = stdout.trim().split("\n").map((line) => JSON.parse(line)).map((row) =>
				[row.sent_at, row.model_served, row.prompt_tokens, row.completion_tokens, row.cached_tokens, 1].join());
			seen.usage = path.join(atlas.folder, "usage.csv");
			writeFileSync(seen.usage, ["date,model,input_tokens,output_tokens,cached_tokens,requests", ...lines].join("\n"));
		},
		args: () => [seen.usage],
		shape: { differ: "integer", lines: [{ day: "string", model: "string", differs: "boolean" }] },
		text: /all \d+ days and models agree\n/,
		fails: [["/no/such/file"], 2],
	},
	whatif: {
		shape: {
			requests: "integer", recorded: { total_cost_usd: "usd" },
			now: { started: "integer" }, whatif: { started: "integer", refused_queue_full: "integer" },
		},
		text: /what if: 0 start earlier, 0 later/,
		fails: [["--concurrent", "0"], 2],
	},
	verify: {
		shape: { ok: "boolean", rows: "integer", faults: "integer", first_faults: ["string"] },
		text: /all sums agree/,
		fails: [["x"], 2],
	},
	prices: {
		args: () => ["gpt-4o-mini"],
		shape: {
			unit: "string", price_version: "string",
			models: [{ model: "string", tiers: { "*": { input: "number", output: "number" } } }],
		},
		text: /gpt-4o-mini +default +0\.150 +0\.075 +0\.600\n/,
		fails: [["no-such-model"], 1],
	},
	"tokens create": {
		args: () => ["--role", "chat", "--name", `made-${++made}`],
		shape: { ok: "boolean", id: "string", token: (t) => t.startsWith("atl_") || t.length > 30 },
		text: /copy it now/,
		fails: [["--role", "chat", "--name", "changed"], 1],
	},
	"tokens list": { shape: [TOKEN], text: /admin/, fails: [["x"], 2] },
	"tokens update": {
		args: () => ["changed", "--concurrent", String(++made)],
		shape: { ok: "boolean", changes: [{ limit: "string", old: "string", new: "string" }] },
		text: /concurrent \w+ -> \d+/,
		fails: [["nobody", "--concurrent", "2"], 1],
	},
	"tokens revoke": {
		args: () => [`void-${++voided}`],
		shape: { ok: "boolean", id: "string" },
		text: /active -> revoked/,
		fails: [["nobody"], 1],
	},
	cancel: {
		prepare: async () => {
			const headers = { "x-atlas-session": "slow" };
			const stream = await chatStream(atlas, { message: "Go on [[sim tokens=400 tps=5]]", headers });
			assert.equal(stream.status, 200);
		},
		args: () => ["--session", "slow"],
		shape: { ok: "boolean", cancelled: "integer", queued: "integer", running: "integer" },
		text: /1 request: processing -> cancelled/,
		fails: [["--sesion", "tour"], 2],
	},
	"reset-limits": {
		args: () => ["--yes"],
		shape: {
			ok: "boolean", limits: "integer", keys: "integer",
			forgotten: [{ scope: "string", unit: "string", window_seconds: "integer", used: "integer" }],
		},
		text: /limits: \d+ in use -> 0 in use/,
		fails: [[], 1],
	},
	workers: {
		args: () => ["2"],
		shape: { ok: "boolean", old: "string", new: "string" },
		text: /workers 2 -> 2/,
		fails: [["99"], 1],
	},
	drain: {
		shape: { ok: "boolean", old: "string", new: "string" },
		text: /draining/,
		fails: [["x"], 2],
	},
	resume: {
		shape: { ok: "boolean", old: "string", new: "string" },
		text: /running/,
		fails: [["x"], 2],
	},
	reopen: {
		shape: { ok: "boolean", log_file: "string" },
		text: /atlas\.log is opened again/,
		fails: [["x"], 2],
	},
	"log-level": {
		args: () => ["info"],
		shape: { ok: "boolean", old: "string", new: "string", epoch: "integer" },
		text: /log level debug -> info/,
		fails: [["loud"], 2],
	},
	reload: {
		shape: {
			ok: "boolean", epoch: "integer", adopted: ["string"], not_adopted: ["string"],
			changed: [{ setting: "string", old: "string", new: "string" }], more_changed: "integer",
			needs_restart: ["string"], shadowed_by_environment: ["string"],
		},
		text: /adopted by: .*front/,
		fails: [["now"], 2],
	},
	"completion bash": { text: /complete -F _atlasctl/, fails: [["x"], 2] },
	// Last: the other Atlas is for it alone.
	stop: {
		other: true,
		shape: { ok: "boolean", state: "string" },
		text: /running -> stopped/,
		fails: [["now"], 2],
	},
};

let made = 0;
let voided = 0;
let sim;
let atlas;
const seen = {};

const plain = (...args) => atlas.say(...args);

before(async () => {
	sim = await startSim();
	const server = { log_file: path.join(makeFolder("/dev/shm"), "atlas.log") };
	atlas = await startAtlas({ sim, ctlLeaks: true, conf: { server, limits: { requests_per_minute: 1000, tokens_per_hour: 1000000000 } } });
	await chat(atlas, { message: "First", headers: { "x-atlas-session": "tour" } });
	const session = "a-session-with-a-name-of-forty-characters";
	await chat(atlas, { model: "gpt-4o", message: "Then", headers: { "x-atlas-session": session } });
	seen.id = (await chat(atlas, { message: "Last" })).headers["x-atlas-request-id"];
	for (const name of ["changed", "void-1", "void-2"])
		assert.equal((await atlas.ctl("tokens", "create", "--role", "chat", "--name", name)).code, 0);
	await until(async () => (await atlas.ctl("requests")).json?.requests.length === 3);
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
});

async function tried(name, { prepare, args, shape, text, fails: [wrong, code], other }) {
	const words = name.split(" ");
	const [failed, asJson] = await Promise.all([plain(...words, ...wrong), atlas.ctl(...words, ...wrong)]);
	assert.equal(failed.code, code, failed.stderr + failed.stdout);
	assert.match(failed.stderr, /^atlasctl: .+\n/, "it says why");
	assert.equal(failed.stdout, "");
	assert.equal(asJson.code, code, asJson.stdout);
	fits(asJson.json, { ok: (ok) => ok === false, error: "string" });
	for (const json of [false, true]) {
		await prepare?.();
		const on = other ? await startAtlas({ sim, ctlLeaks: true, workers: 1 }) : atlas;
		const ended = json
			? await on.ctl(...words, ...(args?.(seen) ?? []))
			: await on.say(...words, ...(args?.(seen) ?? []));
		assert.equal(ended.code, 0, ended.stderr + ended.stdout);
		if (!json) assert.match(ended.stdout, text);
		else if (shape) fits(ended.json, shape);
		if (other) await on.stop();
	}
}

test("every command of its table is tried here", async () => {
	const { stdout } = await plain("--help");
	const table = stdout.split("commands:\n")[1].split("\n\n")[0].split("\n");
	const names = table.map((line) => /^ {2}([a-z-]+( [a-z]+)?) {2,}/.exec(line)?.[1]);
	assert.deepEqual(names.sort(), Object.keys(COMMANDS).sort());
});

describe("a command is told to people, to programs, and fails with a reason", () => {
	for (const [name, what] of Object.entries(COMMANDS)) test(name, () => tried(name, what));
});

test("a token that is revoked is listed under the same heads as the others", async () => {
	const [head, ...lines] = (await plain("tokens", "list")).stdout.trimEnd().split("\n");
	const { json } = await atlas.ctl("tokens", "list");
	assert.ok(json.some((token) => token.revoked_at !== null));
	assert.deepEqual(
		lines.filter((line) => line[0] !== " ").map((line) => line.slice(head.indexOf("NAME"))),
		json.map(({ name }) => name),
	);
});

test("requests has the newest, newest first", async () => {
	const { requests } = (await atlas.ctl("requests")).json;
	const times = requests.map((row) => row.sent_at);
	assert.deepEqual(times, times.toSorted().reverse());
	const two = (await atlas.ctl("requests", "--limit", "2")).json.requests;
	assert.deepEqual(two.map((row) => row.id), requests.slice(0, 2).map((row) => row.id));
	const { stdout } = await atlas.ctl("export");
	const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
	assert.deepEqual(lines.map((row) => row.id), requests.map((row) => row.id).reverse());
	assert.deepEqual(new Set(lines.map((row) => row.client)), new Set(["admin"]));
});

test("a list that is cut says so, and how to see more", async () => {
	const all = await plain("requests");
	assert.equal(all.stderr, "");
	const cut = await plain("requests", "--limit", "2");
	assert.match(cut.stderr, /newest 2; --limit/);
	await chat(atlas, { message: "Once more", headers: { "x-atlas-session": "tour" } });
	const session = await until(async () => {
		const said = await plain("session", "tour", "--limit", "1");
		return said.stderr !== "" && said;
	}, { what: "the session has two" });
	assert.match(session.stderr, /newest 1; --limit/);
	assert.equal(session.stdout.match(/ req_/g).length, 1);
	assert.equal((await plain("session", "tour", "--limit", "2")).stderr, "");
	assert.match((await plain("requests", "--help")).stdout, /--limit N: 20 unless given/);
});

test("a wrong word is named, with what was probably meant", async () => {
	for (const [words, said] of [
		[["--jsno", "status"], /"--jsno".*--json/],
		[["-c"], /-c needs/],
		[["statsu"], /"statsu".*"status"/],
		[["requests", "--hour", "3"], /"--hour".*--hours/],
		[["tokens", "update", "changed", "--concurent", "3"], /"--concurent".*--concurrent/],
		[["why"], /ID is missing/],
		[["tokens", "create", "--role", "chat"], /--name is missing/],
		[["session", "a", "b"], /"b" is one word too many/],
		[["tokens", "create", "--role", "king", "--name", "x"], /"king" is none of chat\|monitor\|admin/],
		[["tokens", "create", "--role", "chat", "--name", "a\nb"], /a name is 1 to 47/],
		[["tokens", "update", "changed", "--budget-day", "much"], /budget_day takes dollars/],
		[["tokens", "update", "changed"], /no limit is named/],
		[["tokens", "update", "changed", "--concurrent"], /needs a value behind it: VALUE\n/],
		[["tokens", "update", "--concurrent", "3"], /NAME\|ID is missing/],
		[["log-level", "loud"], /"loud" is none of error\|warn/],
		[["export", "--format", "xml"], /"xml" is none of csv\|jsonl/],
		[["workers", "many"], /a number from 1 on, not "many"/],
		[["usage", "--hours", "9999"], /--hours takes 1 to 8760, not "9999"/],
		[["help", "nonsense"], /"nonsense"/],
	]) {
		const ended = await runToEnd(program("atlasctl"), words[0] === "-c" ? words : ["-c", atlas.conf, ...words]);
		assert.equal(ended.code, 2, words.join(" "));
		assert.match(ended.stderr, said, words.join(" "));
		if (words[0] !== "help") assert.ok(ended.stderr.split("\n").length < 9, ended.stderr);
	}
});

test("an answer that cannot be written is a failure", async () => {
	for (const words of ["export", "verify", "status", "completion bash", "--help", "--version"]) {
		const line = `exec "$0" -c "$1" ${words} >/dev/full`;
		const ended = await runToEnd("sh", ["-c", line, program("atlasctl"), atlas.conf]);
		assert.equal(ended.code, 1, words);
		assert.match(ended.stderr, /could not be written: No space left/, words);
	}
});

test("help is there for all, for a group and for one, and so is the version", async () => {
	for (const [words, said] of [
		[["--help"], /commands:/],
		[["help"], /commands:/],
		[["tokens", "--help"], /tokens create[^]*tokens revoke/],
		[["help", "tokens"], /tokens create[^]*tokens revoke/],
		[["tokens", "list", "--help"], /^usage: atlasctl tokens list\n/],
		[["reconcile", "--help"], /JSON[^]*CSV[^]*\n {2}THEIRS is [^]*refused/],
		[["limits", "--help"], /as the provider counts/],
		[["--version"], /^atlasctl \d+\.\d+\.\d+, segment layout \d+\n$/],
	]) {
		const ended = await plain(...words);
		assert.equal(ended.code, 0, words.join(" ") + ended.stderr);
		assert.match(ended.stdout, said, words.join(" "));
	}
});

test("bash completes commands, options and values", async () => {
	let env = {}; // leaks are looked for once
	// its stdin is a socket, for which bash would read the ~/.bashrc of whoever tests
	const completed = async (...words) => {
		const script = `. <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _atlasctl; echo "\${COMPREPLY[*]}"`;
		const ended = await runToEnd("bash", ["--norc", "-c", script, program("atlasctl"), "atlasctl", ...words], { env });
		env = NO_LEAKS;
		assert.equal(ended.stderr, "");
		return ended.stdout.trim();
	};
	assert.equal(await completed("sta"), "status");
	assert.equal(await completed("tokens", "cr"), "create");
	assert.equal(await completed("tokens", "create", "--role", ""), "chat monitor admin");
	assert.equal(await completed("-c", "x.conf", "--json", "requests", "--ho"), "--hours");
	assert.equal(await completed("log-level", "d"), "debug");
	assert.equal(await completed("tokens", "update", "x", "--budget-d"), "--budget-day");
});

test("a foreign segment and none at all are told apart", async () => {
	const none = ["-s", path.join(makeFolder("/dev/shm"), "control")];
	for (const words of [["status"], ["reload"], ["limits"], ["queue"], ["prices"]]) {
		const ended = await runToEnd(program("atlasctl"), [...none, ...words]);
		assert.equal(ended.code, 3, ended.stderr);
		assert.match(ended.stderr, /Atlas is not running/);
	}
	const odd = path.join(makeFolder("/dev/shm"), "run");
	mkdirSync(odd, { mode: 0o700 });
	const segment = path.join(atlas.runDir, "segment");
	const head = Buffer.alloc(65536);
	readSync(openSync(segment, "r"), head, 0, head.length, 0);
	head.writeUInt32LE(head.readUInt32LE(8) + 1, 8); // the layout version
	writeFileSync(path.join(odd, "segment"), head, { mode: 0o600 });
	truncateSync(path.join(odd, "segment"), statSync(segment).size);
	const other = await runToEnd(program("atlasctl"), ["-s", path.join(odd, "control"), "status"]);
	assert.equal(other.code, 1, other.stderr);
	assert.match(other.stderr, /layout/);
});

test("another account's atlasctl is let near nothing", AS_ROOT, async () => {
	const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", program("atlasctl")];
	for (const words of [["status"], ["reload"], ["usage"]]) {
		const ended = await runToEnd("setpriv", [...nobody, "-s", path.join(atlas.runDir, "control"), ...words]);
		assert.equal(ended.code, 1, ended.stdout + ended.stderr);
	}
});
