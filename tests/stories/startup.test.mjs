// How atlasd comes up, refuses to, and goes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
	chmodSync, constants, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync, writeSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { atlasd, CONFIGURATION, NOT_STARTED, refuses, sentences, STOPPED, USAGE, writeConf } from "./lib/atlasd.mjs";
import {
	chat, chatStream, freePort, get, isListening, leaks, makeFolder, program, runToEnd, startAtlas, startChild, startSim, until,
} from "./lib/index.mjs";

describe("a wrong configuration is one sentence and exit 1", () => {
	test("that is missing", async () => {
		const file = path.join(makeFolder(os.tmpdir()), "none.conf");
		refuses(await atlasd("-c", file), CONFIGURATION, /none\.conf/);
	});

	test("that is a directory", async () => {
		const folder = makeFolder(os.tmpdir());
		refuses(await atlasd("-c", folder), CONFIGURATION, new RegExp(folder));
	});

	test("that is a pipe, which looks empty", async () => {
		const pipe = path.join(makeFolder(os.tmpdir()), "pipe");
		execFileSync("mkfifo", [pipe]);
		for (const args of [[], ["-t"]]) refuses(await atlasd("-c", pipe, ...args), CONFIGURATION, /pipe: is a pipe/);
	});

	test("with an unknown key, by file and line", async () => {
		const { file, lines } = await writeConf({ tail: "[server]\nlisen = x\n" });
		const said = refuses(await atlasd("-c", file), CONFIGURATION, /lisen/);
		assert.ok(said.includes(`${file}:${lines + 1}:`), said);
	});

	test("with a value out of range, by file, line and what is accepted", async () => {
		const tail = "[limits]\nrequests_per_minute = 10000001\n";
		const { file, lines } = await writeConf({ tail });
		const said = refuses(await atlasd("-c", file), CONFIGURATION, /10000000\b/);
		assert.ok(said.includes(`${file}:${lines + 1}:`), said);
	});

	test("with a wrong environment variable, by its name", async () => {
		const { file } = await writeConf();
		const env = { OPENAI_API_KEY: "sk-story", OPENAI_MAX_RETRIES: "many" };
		const ended = await runToEnd(program("atlasd"), ["-c", file], { env });
		refuses(ended, CONFIGURATION, /OPENAI_MAX_RETRIES/);
	});
});

describe("-t", () => {
	test("says that a good configuration is one, and starts nothing", async () => {
		const { file, data_dir } = await writeConf();
		const ended = await atlasd("-t", "-c", file);
		assert.equal(ended.code, STOPPED, ended.stderr);
		assert.ok(ended.stdout.includes(file), ended.stdout);
		assert.ok(!readdirSync(path.dirname(data_dir)).includes("data"));
	});

	test("finds what is wrong", async () => {
		const { file, lines } = await writeConf({ tail: "[queue]\nmax_wait = soon\n" });
		const said = refuses(await atlasd("-t", "-c", file), CONFIGURATION, /max_wait/);
		assert.ok(said.includes(`${file}:${lines + 1}:`), said);
	});

	test("finds all that is wrong, each with its line", async () => {
		const tail = "[queue]\nmax_wait = soon\nmax_sise = 3\n[retry]\nmax_retries = 99\n";
		const { file, lines } = await writeConf({ tail });
		const ended = await atlasd("-t", "-c", file);
		assert.equal(ended.code, CONFIGURATION);
		assert.deepEqual(sentences(ended.stderr).map((line) => line.split(" ")[1]),
			[1, 2, 4].map((n) => `${file}:${lines + n}:`), ended.stderr);
	});
});

describe("a signal before it reads signals", () => {
	const { O_NONBLOCK, O_RDWR } = constants;

	/** An atlasd that has a warning to write and a stderr that is full: it has just begun. */
	async function begin() {
		const { file, data_dir, listen } = await writeConf();
		const fifo = path.join(makeFolder(os.tmpdir()), "stderr");
		execFileSync("mkfifo", [fifo]);
		const fd = openSync(fifo, O_RDWR | O_NONBLOCK);
		assert.throws(() => {
			for (;;) writeSync(fd, "-".repeat(4095) + "\n");
		}, { code: "EAGAIN" });
		const logFile = `${fifo}.log`;
		const child = startChild("sh",
			["-c", 'fifo=$1; shift; exec "$@" 2>"$fifo"', "sh", fifo, program("atlasd"), "-c", file],
			{ logFile: `${fifo}.out` });
		const call = () => readFileSync(`/proc/${child.pid}/syscall`, "utf8").split(" ");
		await until(() => call()[1] === "0x2", { what: "it writes to descriptor 2" });
		assert.ok(!existsSync(data_dir), "nothing is made yet");
		return {
			child,
			data_dir,
			port: Number(listen.split(":")[1]),
			goOn: () => startChild("cat", [fifo], { logFile }), // beside fd, which stays open
			log: () => readFileSync(logFile, "utf8"),
		};
	}

	test("HUP and USR1 wait until they mean something", async () => {
		const atlas = await begin();
		atlas.child.kill("SIGHUP");
		atlas.child.kill("SIGUSR1");
		atlas.goOn();
		const isUp = async () => (await get(atlas, "/healthz", { token: null })).status === 200;
		await until(isUp, { ms: 15000, what: "it serves" });
		await until(() => / reloaded /.test(atlas.log()), { what: "it has read its file again" });
		assert.equal((await atlas.child.stop()).code, STOPPED);
	});

	for (const signal of ["SIGTERM", "SIGINT"])
		test(`${signal} ends it, and nothing is left`, async () => {
			const atlas = await begin();
			assert.deepEqual(await atlas.child.stop({ signal }), { code: null, signal });
			assert.ok(!existsSync(atlas.data_dir));
		});
});

