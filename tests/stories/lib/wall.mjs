// A wall clock that a story can set, for the programs that run with its environment.

import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "./child.mjs";

const SOURCE = fileURLToPath(new URL("wall_shift.c", import.meta.url));

/** Gives { env, shift(seconds) }: how far the wall is from the truth, from now on. */
export function startWall() {
	const folder = makeFolder(os.tmpdir());
	const library = path.join(folder, "wall_shift.so");
	const file = path.join(folder, "shift");
	execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, SOURCE]);
	const shift = (seconds) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64LE(BigInt(seconds));
		const fd = openSync(file, "r+"); // in place: it is mapped
		writeSync(fd, bytes);
		closeSync(fd);
	};
	writeFileSync(file, Buffer.alloc(8));
	return { env: { LD_PRELOAD: library, WALL_SHIFT_FILE: file }, shift };
}
