// Programs that a story starts, and the folders it makes. Each program is a session of its
// own with its output in a file; whatever is left of it ends with the story, also when
// that fails, is interrupted or runs out of time.

import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { inSession } from "./proc.mjs";
import { within } from "./until.mjs";

const sessions = new Set();
const folders = new Set();

process.on("exit", () => {
	for (const session of sessions)
		for (const { pid } of inSession(session)) kill(pid, "SIGKILL");
	if (process.env.ATLAS_STORY_KEEP) {
		for (const folder of folders) console.error(`kept: ${folder}`);
		return;
	}
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
// Not once(): without a listener a second signal would end us in the middle of it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => process.exit(130));

/** A new empty folder, gone at the end (ATLAS_STORY_KEEP=1 keeps it). */
export function makeFolder(parent) {
	const folder = mkdtempSync(path.join(parent, "atlas-story-"));
	folders.add(folder);
	return folder;
}

/** Sends a signal; false when there is no such process any more. */
export function kill(pid, signal) {
	try {
		process.kill(pid, signal);
		return true;
	} catch (error) {
		if (error.code === "ESRCH") return false;
		throw error;
	}
}

/** Where the programs under test are; scripts/stories sets it. */
export const program = (name) => path.join(process.env.ATLAS_BUILD ?? "build", name);

// A story decides what its programs see: no key, proxy or limit of whoever runs it.
function environment(more) {
	const env = {};
	for (const [name, value] of Object.entries(process.env))
		if (/^(PATH|HOME|LANG|TMPDIR|.*SAN_OPTIONS)$/.test(name)) env[name] = value;
	return { ...env, ...more };
}

/**
 * Starts a program. Gives { pid, exited, log(), kill(signal), stop({ signal, ms }) };
 * exited and stop() give { code, signal }.
 */
export function startChild(file, args, { env = {}, logFile }) {
	const fd = openSync(logFile, "a");
	const child = spawn(file, args, {
		env: environment(env),
		stdio: ["ignore", fd, fd],
		detached: true, // a session of its own
	});
	closeSync(fd);
	if (child.pid) sessions.add(child.pid);
	let gone = false;
	const exited = new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("exit", (code, signal) => {
			gone = true;
			resolve({ code, signal });
		});
	});
	exited.catch(() => {}); // whoever waits for it is told; nobody has to wait
	child.unref();
	const log = () => readFileSync(logFile, "utf8");
	return {
		pid: child.pid,
		exited,
		isRunning: () => child.pid !== undefined && !gone,
		log,
		kill: (signal = "SIGKILL") => kill(child.pid, signal),
		async stop({ signal = "SIGTERM", ms = 15000 } = {}) {
			if (!gone) kill(child.pid, signal);
			return within(exited, ms, `${path.basename(file)} ends after ${signal}\n${log()}`);
		},
	};
}

/** Runs a program to its end: { code, signal, stdout, stderr }. */
export function runToEnd(file, args, { env = {}, input = "", ms = 10000 } = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, { env: environment(env), timeout: ms });
		const out = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"])
			child[name].setEncoding("utf8").on("data", (text) => (out[name] += text));
		child.on("error", reject);
		child.on("close", (code, signal) => resolve({ code, signal, ...out }));
		child.stdin.on("error", () => {}); // it need not read all of its input
		child.stdin.end(input);
	});
}
