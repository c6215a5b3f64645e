// Runs test files in the order in which they are named, each once: `node --test` sorts them
// by name, and what is long would be left for the end.
//
//   node run.mjs AT_A_TIME SECONDS_A_FILE FILE...

import path from "node:path";
import { run } from "node:test";
import { spec, tap } from "node:test/reporters";

const [atATime, seconds, ...names] = process.argv.slice(2);
const files = [...new Set(names.map((name) => path.resolve(name)))];
run({ files, concurrency: Number(atATime), timeout: Number(seconds) * 1000 })
	.on("test:fail", () => {
		process.exitCode = 1;
	})
	.compose(process.stdout.isTTY ? new spec() : tap)
	.pipe(process.stdout);
