// A disk that is full: nothing is spent that cannot be written down, and it is over by
// itself once there is room.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { chat, get, ledgerEqualsBill, makeFolder, startAtlas, startSim, until } from "./lib/index.mjs";

const CYCLES = Number(process.env.DISK_FULL_CYCLES ?? 1);

/** Leaves no byte free. */
function fill(file) {
	const fd = openSync(file, "w");
	const block = Buffer.alloc(4096);
	try {
		for (;;) writeSync(fd, block);
	} catch (error) {
		assert.equal(error.code, "ENOSPC");
	} finally {
		closeSync(fd);
	}
}

// Who is new has sums of its own: so the ledger grows.
const inNewSession = (atlas) => chat(atlas, { headers: { "X-Atlas-Session": randomUUID() } });

/** Sends until one is refused, and then nothing is sent any more. */
async function refused(atlas, sim) {
	const refusal = await until(
		async () => {
			const answers = await Promise.all(Array.from({ length: 16 }, () => inNewSession(atlas)));
			return answers.find(({ status }) => status !== 200);
		},
		{ ms: 30000, what: "a request is refused" },
	);
	assert.equal(refusal.status, 503, refusal.text);
	assert.equal(refusal.json.error.code, "ledger_unavailable");
	assert.ok(Number(refusal.headers["retry-after"]) > 0);
	const { requests } = await sim.billSummary();
	const more = await Promise.all(Array.from({ length: 8 }, () => chat(atlas)));
	assert.ok(more.every(({ status }) => status === 503));
	assert.equal((await sim.billSummary()).requests, requests, "nothing was sent");
}

/** A new segment, while record can write nothing down. */
async function reset(atlas, number) {
	for (let n = 1; n <= 2; n++) {
		const [{ pid }] = await until(() => atlas.children("dispatch").length > 0 && atlas.children("dispatch"));
		atlas.kill(pid);
		await until(() => !atlas.children("dispatch").some((child) => child.pid === pid));
	}
	await until(async () => (await atlas.ctl("status")).json?.segment_resets === number, { ms: 20000, what: "it is reset" });
	await until(async () => {
		const told = await get(atlas, "/readyz", { token: null }).catch(() => undefined);
		return told?.json.reasons.includes("ledger_unavailable");
	}, { ms: 10000, what: "/readyz says what is wrong" });
}

for (const durability of ["group", "strict"])
	test(`a full disk stops the spending until there is room again (${durability})`, async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim, disk: "2m", conf: { ledger: { durability, max_size: "16M" } } });
		for (let i = 0; i < 3; i++) assert.equal((await chat(atlas)).status, 200);
		for (let cycle = 0; cycle < CYCLES; cycle++) {
			fill(atlas.path("filler"));
			await refused(atlas, sim);
			if (durability === "group") {
				await reset(atlas, 1);
				await refused(atlas, sim);
				await reset(atlas, 2);
				const left = readdirSync(atlas.runDir).filter((name) => name.startsWith("segment.left"));
				assert.deepEqual(left.sort(), ["segment.left", "segment.left.1"], "what both have to tell the ledger");
			}
			assert.equal((await get(atlas, "/monitoring/token-usage")).status, 200);
			rmSync(atlas.path("filler"));
			await until(async () => (await chat(atlas)).status === 200, {
				ms: 5000,
				what: "requests are served again",
			});
			await ledgerEqualsBill(atlas, sim);
		}
		assert.equal(await atlas.stop(), 0);
	});

test("of a full disk the command is told, whichever record lives", async () => {
	const folder = makeFolder("/tmp");
	const [command, said, go] = ["command", "said", "go"].map((name) => path.join(folder, name));
	writeFileSync(command, `#!/bin/sh
echo began $ATLAS_ALERT_NAME >> ${said}
while ! [ -e ${go} ]; do sleep 0.1; done
echo ended $ATLAS_ALERT_NAME >> ${said}
`, { mode: 0o755 });
	const sim = await startSim();
	const atlas = await startAtlas({ sim, disk: "2m", conf: { ledger: { max_size: "16M" }, alerts: { hold: 0, command } } });
	assert.equal((await chat(atlas)).status, 200);
	fill(atlas.path("filler"));
	await refused(atlas, sim);
	const has = (line) => () => existsSync(said) && readFileSync(said, "utf8").includes(line);
	await until(has("began ledger"), { ms: 8000, what: "the command is run" });
	const were = atlas.children("record").map(({ pid }) => pid);
	await until(() => atlas.children("record").some(({ pid }) => !were.includes(pid)), { ms: 8000, what: "another record" });
	writeFileSync(go, "");
	await until(has("ended ledger"), { ms: 8000, what: "it goes on to its end" });
	rmSync(atlas.path("filler"));
	await until(async () => (await chat(atlas)).status === 200, { ms: 5000, what: "requests are served again" });
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});
