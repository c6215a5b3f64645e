// An Atlas that looks as one that has been in use for a month: models, clients and sessions
// with names of all lengths, sums of all sizes, failures, chats, a queue. The month is made in
// seconds by moving the wall clock of its processes.

import { chat, chatStream, get, startAtlas, startSim, until } from "../../stories/lib/index.mjs";
import { startWall } from "../../stories/lib/wall.mjs";

const HOUR = 3600;
const DAYS = 32;

// Of each: model, client, session, tokens in, tokens out.
const TALKS = [
	["gpt-4o-mini", "support-bot", "ticket-48213-refund-for-a-damaged-parcel", 2400, 310],
	["gpt-4o", "support-bot", "ticket-48220", 5200, 640],
	["gpt-5-mini", "nightly-summaries-of-the-data-platform", "nightly", 48000, 2100],
	["gpt-5", "research", "q4-market-study", 21000, 3900],
	["gpt-4.1", "research", "index", 900, 45],
	["o3", "research", "proof-reading", 9000, 5200],
	["gpt-4.1-nano-2025-04-14", "billing-service", "invoices", 1300, 120],
];
const CHATS = [
	[9, "Why does a token bucket let a burst through?"],
	[5, "Draft a release note for version 1.4"],
	[1, "Compare a token bucket and a sliding window in a table [[sim tokens=90]]"],
	[0, "Wie schreibe ich eine höfliche Mahnung, ohne dass sie nach einer klingt?"],
];

const wordsOf = ([, , , prompt, tokens], i) => `Number ${i} [[sim prompt=${prompt + 37 * (i % 11)} tokens=${tokens} cached=${i % 3 ? 0 : 1024}]]`;

/** { atlas, sim, busy(), calm() } */
export async function startShowcase() {
	const sim = await startSim();
	const wall = startWall();
	const atlas = await startAtlas({
		sim,
		workers: 1,
		env: wall.env,
		conf: {
			openai: { simulated: "yes" },
			limits: { requests_per_minute: 420, requests_per_hour: 12000, tokens_per_minute: 6000000, tokens_per_hour: 90000000 },
			queue: { max_concurrent: 5 },
			alerts: { cost_day: 5, cost_month: 400 },
		},
	});
	const tokens = {};
	for (const name of new Set(TALKS.map(([, client]) => client)))
		tokens[name] = (await atlas.ctl("tokens", "create", "--role", "chat", "--name", name, "--requests-per-minute", "60000", "--tokens-per-minute", "200000000", "--budget-day", "25", "--budget-month", "250")).json.token;
	let n = 0;
	const say = (talk, more = "") =>
		chat(atlas, { message: `${wordsOf(talk, ++n)}${more}`, model: talk[0], token: tokens[talk[1]], headers: { "x-atlas-session": talk[2] } });
	const at = (days, hour = 0) => wall.shift(-(days * 24 + hour) * HOUR);

	for (let day = DAYS; day > 1; day--) {
		at(day);
		const isQuiet = [0, 6].includes(new Date(Date.now() - day * 24 * HOUR * 1000).getUTCDay());
		for (let k = 0; k < (isQuiet ? 2 : 4 + (day % 3)); k++) await say(TALKS[(day * 5 + k * 3) % TALKS.length]);
		for (const [age, message] of CHATS) if (age === day) await chat(atlas, { path: "/chat/complete", message });
	}
	for (let hour = 24; hour > 0; hour--) {
		at(0, hour);
		for (let k = 0; k < 1 + ((hour * 7) % 5); k++) await say(TALKS[(hour + k) % TALKS.length]);
		if (hour === 24) await chat(atlas, { path: "/chat/complete", message: CHATS[2][1] });
	}
	at(0);
	for (let k = 0; k < 24; k++) await say(TALKS[k % TALKS.length]);
	await sim.weather({ mode: "500", count: 2 });
	await say(TALKS[0]);
	await sim.weather({ mode: "429", count: 1, retry_after: 0.2 });
	await say(TALKS[1]);
	await sim.weather({ mode: "die-before-read", count: 1 });
	await say(TALKS[4]);
	await sim.clearWeather();
	await chat(atlas, { path: "/chat/complete", message: CHATS[3][1] });

	const streams = [];
	return {
		atlas,
		sim,
		/** Five requests run and eleven wait, of every class. */
		async busy() {
			for (let i = 0; i < 16; i++) {
				const [model, client, session] = TALKS[i % TALKS.length];
				const priority = i < 5 ? "normal" : ["low", "normal", "high", "normal", "urgent"][i % 5];
				streams.push(chatStream(atlas, { message: "At length [[sim tokens=4000 tps=10]]", model, headers: { "x-atlas-session": `${session}-${client}`, "x-atlas-priority": priority } }));
			}
			await until(async () => (await get(atlas, "/monitoring/queue-status")).json.queue.queue_size === 11, { what: "eleven wait" });
		},
		async calm() {
			for (const { session_id } of [...new Map((await get(atlas, "/monitoring/queue-status")).json.queue.processing_requests.concat((await get(atlas, "/monitoring/queue-status")).json.queue.queued_requests).map((one) => [one.session_id, one])).values()])
				await atlas.ctl("cancel", "--session", session_id);
			for (const stream of streams) (await stream).abort?.();
		},
	};
}
