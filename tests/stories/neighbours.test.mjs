// Who else is there: another Atlas, one that hangs or ends, and whoever holds its ledger.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { describe, test } from "node:test";
import { atlasd, CONFIGURATION, NOT_STARTED, refuses, STOPPED, writeConf } from "./lib/atlasd.mjs";
import { chat, get, kill, makeFolder, program, startAtlas, startChild, startSim, until } from "./lib/index.mjs";
import { childrenOf, inSession, title } from "./lib/proc.mjs";

test("-t has one second for who answers in run_dir, however slowly that speaks", async () => {
	const { file, run_dir } = await writeConf();
	mkdirSync(run_dir, { mode: 0o700 });
	const server = net.createServer((socket) => {
		const trickle = setInterval(() => socket.write("x"), 100);
		socket.on("error", () => {}).on("close", () => clearInterval(trickle)).resume();
	});
	await new Promise((resolve) => server.listen(path.join(run_dir, "control"), resolve));
	const ended = await atlasd("-t", "-c", file);
	server.close();
	assert.equal(ended.code, STOPPED, ended.stderr);
});

describe("-t of an Atlas that cannot be asked says what a start would meet", () => {
	const others = async (atlas) => {
		const { file } = await writeConf({ server: { data_dir: atlas.dataDir } });
		return atlasd("-t", "-c", file);
	};

	test("one that does not answer: none", async () => {
		const atlas = await startAtlas({ sim: await startSim() });
		const what = new RegExp(`run_dir: .*\\(pid ${atlas.pid}\\) does not answer`);
		atlas.kill(atlas.pid, "SIGSTOP");
		refuses(await atlasd("-t", "-c", atlas.conf), CONFIGURATION, what);
		refuses(await atlasd("-c", atlas.conf), NOT_STARTED, /another atlasd is running/);
		refuses(await others(atlas), CONFIGURATION, new RegExp(`another Atlas \\(pid ${atlas.pid}\\)`));
		atlas.kill(atlas.pid, "SIGCONT");
		assert.equal((await atlasd("-t", "-c", atlas.conf)).code, STOPPED);
		assert.equal(await atlas.stop(), STOPPED);
	});

	test("one whose children still end: a start waits for them", async () => {
		const atlas = await startAtlas({ sim: await startSim() });
		const family = () => inSession(atlas.pid).length;
		const [record] = atlas.children("record");
		atlas.kill(record.pid, "SIGSTOP");
		await atlas.stop({ signal: "SIGKILL" });
		const ended = await atlasd("-t", "-c", atlas.conf);
		assert.equal(ended.code, STOPPED, ended.stderr);
		assert.ok(ended.stderr.includes(`the Atlas that ran in ${atlas.runDir} is still ending`), ended.stderr);
		refuses(await others(atlas), CONFIGURATION, new RegExp(`another Atlas \\(pid ${record.pid}\\)`));
		atlas.kill(record.pid, "SIGCONT");
		await until(() => family() === 0, { ms: 15000, what: "all of them have left" });
		const after = await atlasd("-t", "-c", atlas.conf);
		assert.equal(after.code, STOPPED, after.stderr);
		assert.ok(!after.stderr.includes("still ending"), after.stderr);
	});
});

test("a ledger that another Atlas writes is told with its pid, by -t and by a start", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim });
	const { file, run_dir } = await writeConf({ server: { data_dir: atlas.dataDir } });
	const what = new RegExp(`data_dir: another Atlas \\(pid ${atlas.pid}\\)`);
	refuses(await atlasd("-t", "-c", file), CONFIGURATION, what);
	refuses(await atlasd("-c", file), NOT_STARTED, what);
	assert.ok(!existsSync(run_dir));
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(await atlas.stop(), STOPPED);
	const free = await atlasd("-t", "-c", file);
	assert.equal(free.code, STOPPED, free.stderr);
});

test("a data_dir is one Atlas's also while its record has no ledger open", async () => {
	const atlas = await startAtlas({ sim: await startSim() });
	const { file, run_dir } = await writeConf({ server: { data_dir: atlas.dataDir } });
	const what = new RegExp(`data_dir: another Atlas \\(pid ${atlas.pid}\\)`);
	renameSync(atlas.path("ledger"), atlas.path("away"));
	atlas.kill(atlas.children("record")[0].pid);
	await until(() => /was there and is gone/.test(atlas.log()), { ms: 8000, what: "the log says so" });
	refuses(await atlasd("-t", "-c", file), CONFIGURATION, what);
	refuses(await atlasd("-c", file), NOT_STARTED, what);
	assert.ok(!existsSync(run_dir) && !existsSync(atlas.path("ledger")));
	renameSync(atlas.path("away"), atlas.path("ledger"));
	await atlas.ready();
	assert.equal(await atlas.stop(), STOPPED);
});

