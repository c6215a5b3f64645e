// The ledger with many rows: facts a second in, and what each question takes, as a client
// sees it. BENCH_PAIRS=10000000 is the long form.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { get, makeFolder, program, startAtlas, startSim } from "../stories/lib/index.mjs";

const PAIRS = process.env.BENCH_PAIRS ?? "1000000";
const DAYS = process.env.BENCH_DAYS ?? "30";
const ASKED = Number(process.env.BENCH_ASKED ?? 100);
const HOURS = [1, 24, 168, 720, 8760];

const dataDir = path.join(makeFolder(os.tmpdir()), "data");
mkdirSync(dataDir, { mode: 0o700 });
process.stdout.write(execFileSync(program("bench/facts"), [PAIRS, dataDir, "1000", DAYS]));

const sim = await startSim();
const atlas = await startAtlas({ sim, dataDir });
for (const name of ["token-usage", "performance", "cost-breakdown"])
	for (const hours of HOURS) {
		const times = [];
		for (let i = 0; i < ASKED; i++) {
			const begun = performance.now();
			const answer = await get(atlas, `/monitoring/${name}?hours=${hours}`);
			times.push(performance.now() - begun);
			if (answer.status !== 200) throw new Error(answer.text);
		}
		times.sort((a, b) => a - b);
		const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(1).padStart(7);
		console.log(`${name.padEnd(16)} ${String(hours).padStart(5)} h   p50 ${at(0.5)} ms   p99 ${at(0.99)} ms`);
	}
const begun = performance.now();
const verified = execFileSync(program("atlasctl"), ["-c", atlas.conf, "verify"], { encoding: "utf8" });
console.log(`verify ${((performance.now() - begun) / 1000).toFixed(1)} s: ${verified.trim().split("\n").at(-1)}`);
await atlas.stop();
await sim.stop();
process.exit(0);
