// What a client may see of a hostile upstream, and many clients at once that look.

import assert from "node:assert/strict";
import { chatStream, post, until } from "./index.mjs";

export const TIMES = Number(process.env.ATLAS_HOSTILE_TIMES ?? 20);
const CONTROL = { "X-Atlas-Session": "control" };

// ---- what a client may see ---------------------------------------------------------------

export const ANSWER = "answer";
export const either = (...codes) => [ANSWER, ...codes];
export const BROKEN = ["upstream_protocol", "upstream_truncated", "upstream_outcome_unknown"];
export const LATE = ["upstream_timeout"];
export const OVERLOADED = ["upstream_overloaded"];
export const THEIRS = ["upstream_failed", "upstream_timeout", null]; // null: their own words, relayed

// ---- one client ---------------------------------------------------------------------------

/** An error as SDKs know it; gives its code. */
function codeOf(error, what) {
	assert.equal(typeof error?.message, "string", what);
	assert.ok(error.message.length > 5, `${what}: ${error.message}`);
	for (const field of ["type", "param", "code"])
		assert.ok(field in error, `${what}: no ${field} in ${JSON.stringify(error)}`);
	return error.code;
}

function refusal(answer, what) {
	assert.ok(answer.status >= 400, `${what}: ${answer.status} ${answer.text}`);
	assert.match(answer.headers["content-type"] ?? "", /^application\/json/, what);
	return codeOf(answer.json?.error, `${what}: ${answer.text.slice(0, 300)}`);
}

/** Whatever became of the answer, its stream is a stream of whole events. */
function checkEvents(told, what) {
	assert.equal(told.cut, undefined, `${what}: it ends as HTTP has it`);
	const torn = told.events.find(({ data, json }) => data !== "[DONE]" && !json);
	assert.equal(torn, undefined, `${what}: a torn event`);
}

export const forms = {
	async whole(atlas, message, headers, what) {
		const answer = await post(atlas, "/v1/chat/completions", chatOf(message), { headers });
		if (answer.status !== 200) return refusal(answer, what);
		assert.ok(answer.json.choices[0].message.content.length > 0, what);
		return ANSWER;
	},

	async stream(atlas, message, headers, what) {
		const stream = await chatStream(atlas, { message, headers });
		if (stream.refusal) return refusal(stream.refusal, what);
		const told = await stream.collect();
		checkEvents(told, what);
		const errors = told.events.filter(({ json }) => json?.error);
		const dones = told.events.filter(({ data }) => data === "[DONE]");
		assert.ok(errors.length + (errors.length ? 0 : dones.length) === 1, `${what}: one end`);
		assert.ok(dones.length <= 1, `${what}: ${dones.length} times [DONE]`);
		if (errors.length) return codeOf(told.error, what);
		assert.ok(told.said.length > 0 && told.finish, what);
		return ANSWER;
	},

	async response(atlas, message, headers, what) {
		const stream = await chatStream(atlas, {
			path: "/v1/responses",
			headers,
			messages: [],
			body: { messages: undefined, input: message },
		});
		if (stream.refusal) return refusal(stream.refusal, what);
		const told = await stream.collect();
		checkEvents(told, what);
		const ends = told.events.filter(({ event }) =>
			["response.completed", "response.incomplete", "response.failed", "error"].includes(event),
		);
		assert.equal(ends.length, 1, `${what}: one end, not ${told.events.map((e) => e.event)}`);
		const [{ event, json }] = ends;
		if (event === "error") return json.code;
		if (event === "response.failed") return json.response.error.code;
		return ANSWER;
	},
};

export const chatOf = (message) => ({
	model: "gpt-4o-mini",
	messages: [{ role: "user", content: message }],
});

let asked = 0;
export const message = (mode) => `Number ${asked++}, please. [[sim mode=${mode} tokens=12]]`;

// ---- many clients ---------------------------------------------------------------------------

/** How long a good answer takes meanwhile: the machine's share of every wait. */
export class Control {
	worst = 0;
	n = 0;
	#runs = true;

	constructor(atlas, mode = "ok") {
		this.#ended = this.#watch(atlas, mode);
	}

	#ended;

	async #watch(atlas, mode) {
		while (this.#runs) {
			const begun = performance.now();
			await forms.whole(atlas, message(mode), CONTROL, "control");
			this.n++;
			this.worst = Math.max(this.worst, performance.now() - begun);
			await new Promise((go) => setTimeout(go, 20));
		}
	}

	async stop() {
		this.#runs = false;
		await this.#ended;
	}
}

async function clients(atlas, mode, form, allowed, times, late) {
	const headers = { "X-Atlas-Session": `${mode.replace(/\W/g, "-")}-${form}` };
	const one = async (ix) => {
		const what = `${mode} ${form} ${ix}`;
		const begun = performance.now();
		const seen = await forms[form](atlas, message(mode), headers, what);
		late.push({ what: `${what}: ${seen}`, ms: performance.now() - begun });
		const known = allowed.includes(seen) || (form === "response" && seen === "server_error");
		assert.ok(known && (seen !== ANSWER || allowed.includes(ANSWER)), `${what}: ${seen}`);
	};
	await Promise.all(Array.from({ length: times }, (_, ix) => one(ix)));
	return headers["X-Atlas-Session"];
}

/** All modes of a table, a few at a time; gives the sessions and every failure. */
export async function run(atlas, modes, atATime, times = TIMES) {
	const work = Object.entries(modes).flatMap(([mode, [whole, stream = whole]]) => [
		[mode, "whole", whole, times],
		[mode, "stream", stream, times],
		[mode, "response", stream, Math.ceil(times / 4)],
	]);
	const found = { sessions: [], failures: [], late: [] };
	const worker = async () => {
		for (let job; (job = work.shift()); ) {
			try {
				found.sessions.push(await clients(atlas, ...job, found.late));
			} catch (error) {
				found.failures.push(error.message);
			}
		}
	};
	await Promise.all(Array.from({ length: atATime }, worker));
	return found;
}

export const idle = (atlas) =>
	until(
		async () => {
			const { json } = await atlas.ctl("status");
			const all = Object.values(json?.exchanges ?? { none: 1 });
			return all.every((n) => n === 0);
		},
		{ ms: 5000, what: "every exchange is free again" },
	);
