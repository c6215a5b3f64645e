// atlasd itself, called as people call it, with configurations of one's own.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeFolder, program, runToEnd } from "./child.mjs";
import { confText } from "./conf.mjs";
import { freePort } from "./port.mjs";

export const STOPPED = 0;
export const CONFIGURATION = 1;
export const USAGE = 2;
export const NOT_STARTED = 3;

/** A configuration file of one's own, changed; gives its path. */
export async function writeConf(changes = {}) {
	const folder = makeFolder(os.tmpdir());
	const conf = {
		server: {
			listen: `127.0.0.1:${await freePort()}`,
			workers: 1,
			data_dir: path.join(folder, "data"),
			run_dir: path.join(makeFolder("/dev/shm"), "run"),
			...changes.server,
		},
		openai: { base_url: "http://127.0.0.1:9/v1" },
		...changes.more,
	};
	const file = path.join(folder, "atlas.conf");
	writeFileSync(file, confText(conf) + (changes.tail ?? ""));
	return { file, ...conf.server, lines: confText(conf).split("\n").length };
}

export const atlasd = (...args) =>
	runToEnd(program("atlasd"), args, { env: { OPENAI_API_KEY: "sk-story" } });

/** Events come as lines of their own; a refusal is one sentence for people. */
export const sentences = (stderr) =>
	stderr.split("\n").filter((line) => line.startsWith("atlasd: "));

export function refuses(ended, code, what) {
	assert.equal(ended.code, code, ended.stdout + ended.stderr);
	const said = sentences(ended.stderr);
	assert.equal(said.length, 1, ended.stderr);
	assert.match(said[0], what);
	return said[0];
}
