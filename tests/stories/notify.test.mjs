// What a service manager is told, by the protocol of sd_notify(3).

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { makeFolder, startAtlas, startChild, until } from "./lib/index.mjs";

// Node has no datagrams on local sockets; Perl is on every Debian.
const LISTENER = `use Socket; $| = 1;
	socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
	while (defined recv(S, $text, 4096, 0)) { print join("|", split(/\\n/, $text)), "\\n" }`;

test("a service manager hears ready, the watchdog's beat and the stop", async () => {
	const folder = makeFolder("/dev/shm");
	const socket = path.join(folder, "notify");
	const logFile = path.join(folder, "heard");
	startChild("perl", ["-e", LISTENER, socket], { logFile });
	await until(() => existsSync(socket), { what: "somebody listens" });
	const heard = () => readFileSync(logFile, "utf8").split("\n").filter(Boolean);
	const atlas = await startAtlas({
		workers: 2, env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" },
	});
	await until(() => heard().filter((line) => line === "WATCHDOG=1").length >= 5, { what: "beats" });
	await until(() => heard().includes("READY=1|STATUS=serving"), { what: "ready" });
	assert.equal(await atlas.stop(), 0);
	await until(() => heard().some((line) => line.startsWith("STOPPING=1")), { what: "the stop" });
	assert.equal(heard().filter((line) => line.startsWith("READY=1")).length, 1);
});

test("a socket that is not there keeps nobody from starting", async () => {
	const atlas = await startAtlas({ env: { NOTIFY_SOCKET: "/nowhere/notify" } });
	assert.match(atlas.log(), /NOTIFY_SOCKET cannot be reached/);
	assert.equal(await atlas.stop(), 0);
});
