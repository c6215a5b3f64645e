// What a failure is, and that all who count them count the same ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, chatStream, get, leaks, metrics, post, serve, settled, startAtlas, startSim, until, usage } from "./lib/index.mjs";
import { startWall } from "./lib/wall.mjs";

const SLOW = "[[sim tokens=400 ttft=20 tps=20]]";
const ANSWERED = 8;

const ask = async (atlas, path) => (await get(atlas, path)).json;

async function under(sim, atlas, mode, status) {
	await sim.weather({ mode, count: 1 });
	const answer = await chat(atlas);
	assert.equal(answer.status, status, `${mode}: ${answer.text}`);
}

/** One runs, and is ended by order; one waits for it, for longer than it may. */
async function waitInVain(atlas) {
	const block = await chatStream(atlas, { message: `Block ${SLOW}`, fresh: true, headers: { "X-Atlas-Session": "block" } });
	assert.equal(block.status, 200);
	const late = await chat(atlas);
	assert.equal(late.json.error.code, "queue_timeout", late.text);
	assert.equal((await atlas.ctl("cancel", "--session", "block")).json.cancelled, 1);
	await block.collect();
	return late.headers["x-atlas-request-id"];
}

const numberOf = (text, name) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);

test("alerts, performance, metrics, queue and atlasctl call the same ends failures", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({
		sim,
		workers: 1,
		conf: {
			queue: { max_concurrent: 1, max_wait: "1s" },
			retry: { max_retries: 0 },
			alerts: { hold: 0, error_percent: 33 },
		},
	});
	for (let i = 0; i < ANSWERED; i++) assert.equal((await chat(atlas)).status, 200);
	await under(sim, atlas, "400", 400);
	await under(sim, atlas, "500", 502);
	await under(sim, atlas, "truncated-cl", 502);
	const late = await waitInVain(atlas);
	await under(sim, atlas, "429", 429);
	await settled(atlas, ANSWERED + 5);

	const want = { answered: ANSWERED, failed: 4, refused: 1, cancelled: 1 };
	const performance = await until(async () => {
		const seen = await ask(atlas, "/monitoring/performance?hours=1");
		return seen.endings.ended === ANSWERED + 6 && seen;
	}, { what: "all are in the ledger" });
	assert.deepEqual(performance.endings, { ended: ANSWERED + 6, ...want });
	assert.equal(performance.success_rate, 0.666667);
	assert.equal(performance.errors.reduce((sum, error) => sum + error.requests_failed, 0), want.failed);
	assert.ok(performance.issues.some((text) => text.startsWith("4 of 12 requests failed (33 %)")), performance.issues);

	const { requests, recorded } = (await atlas.ctl("whatif")).json;
	assert.equal(requests, ANSWERED + 6);
	assert.equal(recorded.started, ANSWERED + 5);
	assert.equal(recorded.refused_in_vain, 1);
	const wide = (await atlas.ctl("whatif", "--concurrent", "50")).json.whatif;
	assert.deepEqual([wide.started, wide.never_sent.started], [requests, 1]);
	assert.ok(wide.never_sent.highest_usd > 0, JSON.stringify(wide));
	assert.match((await atlas.say("whatif", "--concurrent", "50")).stdout,
		/^what if: 1 that starts was never sent, and counts as \$0 \(at most \$\d+\.\d+\) and 0 s: nobody knows what it would have come to$/m);

	const { queue } = await ask(atlas, "/monitoring/queue-status");
	assert.deepEqual(
		{ answered: queue.total_processed, failed: queue.total_failed, refused: queue.total_refused, cancelled: queue.total_cancelled },
		want,
	);
	const { text } = await get(atlas, "/metrics");
	for (const [name, n] of Object.entries(want)) assert.equal(numberOf(text, `atlas_ledger_${name}_total`), n, name);
	const said = (await atlas.say("usage")).stdout;
	assert.match(said, /^ +answered +8 of 14 that have ended, sent or not \(4 failed, 1 refused for their own fault, 1 cancelled\)$/m);
	const alert = await until(async () => {
		const { alerts } = await ask(atlas, "/monitoring/alerts");
		return alerts.find(({ alert: name, state }) => name === "error_rate" && state === "firing");
	}, { what: "the alert" });
	assert.equal(alert.value, 33);
	assert.equal(alert.detail, "4 of 12");

	const why = (await atlas.ctl("why", late)).json;
	assert.deepEqual(why.attempts.map(({ outcome, error_code: code, status }) => [outcome, code, status]), [["released", "queue_timeout", 0]]);
	assert.deepEqual(why.attempts.map(({ sent_at: at }) => at), [null]);
	assert.match((await atlas.say("requests")).stdout, new RegExp(`^- +${late} +released +0 `, "m"));
	assert.deepEqual(why.story.map(({ event, because }) => [event, because]), [["queued", undefined], ["never_sent", "queue_timeout"]]);
	assert.ok(why.story[1].waited_ms >= 1000, JSON.stringify(why.story));
	const lines = (await atlas.say("why", late)).stdout;
	assert.match(lines, /never sent; costs nothing\n +given up .*, after 1\.\d+ s in the queue, held by concurrency\n +failure +queue_timeout\n$/);
	assert.equal((await sim.stats()).requests, ANSWERED + 5, "what waited in vain was never sent");
	assert.equal((await atlas.ctl("verify")).code, 0);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("what the queue counts begins with the start that it names, usage with the ledger", async () => {
	const sim = await startSim();
	const first = await startAtlas({ sim, workers: 1 });
	for (let i = 0; i < 3; i++) assert.equal((await chat(first)).status, 200);
	await settled(first, 3);
	const { metrics } = await ask(first, "/monitoring/performance");
	assert.equal(metrics.processing_ms.count, 3);
	assert.equal(metrics.processing_ms.p99, metrics.processing_ms.max, "of three the largest");
	const before = await until(async () => {
		const { queue } = await ask(first, "/monitoring/queue-status");
		return queue.wait_ms.count === 3 && queue;
	}, { what: "three waits" });
	assert.equal(before.total_processed, 3);
	assert.equal(await first.stop(), 0);

	const atlas = await startAtlas({ sim, workers: 1, dataDir: first.dataDir });
	const { queue } = await ask(atlas, "/monitoring/queue-status");
	assert.deepEqual([queue.total_processed, queue.total_queued, queue.wait_ms.count], [0, 0, 0]);
	assert.ok(Date.parse(queue.since) > Date.parse(before.since), `${queue.since} after ${before.since}`);
	assert.equal((await ask(atlas, "/monitoring/token-usage")).token_usage.request_count, 3);
	assert.equal((await atlas.ctl("queue")).json.queue.since, queue.since);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("another dispatch goes on with the averages, which are of what is counted", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const queue = async () => (await ask(atlas, "/monitoring/queue-status")).queue;
	const timesOf = async (count) => {
		await until(async () => (await queue()).wait_ms.count === count, { what: `${count} are measured` });
		await until(async () => (await ask(atlas, "/monitoring/rate-limits")).keys[0].running === 0, { what: "all have ended" });
		const { wait_ms: wait, avg_wait_time_ms: waited, avg_processing_time_ms: ran, total_processed: n } = await queue();
		return { wait, waited, ran, n };
	};
	for (let i = 0; i < 3; i++) assert.equal((await chat(atlas, { message: "Slow [[sim ttft=200]]" })).status, 200);
	const before = await timesOf(3);
	assert.equal(before.n, 3);
	assert.ok(before.ran >= 200, `${before.ran} ms`);
	const [first] = atlas.children("dispatch");
	atlas.kill(first.pid);
	await until(() => atlas.children("dispatch").some(({ pid }) => pid !== first.pid), { what: "another dispatch" });
	await atlas.ready();
	assert.deepEqual(await timesOf(3), before);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal((await timesOf(4)).n, 4);
	assert.equal(await atlas.stop(), 0);
});

test("three hundred invented models are a hundred series, and none is lost", async (t) => {
	const upstream = await serve((request, body, response) => {
		const n = Number(/\d+/.exec(JSON.parse(body).model) ?? 0);
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({
			object: "chat.completion", model: "gpt-4o-mini", choices: [],
			usage: { prompt_tokens: 10 + n, completion_tokens: 1, total_tokens: 11 + n },
		}));
	});
	t.after(upstream.close);
	const atlas = await startAtlas({ workers: 1, conf: { openai: { base_url: upstream.base } } });
	const odd = ["other", 'a"quote', "a\\slash", "\u00e9", "\u00e8"];
	// as long as names can be, and longer still with what is put before each of their quotes
	const names = [...Array.from({ length: 300 }, (_, i) => `invented-${i + 100}`.padEnd(127, '"')), ...odd];
	for (const model of names) assert.equal((await chat(atlas, { model })).status, 200, model);
	await settled(atlas, names.length);

	const { text } = await get(atlas, "/metrics");
	assert.ok(text.length < 1 << 18, `${text.length} bytes`);
	const families = metrics(text);
	const { token_usage: used } = await ask(atlas, "/monitoring/token-usage?hours=8760");
	const tokens = families.get("atlas_tokens_total").samples;
	const sum = (type) => tokens.filter(({ labels }) => labels.includes(`"${type}"`)).reduce((all, { value }) => all + Number(value), 0);
	assert.deepEqual([sum("input"), sum("output")], [used.total_prompt_tokens, used.total_completion_tokens]);
	const costs = families.get("atlas_cost_usd_total").samples;
	const nano = (usd) => Math.round(Number(usd) * 1e9);
	assert.equal(costs.reduce((all, { value }) => all + nano(value), 0), nano(used.total_cost_usd));
	assert.deepEqual([tokens.length, costs.length], [2 * 101, 101]);
	assert.equal(costs.at(-1).labels, '{gen_ai_request_model="other"}');
	assert.ok(costs.some(({ labels }) => labels.includes("invented-100")), "the first has its name");
	assert.equal((await chat(atlas, { model: "invented-9999999" })).status, 200);
	await settled(atlas, names.length + 1);
	const later = new Map(metrics((await get(atlas, "/metrics")).text).get("atlas_tokens_total").samples.map(({ labels, value }) => [labels, Number(value)]));
	for (const { labels, value } of tokens) // a counter that went down would have begun anew
		assert.ok(later.get(labels) >= Number(value), labels);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("what lies ahead has its band in atlasctl, too", async () => {
	const sim = await startSim();
	const wall = startWall();
	const atlas = await startAtlas({ sim, workers: 1, env: wall.env });
	const { token } = (await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann")).json;
	for (let hour = 3 * 24; hour > 0; hour--) {
		wall.shift(-hour * 3600);
		assert.equal((await chat(atlas, { token, message: `Hour ${hour} [[sim tokens=${30 + 7 * (hour % 11)}]]` })).status, 200);
	}
	wall.shift(0);
	await until(async () => (await usage(atlas, 8760)).request_count === 3 * 24, { what: "all are in the ledger" });
	const { month, week, day } = (await atlas.ctl("cost", "--hours", "8760")).json.forecast;
	for (const [period, { spent_usd: spent }] of Object.entries({ month, week, day }))
		await atlas.ctl("tokens", "update", "ann", `--budget-${period}`, (spent * 1.2 + 0.000001).toFixed(9));
	const said = (await atlas.say("cost", "--hours", "8760")).stdout;
	assert.match(said, /of history \(in brackets where nine outcomes in ten lie\)\n/);
	const { forecast } = (await atlas.ctl("cost", "--hours", "8760")).json;
	for (const period of ["day", "week", "month"]) {
		const { low_usd: low, high_usd: high } = forecast[period];
		assert.equal(typeof low, "number", period);
		const [, ...band] = new RegExp(`^ +this ${period} .* \\(\\$(\\S+) to \\$(\\S+)\\)$`, "m").exec(said) ?? assert.fail(said);
		assert.ok(Math.abs(band[0] - low) <= low * 0.01 && Math.abs(band[1] - high) <= high * 0.01, `${band} ${low} ${high}`);
	}
	for (const { period, runs_out_at: at, runs_out_earliest: first } of forecast.budgets) {
		const line = new RegExp(`the ${period}'s budget of ann (.*)`).exec(said)?.[1];
		if (first === null) assert.equal(line, undefined, said);
		else if (at === null) assert.match(line, /^may run out, at \S+ at the earliest$/);
		else assert.match(line, /^runs out at \S+ \(\S+ (to \S+|at the earliest)\)$/);
	}
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

/** The lines of a table of `atlasctl cost`: the words of its last column with its requests and dollars. */
function tableOf(said, title) {
	const [, lines] = new RegExp(`^ +requests +tokens +dollars {2}${title}\\n((?: +\\d+ +\\d+ +\\S+ {2}.*\\n)*)`, "m").exec(said) ?? assert.fail(said);
	return lines.trimEnd().split("\n").map((line) => /^ +(\d+) +\d+ +(\S+) {2}(.*)$/.exec(line)).map(([, n, usd, name]) => [name, Number(n), Number(usd)]);
}

test("atlasctl cost shows the newest days and weeks, and what came before them in one", async () => {
	const sim = await startSim();
	const wall = startWall();
	const atlas = await startAtlas({ sim, workers: 1, env: wall.env });
	let n = 0;
	for (let day = 72; day >= 0; day -= 3, n++) {
		wall.shift(-day * 24 * 3600);
		assert.equal((await chat(atlas, { message: `Day ${day} [[sim tokens=${30 + day}]]` })).status, 200);
	}
	await until(async () => (await usage(atlas, 8760)).request_count === n, { what: "all are in the ledger" });
	const said = (await atlas.say("cost", "--hours", "8760")).stdout;
	const { by_day: days, by_week: weeks } = (await atlas.ctl("cost", "--hours", "8760")).json;
	for (const [title, key, most, spans] of [["day, UTC", "day", 14, days], ["week from", "week", 8, weeks]]) {
		const lines = tableOf(said, title);
		assert.ok(spans.length > most, `${spans.length}`);
		assert.deepEqual(lines.slice(0, most), spans.slice(-most).reverse().map((one) => [one[key].slice(0, 10), one.request_count, Number(one.total_cost_usd)]));
		assert.deepEqual(lines.slice(most).map(([name]) => name), [`(${spans.length - most} earlier)`]);
		assert.equal(lines.reduce((sum, [, requests]) => sum + requests, 0), n);
	}
	const { stdout } = await atlas.say("cost", "--hours", "24");
	for (const title of ["day, UTC", "week from"]) assert.deepEqual(tableOf(stdout, title).map(([, requests]) => requests), [1]);
	assert.equal(await atlas.stop(), 0);
});

test("before a day of history atlasctl says why what lies ahead has no band", async () => {
	const sim = await startSim();
	const wall = startWall();
	const atlas = await startAtlas({ sim, workers: 1, env: wall.env });
	wall.shift(-2 * 3600);
	assert.equal((await chat(atlas)).status, 200);
	wall.shift(0);
	await until(async () => (await usage(atlas, 24)).request_count === 1, { what: "it is in the ledger" });
	const { stdout } = await atlas.say("cost");
	assert.match(stdout, /from (2 h|120 min).* of history \(where nine outcomes in ten lie is told from a day of whole hours on\)\n +this day +\$\S+ so far, \$\S+ at its end\n/);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("a budget that is used up says so, and holds the others of its client", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const { token } = (await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann")).json;
	assert.equal((await chat(atlas, { token, message: "Hi [[sim tokens=20]]" })).status, 200);
	await settled(atlas, 1);
	const { spent_usd: spent } = (await atlas.ctl("cost")).json.forecast.day;
	await atlas.ctl("tokens", "update", "ann", "--budget-day", spent.toFixed(9), "--budget-month", (2 * spent).toFixed(9));
	const said = (await atlas.say("cost")).stdout;
	assert.match(said, /^ {2}the day's budget of ann is used up; it begins anew at \S+$/m);
	assert.doesNotMatch(said, /runs out|may run out/);
	const { budgets } = (await ask(atlas, "/monitoring/cost-breakdown")).forecast;
	assert.deepEqual(budgets.map(({ period, runs_out_at: at, reason }) => [period, at, reason]),
		[["day", null, "used_up"], ["month", null, "held_by_another_budget"]]);
	assert.equal(await atlas.stop(), 0);
});

test("of many budgets those that are used up first are told, and how many are not", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const create = async (name, budget) => {
		const { status, json, text } = await post(atlas, "/admin/tokens", { name, role: "chat", budget_day: budget });
		assert.equal(status, 201, text);
		return json.token;
	};
	for (let i = 0; i < 40; i++) await create(`many-${i}`, 5);
	const token = await create("last", 0.5);
	assert.equal((await chat(atlas, { token, message: "Hi [[sim tokens=20]]" })).status, 200);
	await settled(atlas, 1);
	const { budgets, budgets_left_out: left } = (await ask(atlas, "/monitoring/cost-breakdown")).forecast;
	assert.equal(budgets[0].client, "last");
	assert.deepEqual([budgets.length, left], [32, 9]);
	assert.match((await atlas.say("cost")).stdout, /^ +9 budgets more/m);
	assert.equal(await atlas.stop(), 0);
});

test("a session that is called other is not taken for all others", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1 });
	const sessions = ["other", "s1", "s2", "s3", "s4", "s5", "s6"];
	for (const [i, session] of sessions.entries()) {
		const tokens = 100 * (sessions.length - i);
		const { status } = await chat(atlas, { message: `Go [[sim tokens=${tokens}]]`, headers: { "X-Atlas-Session": session } });
		assert.equal(status, 200, session);
	}
	await settled(atlas, sessions.length);
	for (const [limit, rest] of [["5", "(2 others)"], ["6", "(1 other)"]])
		assert.deepEqual(tableOf((await atlas.say("cost", "--limit", limit)).stdout, "session").at(-1).slice(0, 2), [rest, 7 - limit]);
	const { usage: own, requests } = await ask(atlas, "/monitoring/session-usage/other");
	assert.deepEqual([own.request_count, requests.length, own.total_completion_tokens], [1, 1, 700]);

	const { series, series_by: strands } = await ask(atlas, "/monitoring/token-usage?by=session");
	assert.deepEqual(strands.map(({ name, names }) => [name, names]),
		[...sessions.slice(0, 5).map((name) => [name, undefined]), ["other", 2]]);
	const sum = (list) => list.reduce((all, { total_tokens }) => all + total_tokens, 0);
	assert.equal(sum(strands[0].points), own.total_tokens);
	assert.equal(sum(strands.flatMap(({ points }) => points)), sum(series));

	const { by_session: listed } = await ask(atlas, "/monitoring/cost-breakdown");
	assert.deepEqual(listed.map(({ session_id, names }) => [session_id, names]), sessions.map((name) => [name, undefined]));
	assert.equal(listed[0].total_cost_usd, own.total_cost_usd);
	assert.equal((await atlas.ctl("session", "other")).json.usage.total_tokens, own.total_tokens);
	assert.equal(await atlas.stop(), 0);
});
