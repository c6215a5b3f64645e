// What processes have cost so far, from /proc.

import { readFileSync } from "node:fs";

/** Ticks (1/100 s) of CPU, user and system, of all of them. */
export function cpuTicks(pids) {
	let ticks = 0;
	for (const pid of pids) {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		ticks += Number(fields[11]) + Number(fields[12]);
	}
	return ticks;
}

/** KB of memory that is theirs, shared pages counted once over all who share them. */
export function proportionalKb(pids) {
	let kb = 0;
	for (const pid of pids) {
		const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
		kb += Number(/^Pss:\s+(\d+)/m.exec(rollup)[1]);
	}
	return kb;
}
