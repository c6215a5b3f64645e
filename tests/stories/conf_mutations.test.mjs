// Configuration files with random damage: each is applied whole or refused by file and line,
// and nobody dies of it. A tenth goes through reloads of an Atlas that runs; all the others to
// the parser alone, by the check of tests/fuzz/fuzz_conf.c, which costs no reload a file.
// MUTATIONS=10000 for the long form, RELOADED of them by reloads; MUTATIONS_SEED repeats a run.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { chat, makeFolder, program, runToEnd, startAtlas, startSim } from "./lib/index.mjs";
import { control } from "./lib/control.mjs";

const MUTATIONS = Number(process.env.MUTATIONS ?? 1000);
const RELOADED = Number(process.env.RELOADED ?? MUTATIONS / 10);
const SEED = Number(process.env.MUTATIONS_SEED ?? Date.now() % 1000000);

const TAIL = `
[server]
header_timeout = 10s
max_body_bytes = 32M	# a comment
host_names = atlas.example gateway.example
relay_paths = /v1/files /v1/batches/*:chat
[openai]
organization = org-1
first_byte_timeout = 60s
[limits]
count = predicted
[retry]
unknown = fail
[queue]
max_concurrent = 256
ageing = 100
[client]
requests_per_minute = 600
budget_day = 2.50
models = gpt-4o*,o3
deny = credit card, "iban"
[ledger]
commit_interval = 5ms
keep_rows = 9600h
`;

/** A generator of numbers below 1, the same for the same seed (mulberry32). */
function random(seed) {
	let a = seed;
	return () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

const ODD = ["\0", "\x7f", "\xff", "é", "[", "]", "=", "#", ";", "\r", "\n", "\t", "%s%n", "${HOME}", "-1",
	"99999999999999999999", "1e309", "0x10", "''", "../../etc/passwd", "a".repeat(5000), " ", "\ufeff"];

function mutate(text, next) {
	const at = Math.floor(next() * text.length);
	const to = at + Math.floor(next() * 12);
	const odd = ODD[Math.floor(next() * ODD.length)];
	const lines = text.split("\n");
	const line = Math.floor(next() * lines.length);
	switch (Math.floor(next() * 8)) {
		case 0: return text.slice(0, at) + text.slice(to);
		case 1: return text.slice(0, at) + odd + text.slice(at);
		case 2: return text.slice(0, at) + odd + text.slice(to);
		case 3: return text.slice(0, at);
		case 4: return lines.toSpliced(line, 1).join("\n");
		case 5: return lines.toSpliced(line, 0, lines[Math.floor(next() * lines.length)]).join("\n");
		case 6: return text.slice(0, at) + String.fromCharCode(Math.floor(next() * 256)) + text.slice(at + 1);
		default: return lines.with(line, lines[line].replace(/\d+/, (n) => String(n * 1000))).join("\n");
	}
}

/** The text, damaged in one to three places. */
function damaged(next) {
	let text = TAIL;
	for (let n = 1 + Math.floor(next() * 3); n > 0; n--) text = mutate(text, next);
	return text;
}

const encoding = (i) => (i % 2 ? "utf8" : "latin1");

test(`${MUTATIONS - RELOADED} damaged files in the parser (seed ${SEED})`, async () => {
	const folder = makeFolder("/dev/shm");
	const next = random(SEED + 1);
	for (let i = RELOADED; i < MUTATIONS; i++)
		writeFileSync(path.join(folder, `${i}.conf`), damaged(next), encoding(i));
	const ended = await runToEnd(program("fuzz/conf"), [folder], { ms: 600_000 });
	assert.equal(ended.code, 0, ended.stdout + ended.stderr);
	assert.match(ended.stdout, new RegExp(`^${MUTATIONS - RELOADED} passed, 0 failed$`, "m"));
});

test(`${RELOADED} damaged files by reloads (seed ${SEED})`, async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: { server: { log_level: "error" } } });
	const head = readFileSync(atlas.conf, "utf8");
	const before = atlas.children().map(({ pid }) => pid);
	const next = random(SEED);
	let epoch = 1;
	let refused = 0;
	writeFileSync(atlas.conf, head + TAIL);
	const whole = await control(atlas, "reload");
	assert.equal(whole.epoch, ++epoch, whole.error);
	for (let i = 0; i < RELOADED; i++) {
		const text = damaged(next);
		writeFileSync(atlas.conf, head + text, encoding(i));
		const answer = await control(atlas, "reload");
		const shown = JSON.stringify({ i, answer, text });
		if (answer.ok) {
			// Had the one before been applied in part, or crashed, this would not be the next.
			assert.equal(answer.epoch, ++epoch, shown);
			assert.deepEqual(answer.not_adopted, [], shown);
			continue;
		}
		refused++;
		const [, line, sentence] = /^(?:\.\.\.)?.*atlas\.conf:(\d+): (.+)$/.exec(answer.error) ?? [];
		assert.ok(Number(line) > 0 && sentence.length > 10, shown);
	}
	assert.ok(refused > RELOADED / 4 && epoch > RELOADED / 20, `${refused} refused, epoch ${epoch}`);
	writeFileSync(atlas.conf, head);
	assert.equal((await control(atlas, "reload")).epoch, epoch + 1);
	assert.deepEqual(atlas.children().map(({ pid }) => pid), before, "nobody has died");
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(await atlas.stop(), 0);
});
