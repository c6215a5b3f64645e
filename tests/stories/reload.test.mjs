// The configuration changes while Atlas serves: all of it or nothing, and nothing forgotten.

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
	chat,
	chatStream,
	ledgerEqualsBill,
	program,
	runToEnd,
	startAtlas,
	startSim,
	until,
} from "./lib/index.mjs";
import { cpuTicks } from "../bench/cost.mjs";

// By its socket alone, whatever the file says.
async function bySocket(atlas, ...args) {
	const all = ["-s", `${atlas.runDir}/control`, "--json", ...args];
	const ended = await runToEnd(program("atlasctl"), all);
	return { ...ended, json: JSON.parse(ended.stdout) };
}

async function used(atlas) {
	const { json, stdout } = await bySocket(atlas, "status");
	assert.ok(json?.limits, stdout);
	const limit = json.limits.find((l) => l.unit === "requests");
	return { limit: limit?.limit, used: limit?.used, queued: json.queue_size };
}

const reaches = (atlas, wanted) =>
	until(async () => {
		const seen = await used(atlas);
		assert.deepEqual(seen, wanted);
		return true;
	}, { what: JSON.stringify(wanted) });

/** How many of these requests are answered, counted as they come. */
function crowd(atlas, n) {
	const seen = { answered: 0 };
	seen.all = Promise.all(
		Array.from({ length: n }, async () => {
			const answer = await chat(atlas, { message: "Me" });
			seen.answered++;
			return answer;
		}),
	);
	return seen;
}

for (const [name, apply] of [
	["atlasctl reload", async (atlas) => assert.equal((await atlas.ctl("reload")).code, 0)],
	["HUP", async (atlas) => atlas.kill(atlas.pid, "SIGHUP")],
])
	test(`${name} raises a limit at once and carries its use over`, async () => {
		const sim = await startSim();
		const atlas = await startAtlas({
			sim,
			conf: { limits: { requests_per_minute: 5 }, queue: { max_wait: "40s" } },
		});
		const clients = crowd(atlas, 12);
		await reaches(atlas, { limit: 5, used: 5, queued: 7 });
		await until(() => clients.answered === 5);
		atlas.configure({ limits: { requests_per_minute: 10 } });
		await apply(atlas);
		await reaches(atlas, { limit: 10, used: 10, queued: 2 });
		await until(() => clients.answered === 10);
		assert.equal((await sim.billSummary()).requests, 10);
		atlas.configure({ limits: { requests_per_minute: 0 } });
		await apply(atlas);
		const answers = await clients.all;
		assert.deepEqual(answers.map(({ status }) => status), Array(12).fill(200));
		await ledgerEqualsBill(atlas, sim);
		assert.equal(await atlas.stop(), 0);
	});

test("HUP makes the queue longer and shorter, and drops nobody who waits", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({
		sim,
		workers: 1,
		conf: {
			limits: { requests_per_minute: 1 },
			queue: { max_size: 2, max_concurrent: 1, max_wait: "1h" },
		},
	});
	const hup = async (conf) => {
		const { epoch } = (await bySocket(atlas, "status")).json;
		atlas.configure(conf);
		atlas.kill(atlas.pid, "SIGHUP");
		await until(async () => {
			const { processes } = (await bySocket(atlas, "status")).json;
			return processes.every((one) => one.epoch > epoch);
		}, { what: "all have adopted it" });
	};
	const ask = () => chat(atlas, { headers: { "X-Atlas-Session": "queue" } });
	const waiting = [];
	const wait = async (n) => {
		const queued = waiting.length;
		for (let i = 0; i < n; i++) waiting.push(ask());
		await reaches(atlas, { limit: 1, used: 1, queued: queued + n });
	};
	const isFull = async () => assert.equal((await ask()).json.error?.code, "queue_full");
	assert.equal((await ask()).status, 200);
	await wait(2);
	await isFull();
	await hup({ queue: { max_size: 600 } });
	await wait(598);
	await isFull();
	await hup({ queue: { max_size: 599 } });
	await isFull();
	const { queued_requests: first } = (await bySocket(atlas, "queue")).json.queue;
	for (const [i, left] of [599, 598].entries()) {
		assert.equal((await atlas.ctl("cancel", first[i].id)).code, 0);
		await reaches(atlas, { limit: 1, used: 1, queued: left });
		if (left === 599) await isFull();
	}
	waiting.push(ask());
	await reaches(atlas, { limit: 1, used: 1, queued: 599 });
	await isFull();
	await hup({ limits: { requests_per_minute: 0 }, queue: { max_concurrent: 100 } });
	const statuses = (await Promise.all(waiting)).map(({ status }) => status);
	assert.equal(statuses.filter((status) => status === 200).length, 599, "and two were cancelled");
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});

