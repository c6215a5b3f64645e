// atlasctl top on a terminal of its own: what it shows in 80x24, 60x24 and 120x40, while the
// daemons hang, after they have gone and come back; and how it leaves.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { chatStream, kill, makeFolder, program, startAtlas, startSim, until } from "./lib/index.mjs";

// A server of its own, so that nobody else's sessions are touched.
const socket = `${makeFolder("/dev/shm")}/tmux`;
const tmux = (...args) =>
	execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
const screen = () => tmux("capture-pane", "-p", "-t", "top").trimEnd().split("\n");

after(() => {
	try {
		tmux("kill-server");
	} catch {
		// it has ended by itself
	}
});

/** Until the screen has that; gives its lines. */
const shows = (what, ms = 10000) =>
	until(() => {
		const lines = screen();
		return what.test(lines.join("\n")) && lines;
	}, { ms, what: `${what} on the screen` });

test("top shows the service, whatever becomes of it", async () => {
	const sim = await startSim();
	const conf = { limits: { requests_per_minute: 20 }, queue: { max_concurrent: 3 } };
	const atlas = await startAtlas({ sim, conf });
	for (let i = 0; i < 12; i++) {
		const headers = { "x-atlas-session": `slow-${i}` };
		chatStream(atlas, { message: "Go [[sim tokens=4000 tps=2]]", headers }).catch(() => {});
	}
	tmux("new-session", "-d", "-x", "80", "-y", "24", "-s", "top",
		`${program("atlasctl")} -c ${atlas.conf} top; echo "ended with $?"; cat`);
	const small = await shows(/is healthy[^]*QUEUE +9 wait, 3 of 3 run[^]*key default: steady, 3 running/);
	assert.ok(small.length <= 24 && small.every((line) => line.length <= 80));
	const text = small.join("\n");
	const listed = small.filter((line) => / slow-\d+ /.test(line)).length;
	assert.ok(listed > 0 && listed < 12, `${listed} of 12 fit`);
	assert.match(text, new RegExp(`^and ${12 - listed} more`, "m"));
	for (const part of [/Atlas is healthy/, /SPEND +\$\d/, /all +requests +minute +\[###/,
		/dispatch +\d+ ready/, /front [12] \(channel 1\)/,
		/streaming +NORMAL +[\d.]+ m?s +slow-0 +gpt-4o-mini/])
		assert.match(text, part);
	tmux("resize-window", "-t", "top", "-x", "60", "-y", "24");
	const narrow = await shows(/all +requests +minute +\d+ of 20\n/);
	assert.ok(narrow.every((line) => line.length < 60 || line.endsWith(">")), "what is cut says so");
	assert.match(narrow.join("\n"), /QUEUE +9 wait, 3 of 3 run.*>\n[^]*RESTARTS\n[^]*streaming .* slow-0 /);
	tmux("resize-window", "-t", "top", "-x", "120", "-y", "40");
	const large = await shows(/(slow-\d+ [^]*){12}/);
	assert.match(large.join("\n"), /streaming .* req_[0-9a-f]{32} +slow-0 /);
	assert.ok(!/^and \d+ more/m.test(large.join("\n")), "all are shown");
	assert.ok(large.length > 24 && large.length <= 40, `${large.length}`);
	assert.match(large.join("\n"), /EVENT[^]*master +start pid/);

	const all = [atlas.pid, ...atlas.children().map(({ pid }) => pid)];
	for (const pid of all) kill(pid, "SIGSTOP");
	await shows(/degraded[^]*given no sign of life/, 15000);
	for (const pid of all) kill(pid, "SIGCONT");
	await shows(/healthy/);
	assert.equal(await atlas.stop({ signal: "SIGINT" }), 0);
	await shows(/not running[^]*what it left behind/);

	tmux("send-keys", "-t", "top", "q");
	const end = await shows(/ended with 0/);
	assert.ok(!end.join("\n").includes("PROCESS"), "the shell's screen is back");
});

test("top on a terminal says so when all of Atlas is killed, and its segment stands there", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	tmux("new-session", "-d", "-x", "80", "-y", "24", "-s", "killed", `${program("atlasctl")} -c ${atlas.conf} top`);
	const seen = (what) => until(() => what.test(tmux("capture-pane", "-p", "-t", "killed")), { ms: 10000, what: `${what}` });
	await seen(/is healthy/);
	for (const pid of [atlas.pid, ...atlas.children().map((child) => child.pid)]) kill(pid, "SIGKILL");
	await seen(/not running[^]*what it left behind/);
	tmux("kill-session", "-t", "killed");
});

test("where there is no terminal it is drawn once", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const { code, stdout } = await atlas.say("top");
	assert.equal(code, 0);
	assert.match(stdout, /^Atlas is healthy/);
	assert.ok(!stdout.includes("\x1b"), "no commands for a terminal");
	assert.equal((await atlas.ctl("top")).json.state, "healthy");
	assert.equal(await atlas.stop(), 0);
});