describe("-t tries what a start takes, and takes nothing", { concurrency: true }, () => {
	const tried = async (server, what) => {
		const { file, data_dir, run_dir } = await writeConf({ server });
		refuses(await atlasd("-t", "-c", file), CONFIGURATION, what);
		for (const dir of [data_dir, run_dir])
			if (!Object.hasOwn(server, "data_dir") && !Object.hasOwn(server, "run_dir")) assert.ok(!existsSync(dir), dir);
		refuses(await atlasd("-c", file), NOT_STARTED, /./);
	};

	test("an address of another machine, one that is taken, two in each other's way", async () => {
		await tried({ listen: "192.0.2.1:8443" }, /atlas\.conf:2: \[server\] listen: .*192\.0\.2\.1/);
		const sim = await startSim();
		await tried({ listen: `127.0.0.1:${sim.port}` }, new RegExp(`listen: .*127\\.0\\.0\\.1:${sim.port}`));
		const port = await freePort();
		await tried({ listen: `0.0.0.0:${port} 127.0.0.1:${port}` }, /listen: .*overlaps/);
	});

	test("folders that cannot be made or written to, or are none", async () => {
		const folder = makeFolder(os.tmpdir());
		const file = path.join(folder, "file");
		writeFileSync(file, "");
		const open = path.join(folder, "open");
		mkdirSync(open);
		chmodSync(open, 0o777);
		for (const key of ["data_dir", "run_dir"]) {
			await tried({ [key]: path.join(folder, "none", "x") }, new RegExp(`\\[server\\] ${key}: cannot make`));
			await tried({ [key]: file }, new RegExp(`${key}: cannot open`));
			await tried({ [key]: open }, new RegExp(`${key}: .*0777`));
		}
		assert.deepEqual(readdirSync(open), []);
	});

	test("all of it at once", async () => {
		const folder = makeFolder(os.tmpdir());
		const server = { listen: "192.0.2.1:8443", data_dir: path.join(folder, "a", "b"), run_dir: path.join(folder, "c", "d") };
		const { file } = await writeConf({ server });
		const ended = await atlasd("-t", "-c", file);
		assert.equal(ended.code, CONFIGURATION);
		assert.deepEqual(sentences(ended.stderr).map((line) => line.match(/\[server\] (\w+):/)[1]),
			["listen", "data_dir", "run_dir"], ended.stderr);
	});

	test("what a running Atlas of the same run_dir has taken is its own", async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim });
		const tryWith = async (listen) => {
			const { file } = await writeConf({ server: { listen, data_dir: atlas.dataDir, run_dir: atlas.runDir } });
			return atlasd("-t", "-c", file);
		};
		assert.equal((await atlasd("-t", "-c", atlas.conf)).code, STOPPED);
		const wider = await tryWith(`0.0.0.0:${atlas.port}`);
		assert.equal(wider.code, STOPPED, wider.stderr);
		const others = await tryWith(`127.0.0.1:${atlas.port} 127.0.0.1:${sim.port}`);
		refuses(others, CONFIGURATION, new RegExp(`listen: .*127\\.0\\.0\\.1:${sim.port}`));
		assert.equal((await atlas.ctl("status")).code, 0);
		assert.equal(await atlas.stop(), STOPPED);
		assert.deepEqual(await leaks(atlas), []);
	});
});