test("retries, the queue's patience, the calm and a token's limits change at once too", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { retry: { max_retries: 0 }, queue: { max_wait: "1h" } } });
	const adopt = async (conf) => {
		atlas.configure(conf);
		assert.equal((await atlas.ctl("reload")).code, 0);
	};
	const tried = async () => {
		await sim.weather({ mode: "500" });
		const answer = await chat(atlas);
		await sim.clearWeather();
		assert.equal(answer.status, 502, answer.text);
		return Number(answer.headers["x-atlas-retries"]) + 1;
	};
	assert.equal(await tried(), 1);
	await adopt({ retry: { max_retries: 2, base_delay: "10ms" } });
	assert.equal(await tried(), 3);
	await adopt({ client: { max_prompt: 10 } });
	assert.equal((await chat(atlas, { message: "longer than that" })).status, 413);
	await adopt({ client: { max_prompt: 0 }, stabilization: { minutes: 15 } });
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal((await chat(atlas)).status, 200, "the probe");
	const { json } = await atlas.ctl("limits");
	assert.equal(json.rate_limits.stabilization_state, "hold");
	assert.equal((await atlas.ctl("reset-limits", "--yes")).code, 0);
	await adopt({ limits: { requests_per_hour: 1 } });
	assert.equal((await chat(atlas)).status, 200);
	const waits = chat(atlas);
	await until(async () => (await bySocket(atlas, "status")).json.queue_size === 1, { what: "it waits" });
	await adopt({ queue: { max_wait: "100ms" } });
	assert.equal((await waits).json.error.code, "queue_timeout");
	assert.equal(await atlas.stop(), 0);
});

describe("a file that is wrong", () => {
	test("changes nothing and is named by file and line", async () => {
		const sim = await startSim();
		const atlas = await startAtlas({
			sim,
			conf: { limits: { requests_per_minute: 7 } },
		});
		atlas.configure({ limits: { requests_per_minute: 9 } });
		const line = readFileSync(atlas.conf, "utf8").split("\n").length + 1;
		appendFileSync(atlas.conf, "[queue]\nmax_wait = soon\n");
		const where = `${atlas.conf}:${line}:`;
		const refused = await bySocket(atlas, "reload");
		assert.equal(refused.code, 1);
		assert.ok(`${refused.stdout}${refused.stderr}`.includes(where), refused.stdout);
		assert.equal((await used(atlas)).limit, 7);
		assert.ok(atlas.log().includes(where));
		const status = await bySocket(atlas, "status");
		assert.ok(status.stdout.includes(where), "status shows why");
		const byFile = await atlas.ctl("status");
		assert.equal(byFile.code, 0, byFile.stderr);
		assert.ok(byFile.stderr.includes(where), "by the file it is reached too, with a warning");
		assert.deepEqual(byFile.json.config, atlas.conf);
		appendFileSync(atlas.conf, "[server]\nrun_dir = elsewhere\n");
		assert.equal((await atlas.ctl("status")).code, 1, "without a run_dir it is not guessed");
		atlas.kill(atlas.pid, "SIGHUP");
		await until(() => atlas.log().split(where).length > 2, { what: "HUP is refused too" });
		assert.equal((await used(atlas)).limit, 7);
		assert.equal((await chat(atlas)).status, 200);
		assert.equal(await atlas.stop(), 0);
	});
});

