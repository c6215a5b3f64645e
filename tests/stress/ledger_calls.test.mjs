// Every system call of a ledger's life, from its making through some commits, killed before
// it happens and failed by strace: what is left opens without repair, nothing that was
// acknowledged is lost, nothing counts twice, and it goes on. Short writes, which strace can
// only pretend, and power cuts are ledger_power's.

import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { makeFolder, program, runToEnd } from "../stories/lib/index.mjs";

const READING = ["kill", "EIO"];
const WRITING = ["kill", "EIO", "ENOSPC"];
const CALLS = {
	openat: WRITING, mkdir: WRITING, rename: WRITING, flock: READING, fcntl: READING,
	ftruncate: WRITING, mmap: READING, lseek: READING, pread64: READING, newfstatat: READING,
	pwrite64: WRITING, writev: WRITING, fdatasync: WRITING, fsync: WRITING,
	unlink: WRITING, rmdir: WRITING, fstatfs: READING, munmap: ["kill"], close: READING,
};
// The loader's and libc's own, and what tells us of the facts.
const OTHERS = ["access", "arch_prctl", "brk", "execve", "exit_group", "getpid", "getrandom", "mprotect",
	"prlimit64", "read", "rseq", "set_robust_list", "set_tid_address", "write"];
const ALL_FACTS = "24"; // the program's
const FAULTS = { kill: "signal=SIGKILL", EIO: "error=EIO", ENOSPC: "error=ENOSPC" };

const PROGRAM = program("stress/ledger_calls");
const folder = makeFolder("/dev/shm"); // what is killed is the process, not the machine

/** Hurts the nth of a call in a ledger of its own; false when there is none of that number. */
async function hurt(call, fault, n) {
	const dir = path.join(folder, `${call}-${fault}`);
	mkdirSync(dir, { mode: 0o700 });
	const seen = await runToEnd("strace", ["-e", `trace=${call}`, "-e", `inject=${call}:${FAULTS[fault]}:when=${n}`,
		PROGRAM, "work", dir], { ms: 60000 });
	const was = /INJECTED|killed by SIGKILL/.test(seen.stderr);
	const acked = seen.stdout.trim().split("\n").at(-1) || "0";
	if (!was) assert.equal(acked, ALL_FACTS, `undisturbed at ${call} ${n}: ${seen.stdout}${seen.stderr}`);
	const judged = await runToEnd(PROGRAM, ["judge", dir, acked], { ms: 60000 });
	assert.equal(judged.code, 0, `${fault} at ${call} ${n}, ${acked} acknowledged: ${judged.stdout}${judged.stderr}`);
	rmSync(dir, { recursive: true });
	return was;
}

test("there is no other call that could be hurt", async () => {
	const dir = path.join(folder, "whole");
	mkdirSync(dir, { mode: 0o700 });
	const { stderr } = await runToEnd("strace", [PROGRAM, "work", dir], { ms: 60000 });
	const made = new Set([...stderr.matchAll(/^(\w+)\(/gm)].map(([, call]) => call));
	assert.deepEqual(Object.keys(CALLS).filter((call) => !made.has(call)), []);
	assert.deepEqual([...made].filter((call) => !CALLS[call] && !OTHERS.includes(call)), []);
});

test("each system call of making a ledger and committing to it is killed, and fails", async (t) => {
	const points = {};
	const ways = Object.entries(CALLS).flatMap(([call, faults]) => faults.map((fault) => ({ call, fault })));
	const work = async () => {
		for (let way; (way = ways.shift());)
			for (let n = 1; await hurt(way.call, way.fault, n); n++) points[way.call] = (points[way.call] ?? 0) + 1;
	};
	await Promise.all([work(), work()]);
	for (const call of Object.keys(CALLS)) assert.ok(points[call], `no ${call} was hurt`);
	const all = Object.values(points).reduce((sum, n) => sum + n, 0);
	t.diagnostic(`${all} points: ${JSON.stringify(points)}`);
	assert.ok(all > 300, `${all}`);
});
