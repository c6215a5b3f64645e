// 10,000 exchanges priced by Atlas's code and again without it: equal to the nano-dollar. What
// is priced exactly at the standard tier is priced a third time by the oracle.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { before, test } from "node:test";
import { FILE, findModel } from "./catalogue.mjs";
import { exchanges } from "./exchanges.mjs";
import { oracleNano } from "./oracle.mjs";
import { NEWER, OTHER_RATES } from "./outside.mjs";
import { readReply, reckon } from "./reckon.mjs";

const N = Number(process.env.ATLAS_PRICE_EXCHANGES ?? 10000);
const SEED = Number(process.env.ATLAS_PRICE_SEED ?? 20261125);
const PROGRAM = path.join(process.env.ATLAS_BUILD ?? "build", "prices/reprice");

let cases;

/** Atlas's prices: [{ nano, pricing }]. */
function pricesOf(list) {
	const input = list.map(({ sentMs, reply }) => `${sentMs}\t${reply}\n`).join("");
	const ran = spawnSync(PROGRAM, [FILE], { input, encoding: "utf8", maxBuffer: 1 << 28 });
	assert.equal(ran.status, 0, ran.stderr || String(ran.error));
	return ran.stdout.trimEnd().split("\n").map((line) => {
		const [nano, pricing] = line.split(" ");
		return { nano, pricing };
	});
}

before(() => {
	const list = exchanges(N, SEED);
	const priced = pricesOf(list);
	assert.equal(priced.length, N);
	cases = list.map((one, i) => ({ ...one, ...priced[i], read: readReply(one.reply) }));
});

test("each price is that of an independent reckoning", (t) => {
	const tally = {};
	let sum = 0n;
	for (const { sentMs, reply, nano, pricing, read } of cases) {
		const expected = reckon(read, sentMs);
		assert.deepEqual(
			{ nano, pricing },
			{ nano: String(expected.nano), pricing: expected.pricing },
			`sent at ${sentMs}: ${reply}`,
		);
		tally[pricing] = (tally[pricing] ?? 0) + 1;
		sum += expected.nano;
	}
	t.diagnostic(`${N} exchanges, ${sum} nano-dollars, ${JSON.stringify(tally)}`);
	for (const pricing of ["exact", "assumed", "unpriced"]) assert.ok(tally[pricing] > N / 100);
});

/** The oracle's words for the same tokens. */
function oracleUsage({ prompt, completion, cached, cacheWrite, promptAudio, completionAudio }) {
	return {
		input_tokens: Number(prompt),
		output_tokens: Number(completion),
		cache_read_tokens: Number(cached),
		cache_write_tokens: Number(cacheWrite),
		input_audio_tokens: Number(promptAudio),
		output_audio_tokens: Number(completionAudio),
	};
}

const isStandard = ({ pricing, read }) =>
	pricing === "exact" && ["", "auto", "default"].includes(read.tier);

/** Whether etc/models.json differs from the oracle for this model, on purpose. */
const isListed = (name) =>
	name in NEWER || Object.keys(OTHER_RATES).some((key) => key.startsWith(`${name} `));

test("what has a standard price has the oracle's", (t) => {
	let compared = 0;
	for (const { sentMs, nano, read } of cases.filter(isStandard)) {
		const { name } = findModel(read.served);
		if (isListed(name)) continue;
		const theirs = oracleNano(name, oracleUsage(read.counts), sentMs);
		assert.ok(theirs, name);
		// it sums in floating point: half a nano-dollar may fall to either side
		assert.ok(
			Math.abs(Number(nano) - theirs.nano) <= 1,
			`${name} at ${sentMs}: ${nano}, the oracle ${theirs.nano}`,
		);
		compared += 1;
	}
	t.diagnostic(`${compared} of ${N} compared with the oracle`);
	assert.ok(compared > N / 4);
});
