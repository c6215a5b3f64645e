// A disk that is full: nothing is spent that cannot be written down, and it is over by
// itself once there is room.

import assert from "node:assert/strict";
import { rmSync, writeSync, openSync, closeSync } from "node:fs";
import { test } from "node:test";
import { chat, get, ledgerEqualsBill, startAtlas, startSim, until } from "./lib/index.mjs";

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

for (const durability of ["group", "strict"])
	test(`a full disk stops the spending until there is room again (${durability})`, async () => {
		const sim = await startSim();
		const atlas = await startAtlas({ sim, disk: "2m", conf: { ledger: { durability, max_size: "16M" } } });
		for (let i = 0; i < 3; i++) assert.equal((await chat(atlas)).status, 200);
		for (let cycle = 0; cycle < CYCLES; cycle++) {
			fill(atlas.path("filler"));
			const refused = await until(
				async () => {
					const answer = await chat(atlas, { message: "x".repeat(200) });
					return answer.status !== 200 && answer;
				},
				{ ms: 30000, what: "a request is refused" },
			);
			assert.equal(refused.status, 503, refused.text);
			assert.equal(refused.json.error.code, "ledger_unavailable");
			assert.ok(Number(refused.headers["retry-after"]) > 0);
			const { requests } = await sim.billSummary();
			const more = await Promise.all(Array.from({ length: 8 }, () => chat(atlas)));
			assert.ok(more.every(({ status }) => status === 503));
			assert.equal((await sim.billSummary()).requests, requests, "nothing was sent");
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
