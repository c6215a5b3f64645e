// What a stopped Atlas has left behind.

import { readdirSync } from "node:fs";
import { isListening } from "./port.mjs";
import { inSession, title } from "./proc.mjs";

/** Sentences, none when all is well; call it after stop(). */
export async function leaks(atlas) {
	const found = inSession(atlas.pid).map(({ pid }) => `process ${pid} (${title(pid)}) runs`);
	for (const entry of readdirSync(atlas.runDir, { withFileTypes: true }))
		if (entry.isSocket() || entry.name.startsWith("segment"))
			found.push(`${entry.name} is left in run_dir`);
	if (await isListening(atlas.port)) found.push(`port ${atlas.port} is taken`);
	return found;
}
