// The log in a file that is moved away under load, by logrotate or by hand: no line is lost.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { chat, makeFolder, startAtlas, startSim, until, within } from "./lib/index.mjs";

test("a log that is moved and reopened under load has every line, and each whole", async () => {
	const sim = await startSim();
	const folder = makeFolder("/dev/shm");
	const logs = path.join(folder, "logs");
	mkdirSync(logs);
	const file = path.join(logs, "atlas.log");
	const atlas = await startAtlas({ sim, workers: 2, conf: { server: { log_file: file } } });
	const ids = [];
	let stop = false;
	const client = async () => {
		while (!stop) ids.push((await chat(atlas)).headers["x-atlas-request-id"]);
	};
	// one or more may be cut off below
	const clients = Promise.allSettled(Array.from({ length: 6 }, client));
	for (let i = 0; i < 10; i++) {
		const before = ids.length;
		await until(() => ids.length > before + 10, { what: "requests go on" });
		renameSync(file, path.join(logs, `atlas.log.${i}`));
		if (i % 2 === 0) atlas.kill(atlas.pid, "SIGUSR1");
		else assert.equal((await atlas.ctl("reopen")).code, 0);
		await until(() => existsSync(file), { what: "the file is there again" });
	}
	// whoever comes later writes to the new one too
	atlas.kill(atlas.children("front")[0].pid);
	await until(() => readFileSync(file, "utf8").includes("child_started"), { what: "a successor" });
	stop = true;
	await clients;
	assert.equal((statSync(file).mode & 0o077), 0);
	assert.equal(await atlas.stop(), 0);
	const text = readdirSync(logs).map((name) => readFileSync(path.join(logs, name), "utf8")).join("");
	const lines = text.split("\n").filter((line) => line !== "");
	for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z (error|warn|info|debug) \S/);
	const done = new Set(lines.flatMap((line) => / request_done id=(\S+)/.exec(line)?.[1] ?? []));
	assert.deepEqual(ids.filter((id) => !done.has(id)), []);
	assert.ok(!atlas.log().includes("request_done"), "stderr is left alone");
});

test("a reopen that finds no file to open says why, and nobody changes files", async () => {
	const folder = makeFolder("/dev/shm");
	const logs = path.join(folder, "logs");
	mkdirSync(logs);
	const file = path.join(logs, "atlas.log");
	const kept = path.join(folder, "kept");
	const atlas = await startAtlas({ workers: 1, conf: { server: { log_file: file } } });
	const said = (words) => readFileSync(path.join(kept, "atlas.log"), "utf8").split(words).length - 1;
	renameSync(logs, kept);
	const refused = async (why) => {
		const { code, json } = await atlas.ctl("reopen");
		assert.deepEqual([code, json.error], [1, `cannot open the log file ${file}: ${why}`]);
	};
	await refused("No such file or directory");
	mkdirSync(logs);
	symlinkSync("/dev/full", file);
	await refused("Too many levels of symbolic links");
	assert.equal((await atlas.say("reopen")).code, 1);
	rmSync(file);
	execFileSync("mkfifo", [file]);
	await refused("No such device or address");
	assert.equal(said("cannot open the log file"), 4, "the master has logged each and told nobody");
	atlas.kill(atlas.pid, "SIGUSR1");
	await until(() => said("cannot open the log file") === 8, { what: "by a signal each of four tries and logs it" });
	rmSync(file);
	assert.equal(said("log_reopened"), 0);
	assert.equal((await atlas.ctl("reopen")).code, 0);
	await until(() => readFileSync(file, "utf8").split("log_reopened").length === 5, { what: "all four have it" });
	assert.equal(await atlas.stop(), 0);
});

test("a log file that cannot be opened is said at the start, on stderr", async () => {
	const atlas = await startAtlas({ wait: false, conf: { server: { log_file: "/nowhere/atlas.log" } } });
	assert.equal((await within(atlas.exited, 10000, "it gives up")).code, 3);
	assert.match(atlas.log(), /cannot open the log file \/nowhere\/atlas\.log/);
});