test("whom it is to run as and where it is to log is known to -t as to a start", async () => {
	const folder = makeFolder(os.tmpdir());
	for (const [server, what] of [
		[{ user: "nobody-of-that-name" }, /atlas\.conf:\d+: \[server\] user: /],
		[{ log_file: path.join(folder, "none", "atlas.log") }, /cannot open the log file .*none/],
	]) {
		const { file } = await writeConf({ server });
		refuses(await atlasd("-t", "-c", file), CONFIGURATION, what);
		refuses(await atlasd("-c", file), NOT_STARTED, what);
	}
	const { file } = await writeConf({ server: { log_file: path.join(folder, "atlas.log") } });
	assert.equal((await atlasd("-t", "-c", file)).code, STOPPED);
	assert.deepEqual(readdirSync(folder), []);
	const own = await writeConf();
	writeFileSync(own.file, `[server]\nlog_file = ${own.data_dir}/atlas.log\n`, { flag: "a" });
	assert.equal((await atlasd("-t", "-c", own.file)).code, STOPPED, "the start makes that folder");
});

test("--help and --version are answered", async () => {
	const help = await atlasd("--help");
	assert.equal(help.code, STOPPED);
	assert.match(help.stdout, /^usage: atlasd/);
	const version = await atlasd("--version");
	assert.equal(version.code, STOPPED);
	assert.match(version.stdout, /^atlasd \d+\.\d+\.\d+\n$/);
});

test("an unknown option is a usage error", async () => {
	const ended = await atlasd("--frobnicate");
	assert.equal(ended.code, USAGE);
	assert.match(ended.stderr, /usage: atlasd/);
});

describe("what it cannot start with is one sentence and exit 3", () => {
	test("a port that is taken", async () => {
		const sim = await startSim();
		const { file, run_dir, data_dir } = await writeConf({
			server: { listen: `127.0.0.1:${sim.port}` },
		});
		refuses(await atlasd("-c", file), NOT_STARTED, new RegExp(`127\\.0\\.0\\.1:${sim.port}`));
		assert.ok(!existsSync(run_dir) && !existsSync(data_dir), "what it made is gone with it");
		mkdirSync(run_dir, { mode: 0o700 });
		refuses(await atlasd("-c", file), NOT_STARTED, new RegExp(`127\\.0\\.0\\.1:${sim.port}`));
		assert.deepEqual(readdirSync(run_dir), [], "what was there stays");
	});

	test("a data_dir that is a file", async () => {
		const file = path.join(makeFolder(os.tmpdir()), "data");
		writeFileSync(file, "");
		const conf = await writeConf({ server: { data_dir: file } });
		refuses(await atlasd("-c", conf.file), NOT_STARTED, new RegExp(file));
	});

	test("a run_dir in which another one runs, which does not mind", async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim });
		const { file } = await writeConf({ server: { run_dir: atlas.runDir } });
		refuses(await atlasd("-c", file), NOT_STARTED, new RegExp(atlas.runDir));
		assert.equal((await chat(atlas)).status, 200);
		assert.equal((await atlas.ctl("status")).code, 0);
		assert.equal(await atlas.stop(), STOPPED);
	});
});

test("who is ready knows the admin token, however rarely it commits", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { ledger: { commit_interval: "1s" } } });
	assert.equal((await get(atlas, "/monitoring/token-usage")).status, 200);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(await atlas.stop(), STOPPED);
	assert.deepEqual(await leaks(atlas), []);
});

