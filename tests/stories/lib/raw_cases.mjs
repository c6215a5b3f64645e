// The byte sequences of raw_requests.json and what each must come to, over TCP or TLS.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { raw } from "./raw.mjs";

export const CASES = JSON.parse(
	readFileSync(path.join(import.meta.dirname, "../raw_requests.json"), "utf8"));
const SETTLE_MS = 100; // how long a connection is watched for an answer too many
const PATIENCE_MS = 20000; // with an answer that does not come

const bytesOf = (request) =>
	[request].flat().map((p) => (typeof p === "string" ? p : p.repeat.repeat(p.times))).join("");

const short = CASES.filter((one) => bytesOf(one.request).length < 200);

/** Some forty of the short ones, for what is slow. */
export const SAMPLE = short.filter((one, ix) => ix % Math.floor(short.length / 40) === 0);

/** Runs job over all items, so many at a time. */
async function each(items, atATime, job) {
	const queue = [...items];
	const worker = async () => {
		while (queue.length > 0) await job(queue.shift());
	};
	await Promise.all(Array.from({ length: atATime }, worker));
}

const isHeadRequest = (text) => text.startsWith("HEAD ");

// Interim answers do not count. A connection that must close is waited for; one that may
// stay is watched for a little longer once its answers are here, however late they came.
async function judge(atlas, one, split) {
	const bytes = bytesOf(one.request);
	const head = isHeadRequest(bytes) ? [true] : false;
	const seen = await raw(atlas.port, bytes, {
		split, head, ms: PATIENCE_MS, tls: atlas.tls,
		...(one.close !== true && { answers: one.answers, settleMs: SETTLE_MS }),
	});
	const final = seen.answers.filter((a) => a.status >= 200);
	const what = `${one.name}${split ? " in pieces" : ""}: ${seen.ended}, ` +
		`${final.map((a) => a.status)}, wanted ${one.status} x ${one.answers}`;
	assert.equal(final.length, one.answers, what);
	assert.ok(final.every((a) => a.whole), what);
	assert.ok(one.status.includes(final[0].status), what);
	if (one.close === true) assert.equal(seen.ended, "end", what);
	if (one.close === false) assert.equal(seen.ended, "open", what);
}

/** Each case gets the answer its row names, its bytes in pieces of so many or whole. */
export async function judgeAll(atlas, cases, split) {
	const wrong = [];
	await each(cases, 48, async (one) => {
		await judge(atlas, one, split).catch((error) => wrong.push(error.message));
	});
	assert.deepEqual(wrong, []);
}
