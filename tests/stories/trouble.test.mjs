// atlasctl where something is wrong: a master that hangs, a run_dir that was taken away;
// and what a health check sees.

import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { chat, leaks, program, runToEnd, startAtlas, startSim, until, within } from "./lib/index.mjs";

test("a master that is stopped is not waited for, and does nothing of it later", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const { epoch } = (await atlas.ctl("status")).json;
	atlas.kill(atlas.pid, "SIGSTOP");
	const first = await atlas.ctl("status");
	assert.deepEqual([first.code, first.json.master_answers], [1, false]);
	const asked = [["reload"], ["stop"], ["workers", "2"], ["tokens", "create", "--role", "chat", "--name", "late"]];
	const ended = await Promise.all(asked.map((words) => atlas.ctl(...words)));
	for (const [i, { code, json, stderr }] of ended.entries()) {
		assert.equal(code, 1, `${asked[i]}: ${stderr}`);
		assert.match(json.error, new RegExp(`pid ${atlas.pid}\\) has given no sign of life for \\d`));
	}
	const seen = await atlas.ctl("status");
	assert.ok(seen.json.reasons.some((reason) => /^master has given no sign of life/.test(reason)), seen.stdout);
	assert.equal((await chat(atlas)).status, 200, "the others serve on");
	atlas.kill(atlas.pid, "SIGCONT");
	await until(async () => (await atlas.ctl("status")).code === 0, { ms: 20000, what: "all is well again" });
	const after = (await atlas.ctl("status")).json;
	assert.equal(after.epoch, epoch, "nothing was reloaded or changed");
	assert.equal(after.processes.length, 4);
	assert.ok(!(await atlas.ctl("tokens", "list")).stdout.includes('"late"'));
	assert.equal(await atlas.stop(), 0);
});

test("what was left behind by those who were killed is not told as if they lived", async () => {
	const atlas = await startAtlas({ sim: await startSim(), workers: 1 });
	for (const words of ["queue", "limits", "alerts", "top"]) assert.equal((await atlas.say(words)).code, 0, words);
	for (const pid of [atlas.pid, ...atlas.children().map((child) => child.pid)]) atlas.kill(pid, "SIGKILL");
	await within(atlas.exited, 5000, "it is gone");
	for (const words of ["queue", "limits", "alerts", "top"]) {
		const { code, stdout, stderr } = await atlas.say(words);
		assert.equal(code, 3, words);
		assert.match(stdout + stderr, /not running/, words);
		assert.match(stdout, /limit upstream|waiting|cost_day|PROCESS/, "and what is known is told");
		const { json } = await atlas.ctl(words);
		assert.equal(typeof json, "object", "one document");
	}
});

test("a run_dir that is taken away is named by both sides", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	assert.equal((await chat(atlas)).status, 200);
	rmSync(atlas.runDir, { recursive: true });
	const record = atlas.children("record")[0].pid;
	for (const words of [["status"], ["limits"], ["reload"], ["stop"]]) {
		const { code, json } = await atlas.ctl(...words);
		assert.equal(code, 1, words.join());
		assert.match(json.error, new RegExp(`process ${record} .*taken away from an Atlas that runs`));
	}
	const usage = await atlas.ctl("usage");
	assert.equal(usage.code, 0, "the ledger is where it was");
	await until(() => /run_dir_lost missing=/.test(atlas.log()), { what: "the log says so" });
	assert.equal(atlas.log().match(/run_dir_lost/g).length, 1);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(await atlas.stop(), 0);
	assert.equal((await atlas.ctl("status")).code, 3);
	mkdirSync(atlas.runDir);
	assert.deepEqual(await leaks(atlas), []);
});

test("a control socket that is removed is a reason, while the master lives", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	rmSync(`${atlas.runDir}/control`);
	const { code, json } = await atlas.ctl("status");
	assert.deepEqual([code, json.state, json.master_answers], [1, "degraded", false]);
	const gone = new RegExp(`^the control socket ${atlas.runDir}/control is gone: .*signals .*\\(pid ${atlas.pid}\\); restart`);
	assert.ok(json.reasons.some((reason) => gone.test(reason)), json.reasons.join("\n"));
	const said = await atlas.say("status");
	assert.equal(said.code, 1);
	assert.match(said.stdout, /^Atlas is degraded/);
	assert.doesNotMatch(said.stdout, /the master is gone/);
	assert.equal((await chat(atlas)).status, 200);
	atlas.kill(atlas.pid, "SIGHUP");
	await until(() => / reloaded epoch=/.test(atlas.log()), { what: "a signal reaches it" });
	assert.equal(await atlas.stop(), 0);
	assert.equal((await atlas.ctl("status")).code, 3);
	assert.deepEqual(await leaks(atlas), []);
});