describe("each fault of a file is named", () => {
	const FAULTS_MAX = 20;
	const lines = (text, program) => text.split("\n").filter((line) => line.startsWith(`${program}: `));

	/** What -t prints of it, one a line, is what a reload says. */
	async function refuses(atlas) {
		const { code, stderr } = await runToEnd(program("atlasd"), ["-t", "-c", atlas.conf], { env: { OPENAI_API_KEY: "sk-story" } });
		assert.equal(code, 1, stderr);
		const faults = lines(stderr, "atlasd").map((line) => line.slice("atlasd: ".length));
		const { json } = await bySocket(atlas, "reload");
		const n = Math.min(faults.length, FAULTS_MAX);
		assert.deepEqual(json, { ok: false, error: faults[0], faults: faults.slice(0, n), more: faults.length - n });
		const said = await runToEnd(program("atlasctl"), ["-s", `${atlas.runDir}/control`, "reload"]);
		assert.deepEqual([said.code, said.stdout], [1, ""]);
		const more = faults.length > n ? [`and ${faults.length - n} more`] : [];
		assert.deepEqual(lines(said.stderr, "atlasctl"), [...faults.slice(0, n), ...more].map((fault) => `atlasctl: ${fault}`));
		const status = await bySocket(atlas, "status");
		assert.deepEqual([status.json.reload_error, status.json.reload_faults], [faults[0], faults.length]);
		return faults;
	}

	test("those of its lines, in the answer, in the log and by status", async () => {
		const atlas = await startAtlas({ sim: await startSim() });
		appendFileSync(atlas.conf, "[queue]\nmax_wait = soon\nmax_sise = 7\n[nothing]\n");
		assert.equal((await refuses(atlas)).length, 3);
		const before = atlas.log().length;
		atlas.kill(atlas.pid, "SIGHUP");
		const named = () => ["max_wait", "max_sise", "[nothing]"].every((word) => atlas.log().slice(before).includes(word));
		await until(named, { what: "HUP names them in the log" });
		const text = await runToEnd(program("atlasctl"), ["-s", `${atlas.runDir}/control`, "status"]);
		assert.match(text.stdout.replaceAll(/\n */g, " "), /the last reload was refused: .*and 2 faults more/);
		atlas.configure({});
		assert.equal((await bySocket(atlas, "reload")).json.ok, true);
		assert.equal((await bySocket(atlas, "status")).json.reload_faults, 0);
		assert.equal(await atlas.stop(), 0);
	});

	test("those of what it names", async () => {
		const atlas = await startAtlas({ sim: await startSim() });
		const gone = `${atlas.folder}/gone`;
		atlas.configure({ server: { models_file: gone, web_dir: gone, tls_certificate: gone, tls_key: gone } });
		const faults = await refuses(atlas);
		for (const key of ["models_file", "web_dir", "tls_certificate"])
			assert.equal(faults.filter((fault) => fault.includes(`[server] ${key}`)).length, 1, faults.join("\n"));
		assert.equal(await atlas.stop(), 0);
	});

	test("and of many so many", async () => {
		const atlas = await startAtlas({ sim: await startSim() });
		appendFileSync(atlas.conf, "[queue]\n" + "max_wait = \"soon\"\n".repeat(FAULTS_MAX + 3));
		assert.equal((await refuses(atlas)).length, FAULTS_MAX + 3);
		assert.equal(await atlas.stop(), 0);
	});
});

describe("what a reload cannot change is named", () => {
	test("a key that needs a restart keeps its value", async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim });
		atlas.configure({ server: { max_clients: 77 }, limits: { requests_per_minute: 11 } });
		const { code, json } = await atlas.ctl("reload");
		assert.equal(code, 0);
		assert.deepEqual(json.needs_restart, ["[server] max_clients"]);
		assert.deepEqual(json.not_adopted, []);
		assert.equal(json.adopted.length, 4);
		const { epoch, processes } = (await atlas.ctl("status")).json;
		assert.deepEqual(processes.map((one) => one.epoch), Array(5).fill(epoch));
		assert.match(atlas.log(), /key=server\.max_clients/);
		assert.equal((await used(atlas)).limit, 11);
		assert.equal(await atlas.stop(), 0);
	});

	test("what does not go with a key that is kept is refused as a whole", async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 7 } } });
		const { epoch } = (await atlas.ctl("status")).json;
		const wanted = { server: { body_memory: "1G", max_body_bytes: "512M" }, limits: { requests_per_minute: 8 } };
		atlas.configure(wanted);
		const { code, json } = await atlas.ctl("reload");
		assert.equal(code, 1);
		assert.match(json.error, /^\[server\] body_memory stays 256M until a restart, and with that .*atlas\.conf:\d+: \[server\] max_body_bytes = 512M does not fit/);
		const status = (await atlas.ctl("status")).json;
		assert.deepEqual([status.epoch, (await used(atlas)).limit], [epoch, 7], "nothing is in force");
		atlas.configure({ server: { max_body_bytes: "200M" } });
		const kept = await atlas.ctl("reload");
		assert.deepEqual([kept.code, kept.json.needs_restart], [0, ["[server] body_memory"]]);
		assert.equal((await used(atlas)).limit, 8);
		assert.equal(await atlas.stop(), 0);
	});

	test("a key hidden by an environment variable", async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim, env: { OPENAI_REQUESTS_PER_MINUTE: "13" } });
		assert.equal((await used(atlas)).limit, 13);
		atlas.configure({ limits: { requests_per_minute: 99 } });
		const { code, json } = await atlas.ctl("reload");
		assert.equal(code, 0);
		assert.ok(json.shadowed_by_environment.includes("[limits] requests_per_minute"));
		assert.match(atlas.log(), /OPENAI_REQUESTS_PER_MINUTE/);
		assert.equal((await used(atlas)).limit, 13);
		assert.equal(await atlas.stop(), 0);
	});
});