describe("stopping", { concurrency: true }, () => {
	for (const signal of ["SIGTERM", "SIGQUIT"])
		test(`${signal} finishes what runs and leaves nothing`, async () => {
			const sim = await startSim({ ttftMs: 200, tokensPerSecond: 100 });
			const atlas = await startAtlas({ sim });
			const stream = await chatStream(atlas, { message: "Go on [[sim tokens=60]]" });
			assert.equal(stream.status, 200);
			const [told, code] = await Promise.all([stream.collect(), atlas.stop({ signal })]);
			assert.equal(told.done, true, told.cut?.message);
			assert.equal(code, STOPPED, atlas.log());
			assert.deepEqual(readdirSync(atlas.runDir), []);
			assert.equal(await isListening(atlas.port), false);
			assert.deepEqual(await leaks(atlas), []);
		});

	test("INT does not wait for what runs", async () => {
		const sim = await startSim({ tokensPerSecond: 10 });
		const atlas = await startAtlas({ sim, conf: { server: { drain_timeout: "60s" } } });
		const stream = await chatStream(atlas, { message: "Go on [[sim tokens=600]]" });
		assert.equal(stream.status, 200);
		const begun = performance.now();
		const [told, code] = await Promise.all([
			stream.collect(),
			atlas.stop({ signal: "SIGINT" }),
		]);
		assert.ok(!told.done || told.error, "it is cut, or ends with an error");
		if (told.error) assert.equal(told.error.code, "service_stopped", "nobody has cancelled it");
		const [row] = (await atlas.ctl("requests")).json.requests;
		assert.equal(row.failure, "service_stopped");
		assert.equal(code, STOPPED, atlas.log());
		assert.ok(performance.now() - begun < 5000, "at once");
		assert.deepEqual(readdirSync(atlas.runDir), []);
		assert.equal(await isListening(atlas.port), false);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("a second start on the same folders goes on with the same token", async () => {
		const sim = await startSim();
		const first = await startAtlas({ sim });
		const { token, dataDir } = first;
		assert.equal((await chat(first)).status, 200);
		assert.equal(await first.stop(), STOPPED);
		const second = await startAtlas({ sim, dataDir });
		assert.equal(second.token, token);
		assert.equal((await chat(second, { token })).status, 200);
		const seen = await until(async () => (await second.ctl("status")).json);
		assert.ok(seen);
		assert.equal(await second.stop(), STOPPED);
	});
});

describe("the configuration of scripts/run", () => {
	const script = fileURLToPath(new URL("../../scripts/run-conf", import.meta.url));
	const newFile = () => path.join(makeFolder(os.tmpdir()), "atlas.conf");

	/** What scripts/run does with the file at a start, and then these words. */
	async function start(file, ...words) {
		const line = `set -eu; . ${script}; conf_make "$0" 127.0.0.1:8443 /dev/shm/none; ${words.join("; ")}`;
		const ended = await runToEnd("sh", ["-c", line, file]);
		assert.equal(ended.code, 0, ended.stderr);
		return { ...ended, text: readFileSync(file, "utf8") };
	}

	const listen = 'conf_listen "$0"';
	const url = 'conf_url "$0" "$(conf_listen "$0")"';

	test("is written once, and what a person changes in it stays", async () => {
		const file = newFile();
		const first = await start(file, listen);
		assert.equal(first.stdout, "127.0.0.1:8443\n");
		assert.equal((await atlasd("-t", "-c", file)).code, STOPPED);
		const changed = `${first.text.replace("127.0.0.1:8443", "127.0.0.1:9000 [::1]:9001 ; mine")}\n[limits]\nrequests_per_minute = 7\n`;
		writeFileSync(file, changed);
		const kept = await start(file, listen, 'conf_put "$0" run_dir /dev/shm/none');
		assert.deepEqual([kept.stdout, kept.stderr, kept.text], ["127.0.0.1:9000\n", "", changed]);
		const moved = await start(file, 'conf_put "$0" listen 127.0.0.1:9002', listen);
		assert.deepEqual([moved.stdout, moved.text], ["127.0.0.1:9002\n", changed.replace(/listen = .*/, "listen = 127.0.0.1:9002")]);
		assert.match(moved.stderr, /atlas\.conf now says listen = 127\.0\.0\.1:9002\n$/);
		writeFileSync(file, changed.replace(/run_dir = .*\n/, ""));
		assert.match((await start(file, 'conf_put "$0" run_dir "/dev/shm/a&b"')).text, /\n\[server\]\nrun_dir = \/dev\/shm\/a&b\n$/);
		assert.equal((await atlasd("-t", "-c", file)).code, STOPPED, "it is one that atlasd takes");
	});

	test("without a data_dir of its own it keeps to its folder, and says so", async () => {
		const file = newFile();
		writeFileSync(file, "[server]\nlisten = 127.0.0.1:9000\n# data_dir = /var/lib/atlas\n");
		const { stderr, text } = await start(file);
		const line = `data_dir = ${path.dirname(file)}`;
		assert.ok(text.endsWith(`\n${line}\n`), text);
		assert.ok(stderr.endsWith(`now says ${line}\n`), stderr);
		assert.deepEqual([(await start(file)).stderr, (await start(file)).text], ["", text]);
	});

	test("only [server] is asked for an address and told one", async () => {
		const file = newFile();
		const others = "[notes]\nlisten = 192.0.2.1:1\ndata_dir = /nowhere\n";
		writeFileSync(file, `${others}[ server ]\n\tlisten=[::1]:9001\ndata_dir = /here\n${others}`);
		const { stdout, text } = await start(file, listen, 'conf_put "$0" listen 127.0.0.1:9002', listen);
		assert.equal(stdout, "[::1]:9001\n127.0.0.1:9002\n");
		assert.equal(text, `${others}[ server ]\nlisten = 127.0.0.1:9002\ndata_dir = /here\n${others}`);
	});

	test("a start waits where it says, with TLS where it says", async () => {
		for (const [settings, expected] of [
			["", "http://127.0.0.1:8443"],
			["listen = [::1]:9001, 127.0.0.1:9002", "http://[::1]:9001"],
			["listen = 0.0.0.0:443\ntls_certificate = /c.pem\ntls_key = /k.pem", "https://127.0.0.1:443"],
			["listen = [::]:443\ntls_certificate = /c.pem", "https://[::1]:443"],
			["listen = localhost:80\n#tls_certificate = /c.pem", "http://localhost:80"],
		]) {
			const file = newFile();
			writeFileSync(file, `[server]\ndata_dir = /here\n${settings}\n`);
			assert.equal((await start(file, url)).stdout, `${expected}\n`);
		}
	});
});