test("status is one screen and a health check", async () => {
	const sim = await startSim();
	const limits = { requests_per_minute: 60, requests_per_hour: 3000, tokens_per_minute: 150000, tokens_per_hour: 1000000 };
	const atlas = await startAtlas({
		sim, workers: 8,
		conf: { limits, "model gpt-4o": { requests_per_minute: 9, tokens_per_minute: 90000 } },
	});
	await chat(atlas, { model: "gpt-4o" });
	await until(async () => (await atlas.ctl("status")).code === 0, { ms: 30000, what: "eight fronts" });
	const fits = (stdout) => {
		const lines = stdout.trimEnd().split("\n");
		assert.ok(lines.length <= 23, `${lines.length} lines:\n${stdout}`);
		for (const line of lines) assert.ok(line.length <= 80, line);
	};
	const shown = async () => {
		const line = `${program("atlasctl")} -c ${atlas.conf} status`;
		const { code, stdout } = await runToEnd("script", ["-qec", line, "/dev/null"]);
		return { code, stdout: stdout.replaceAll("\r\n", "\n") };
	};
	const well = await shown();
	fits(well.stdout);
	assert.match(well.stdout, /^Atlas is healthy/);
	for (const part of [/^dispatch +\d+ +ready/m, /and \d+ fronts more/, /^LIMIT +all +requests per minute/m,
		/^LIMIT[^]*and \d+ more/m, /^TOTAL +\$/m, /^EVENT /m])
		assert.match(well.stdout, part);
	const nowhere = "/nowhere/at/all/that/is/a/rather/long/name/for/the/file/of/a/certificate";
	atlas.configure({ server: { tls_certificate: nowhere, tls_key: nowhere } });
	assert.equal((await atlas.ctl("reload")).code, 1);
	assert.equal((await atlas.ctl("drain")).code, 0);
	const held = await shown();
	assert.equal(held.code, 1);
	fits(held.stdout);
	assert.match(held.stdout, /^Atlas is degraded[^]*\n! /);
	assert.match(held.stdout.replaceAll("\n  ", " "), /the last reload was refused: .*atlas\.conf:\d+: /);
	assert.equal(await atlas.stop(), 0);
	assert.equal((await atlas.say("status")).code, 3);
});

test("a place that was changed in the file is a warning until a restart brings it", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	assert.equal((await chat(atlas)).status, 200);
	const { data_dir, run_dir } = atlas.settings.server;
	for (const [what, running] of [["data_dir", data_dir], ["run_dir", run_dir]]) {
		atlas.configure({ server: { [what]: `${running}-new` } });
		const warned = new RegExp(`^atlasctl: warning: .* has ${what} = ${running}-new, .* runs with ${running}$`, "m");
		for (const words of [["status"], ["usage"], ["reload"]]) {
			const { code, json, stderr } = await atlas.ctl(...words);
			assert.equal(code, 0, `${what} ${words}: ${stderr}`);
			assert.match(stderr, warned);
			if (words[0] === "usage") assert.equal(json.token_usage.request_count, 1);
		}
		atlas.configure({ server: { [what]: running } });
		assert.doesNotMatch((await atlas.ctl("status")).stderr, /warning/);
	}
	atlas.configure({ server: { data_dir: `${data_dir}-new` } });
	assert.equal(await atlas.stop(), 0);
	assert.equal((await atlas.ctl("usage")).code, 1, "nothing runs: the file is right");
});

test("a front that is killed has one name in status, log and title, and is counted", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const fronts = async () => {
		const { processes } = (await atlas.ctl("status")).json;
		return processes.filter(({ role }) => role === "front");
	};
	const [first] = await fronts();
	assert.deepEqual([first.name, first.restarts], ["front 1 (channel 0)", 0]);
	for (const restarts of [1, 2]) {
		const [{ pid }] = atlas.children("front");
		atlas.kill(pid);
		const next = await until(async () => (await fronts()).find((front) => front.state === "ready" && front.pid !== pid), { what: "a successor" });
		assert.match(next.name, /^front 1 \(channel \d\)$/);
		assert.equal(next.restarts, restarts);
		assert.equal(atlas.children("front")[0].title.trim(), "atlasd: front 1");
	}
	const { events } = (await atlas.ctl("status")).json;
	assert.equal(events.filter(({ event, detail }) => event === "child_exited" && detail.startsWith("front 1 (channel ")).length, 2);
	assert.equal(atlas.log().match(/child_exited child="front 1" /g).length, 2);
	const said = (await atlas.say("status")).stdout;
	assert.match(said, /^front 1 \(channel \d\) +\d+ +ready .* 2$/m);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("a name steers no terminal, and is what it was where there is none", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const model = "gpt-\u202eo4\u009b31m-é";
	assert.equal((await chat(atlas, { model, headers: { "x-atlas-session": "a\u009bb" } })).status, 404);
	const told = await until(async () => (await atlas.ctl("requests")).stdout.trim(), { what: "it is in the ledger" });
	assert.ok(told.includes(model));
	for (const words of ["requests", "cost", "export", "--json cost", `why ${/req_[0-9a-f]{32}/.exec(told)[0]}`]) {
		const line = `${program("atlasctl")} -c ${atlas.conf} ${words}`;
		const { stdout } = await runToEnd("script", ["-qec", line, "/dev/null"]);
		assert.ok(stdout.includes("gpt-\\u202eo4\\u009b31m-é"), `${words}: ${stdout}`);
		assert.doesNotMatch(stdout, /[\u0080-\u009f\u202e\ufffd]/, words);
	}
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});