test("who keeps both in one folder is not in its own way", async () => {
	const dir = makeFolder("/dev/shm");
	const atlas = await startAtlas({ sim: await startSim(), dataDir: dir, conf: { server: { run_dir: dir } } });
	assert.equal((await atlasd("-t", "-c", atlas.conf)).code, STOPPED);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(await atlas.stop(), STOPPED);
});

test("of several starts on one data_dir at the same moment one runs, and the others name it", async () => {
	const sim = await startSim();
	const dataDir = path.join(makeFolder(os.tmpdir()), "data");
	const started = await Promise.all(Array.from({ length: 4 }, () => startAtlas({ sim, workers: 1, dataDir, wait: false })));
	const ends = started.map((atlas) => Promise.race([
		atlas.exited.then(({ code }) => ({ atlas, code })),
		until(() => /front 1 ready/.test(atlas.log()), { ms: 30000 }).then(() => ({ atlas }), () => ({ atlas })),
	]));
	const ended = await Promise.all(ends);
	const running = ended.filter(({ code }) => code === undefined);
	assert.equal(running.length, 1, ended.map(({ code }) => code).join());
	const [{ atlas }] = running;
	const what = new RegExp(`^atlasd: .*data_dir: another Atlas \\(pid ${atlas.pid}\\)`, "m");
	for (const other of ended.filter(({ code }) => code !== undefined)) {
		assert.equal(other.code, NOT_STARTED, other.atlas.log());
		assert.match(other.atlas.log(), what);
	}
	await atlas.ready();
	assert.equal((await chat(atlas)).status, 200, "the token in the folder is its own");
	assert.equal(await atlas.stop(), STOPPED);
});

describe("only who holds the ledger is named for it", () => {
	const pidOf = (parent, shown) =>
		until(() => childrenOf(parent).find(({ pid }) => title(pid).startsWith(shown)), { what: shown })
			.then(({ pid }) => pid);

	test("and only an Atlas is called one", async () => {
		const { file, data_dir } = await writeConf();
		mkdirSync(data_dir, { mode: 0o700 });
		const lock = path.join(data_dir, "ledger.lock");
		const shell = startChild("sh", ["-c", 'flock -x "$1" sleep 100; :', "sh", lock], { logFile: `${file}.log` });
		const holder = await pidOf(shell.pid, "flock");
		await pidOf(holder, "sleep");
		const what = new RegExp(`data_dir: pid ${holder} \\(flock\\) holds the lock of the ledger`);
		refuses(await atlasd("-t", "-c", file), CONFIGURATION, what);
		refuses(await atlasd("-c", file), NOT_STARTED, what);
		assert.deepEqual(readdirSync(data_dir), ["ledger.lock"]);
	});

	// PR_SET_CHILD_SUBREAPER: whose parent dies is its child then.
	const KEEPER = "syscall(shift, 36, 1, 0, 0, 0) == 0 or die $!; system @ARGV; 1 while wait > 0";
	const PRCTL = { x64: 157, arm64: 167 }[process.arch];

	test("and not the process that its children were left to", async () => {
		const own = await writeConf();
		const keeper = startChild("perl", ["-e", KEEPER, PRCTL, program("atlasd"), "-c", own.file],
			{ env: { OPENAI_API_KEY: "sk-story" }, logFile: `${own.file}.log` });
		const port = Number(own.listen.split(":")[1]);
		const isUp = async () => (await get({ port }, "/readyz", { token: null })).status === 200;
		await until(isUp, { ms: 15000, what: "it serves" });
		const master = await pidOf(keeper.pid, "atlasd: master");
		const record = await pidOf(master, "atlasd: record");
		kill(record, "SIGSTOP");
		kill(master, "SIGKILL");
		await pidOf(keeper.pid, "atlasd: record");
		const { file } = await writeConf({ server: { data_dir: own.data_dir } });
		const what = new RegExp(`data_dir: another Atlas \\(pid ${record}\\)`);
		refuses(await atlasd("-t", "-c", file), CONFIGURATION, what);
		refuses(await atlasd("-c", file), NOT_STARTED, what);
		kill(record, "SIGCONT");
		await until(() => !keeper.isRunning(), { ms: 15000, what: "all of them have left" });
		assert.equal((await atlasd("-t", "-c", file)).code, STOPPED);
	});
});