test("what is different is told from old to new, or that nothing is", async () => {
	const webhook = (end) => ({ alerts: { webhook: `http://127.0.0.1:9/hook/${end}` } });
	const atlas = await startAtlas({ conf: { limits: { requests_per_minute: 60 }, ...webhook("secret") } });
	const reload = async (conf) => {
		atlas.configure(conf);
		return atlas.ctl("reload");
	};
	const logged = () => atlas.log().split("\n").filter((line) => line.includes(" setting_changed "));

	assert.deepEqual((await reload({})).json.changed, []);
	assert.match((await atlas.say("reload")).stdout, /^nothing changed$/m);
	assert.deepEqual(logged(), []);

	const { json } = await reload({ limits: { requests_per_minute: 70 }, ...webhook("other"), "model o3": { tokens_per_hour: 9 } });
	assert.deepEqual(json.changed, [
		{ setting: "[limits] requests_per_minute", old: "60", new: "70" },
		{ setting: "[alerts] webhook", old: null, new: null },
		{ setting: "[model o3] tokens_per_hour", old: "not set", new: "9" },
	]);
	assert.deepEqual(logged().map((line) => line.split(" setting_changed ")[1]), [
		'setting="[limits] requests_per_minute" old="60" new="70"',
		'setting="[alerts] webhook"',
		'setting="[model o3] tokens_per_hour" old="not set" new="9"',
	]);
	assert.ok(!atlas.log().includes("hook/"), "the secret part of it is nowhere");

	// What a command has changed until then, too; what a restart brings is not in force.
	assert.equal((await atlas.ctl("log-level", "info")).code, 0);
	atlas.configure({ server: { max_clients: 99 } });
	const said = (await atlas.say("reload")).stdout;
	assert.match(said, /^ {2}\[server\] log_level info -> debug$/m);
	assert.match(said, /only a restart applies it: \[server\] max_clients$/m);
	assert.equal(logged().length, 4);
	assert.doesNotMatch((await atlas.say("reload")).stdout, /nothing changed/);

	const many = Object.fromEntries(["header_timeout", "body_timeout", "idle_timeout", "write_timeout"].map((name) => [name, "7s"]));
	const limits = { requests_per_minute: 1, requests_per_hour: 1, tokens_per_minute: 1, tokens_per_hour: 1 };
	const models = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [`model ${name}`, limits]));
	const all = (await reload({ server: many, ...models })).json;
	assert.deepEqual([all.changed.length, all.more_changed], [20, 4]);
	assert.equal(logged().length, 28);
	assert.equal(await atlas.stop(), 0);
});

test("whoever runs has the descriptors that a reload may ask for", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, nofile: "1024:9000" });
	const soft = atlas.children().map(({ pid }) =>
		Number(/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))[1]));
	assert.deepEqual(soft, Array(4).fill(9000));
	assert.equal(await atlas.stop(), 0);
});

test("more fronts come and surplus ones go", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	for (const workers of [3, 1]) {
		atlas.configure({ server: { workers } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		await until(() => atlas.children("front").length === workers);
		assert.equal((await chat(atlas)).status, 200);
	}
	assert.equal(await atlas.stop(), 0);
});

test("the master sleeps again after it has woken everybody", async () => {
	const sim = await startSim({ tokensPerSecond: 50 });
	const atlas = await startAtlas({ sim, workers: 1 });
	atlas.kill(atlas.pid, "SIGHUP");
	await until(() => / adopted epoch=2$/m.test(atlas.log()), { what: "they have adopted it" });
	const before = cpuTicks([atlas.pid]);
	// two seconds in which there is nothing for it to do
	const { done } = await (await chatStream(atlas, { message: "Go on [[sim tokens=100]]" })).collect();
	assert.equal(done, true);
	assert.ok(cpuTicks([atlas.pid]) - before < 10, "it has been busy all the time");
	assert.equal(await atlas.stop(), 0);
});
