// Started by root, Atlas takes what needs root and then is somebody else, in every process.

import assert from "node:assert/strict";
import { chmodSync, chownSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import {
	AS_ROOT, chat, isListening, leaks, ledgerEqualsBill, makeFolder, makePair, program, startAtlas, startSim,
	within,
} from "./lib/index.mjs";

const NOBODY = 65534;
const OTHER = { user: "nobody" };

/** One line of /proc/PID/status as its words. */
const said = (pid, name) =>
	new RegExp(`^${name}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1].split(/\s+/);

function checkProcess(pid, title) {
	const ids = Array(4).fill(String(NOBODY));
	assert.deepEqual(said(pid, "Uid"), ids, title);
	assert.deepEqual(said(pid, "Gid"), ids, title);
	assert.ok(said(pid, "Groups").every((g) => g === "" || Number(g) === NOBODY), title);
	for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"])
		assert.equal(Number(said(pid, set)), 0, `${title} ${set}`);
	assert.deepEqual(said(pid, "NoNewPrivs"), ["1"], title);
	assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /^Max core file size +0 +0 /m, title);
	// not dumpable: what is in /proc of it stays root's
	assert.equal(statSync(`/proc/${pid}/maps`).uid, 0, title);
}

/** Locked and undumpable memory of a process, by /proc: KiB. */
const locked = (pid) => Number(said(pid, "VmLck")[0]);

test("root binds a low port and reads the key, then every process is another account", AS_ROOT, async () => {
	const sim = await startSim();
	const folder = makeFolder("/dev/shm");
	chmodSync(folder, 0o755);
	const pair = await makePair(folder);
	const port = await lowPort();
	const dataDir = path.join(folder, "data");
	const models = path.join(folder, "models.json"); // wherever this source is, the account can read that
	copyFileSync("etc/models.json", models);
	const atlas = await startAtlas({
		sim, port, dataDir, workers: 2, tls: pair, conf: { server: { ...OTHER, run_dir: path.join(folder, "run"), models_file: models } },
	});
	checkProcess(atlas.pid, "master");
	assert.equal(atlas.children().length, 4);
	for (const { pid, title } of atlas.children()) checkProcess(pid, title);
	// AddressSanitizer makes mlock() do nothing
	const least = readFileSync(program("atlasd")).includes("AddressSanitizer") ? 0 : 4;
	assert.ok(locked(atlas.children("dispatch")[0].pid) >= least, "dispatch's keys are locked");
	assert.ok(locked(atlas.pid) >= least, "so are the master's");
	assert.equal((await chat(atlas)).status, 200);
	for (const name of [".", "admin-token", "ledger"])
		assert.equal(statSync(path.join(dataDir, name)).uid, NOBODY, name);
	await ledgerEqualsBill(atlas, sim);
	// by now the TLS key is out of reach: renewing it needs a file that the account may read
	chmodSync(atlas.folder, 0o755);
	chmodSync(atlas.conf, 0o644);
	const refused = await atlas.ctl("reload");
	assert.equal(refused.code, 1);
	assert.match(refused.json.error, /tls_key: .*Permission denied/);
	chownSync(pair.key, NOBODY, NOBODY);
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

/** A port below 1024 that nobody listens on. */
async function lowPort() {
	for (let port = 1023; port > 600; port--) if (!(await isListening(port))) return port;
	throw new Error("no low port is free");
}

test("what a start as root has left belongs to the account afterwards", AS_ROOT, async () => {
	const sim = await startSim();
	const folder = makeFolder("/dev/shm");
	chmodSync(folder, 0o755);
	const dataDir = path.join(folder, "data");
	const runDir = path.join(folder, "run");
	const server = { run_dir: runDir };
	const first = await startAtlas({ sim, dataDir, conf: { server } });
	assert.equal((await chat(first)).status, 200);
	first.kill(first.pid, "SIGKILL"); // what is in run_dir stays
	await within(first.exited, 5000, "the master ends");
	const token = first.token;
	writeFileSync(path.join(folder, "elsewhere"), "root's");
	const second = await startAtlas({ sim, dataDir, conf: { server: { ...server, ...OTHER } } });
	assert.equal(second.token, token);
	assert.equal(statSync(path.join(folder, "elsewhere")).uid, 0);
	assert.equal((await chat(second)).status, 200);
	await ledgerEqualsBill(second, sim);
	assert.equal(await second.stop(), 0);
});
