// What the monitoring endpoints and atlasctl say: every list sums to its total, every
// number is the same wherever it stands, and bad questions are told what is wrong.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chat, chatStream, get, leaks, metrics, request, settled, startAtlas, startSim, until } from "./lib/index.mjs";

const MODELS = fileURLToPath(new URL("../../etc/models.json", import.meta.url));

const SUMS = ["total_prompt_tokens", "total_completion_tokens", "total_cached_tokens",
	"total_reasoning_tokens", "total_tokens", "request_count", "attempt_count",
	"unknown_requests", "unknown_tokens", "estimated_attempts"];

let sim, atlas, ids;

/** Two models, three clients, sessions and none, streams, errors and a retry. */
async function traffic() {
	const tokens = [atlas.token];
	for (const name of ["ann", "ben"]) {
		const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", name);
		tokens.push(made.json.token);
	}
	const asked = [];
	for (let i = 0; i < 24; i++) {
		const options = {
			model: i % 3 ? "gpt-4o-mini" : "gpt-4o",
			message: `Question ${i} [[sim cached=${i % 4} tokens=${5 + i}]]`,
			token: tokens[i % 3],
			headers: i % 4 ? { "X-Atlas-Session": `s${i % 4}` } : {},
		};
		if (i % 5 === 0) {
			const stream = await chatStream(atlas, options);
			assert.ok((await stream.collect()).done);
			asked.push(stream.headers["x-atlas-request-id"]);
			continue;
		}
		if (i === 7) await sim.weather({ mode: "500", count: 1 });
		const answer = await chat(atlas, options);
		assert.equal(answer.status, 200, answer.text);
		asked.push(answer.headers["x-atlas-request-id"]);
	}
	const refused = await chat(atlas, { model: "no-such-model", message: "x" });
	assert.ok(refused.status >= 400, refused.text);
	await settled(atlas, 25);
	return asked;
}

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim });
	ids = await traffic();
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

async function ask(path, status = 200) {
	const answer = await get(atlas, path);
	assert.equal(answer.status, status, `${path}: ${answer.text}`);
	return answer.json ?? answer.text;
}

const nano = (usd) => Math.round(Number(usd) * 1e9);

function sumsTo(list, total, what) {
	for (const name of SUMS) {
		const sum = list.reduce((all, entry) => all + entry[name], 0);
		assert.equal(sum, total[name], `${what}: ${name}`);
	}
	const cost = list.reduce((all, entry) => all + nano(entry.total_cost_usd), 0);
	assert.equal(cost, nano(total.total_cost_usd), `${what}: cost`);
}

async function exported(format, hours = 24) {
	return ask(`/monitoring/export?format=${format}&hours=${hours}`);
}

const rows = async () => (await exported("jsonl")).trim().split("\n").map((line) => JSON.parse(line));

describe("sums", () => {
	test("every breakdown of every period sums to its total", async () => {
		for (const hours of [1, 24, 8760]) {
			const cost = await ask(`/monitoring/cost-breakdown?hours=${hours}`);
			for (const list of ["by_model", "by_client", "by_key", "by_session", "by_day", "by_week"])
				sumsTo(cost[list], cost, `${list} of ${hours} hours`);
			const usage = await ask(`/monitoring/token-usage?hours=${hours}`);
			sumsTo(usage.series, usage.token_usage, `series of ${hours} hours`);
			assert.equal(usage.token_usage.total_cost_usd, cost.total_cost_usd);
			assert.equal(usage.token_usage.total_tokens, cost.total_tokens);
		}
	});

	test("the course by name has the names that cost most, and adds up step by step", async () => {
		const { by_model: models } = await ask("/monitoring/cost-breakdown?hours=24");
		for (const by of ["model", "client", "key", "session"]) {
			const { series, series_by: strands } = await ask(`/monitoring/token-usage?hours=24&by=${by}`);
			if (by === "model") assert.deepEqual(strands.slice(0, 5).map(({ name }) => name), models.slice(0, 5).map(({ model }) => model));
			for (const step of series) {
				const parts = strands.flatMap(({ points }) => points.filter(({ from }) => from === step.from));
				for (const name of ["request_count", "total_tokens"])
					assert.equal(parts.reduce((sum, part) => sum + part[name], 0), step[name], `${name} by ${by}`);
			}
		}
		assert.equal((await ask("/monitoring/token-usage")).series_by, undefined);
	});

	test("the exported rows add up to the same, by whatever they are split", async () => {
		const cost = await ask("/monitoring/cost-breakdown");
		const all = await rows();
		assert.equal(all.reduce((sum, row) => sum + row.cost_nanousd, 0), nano(cost.total_cost_usd));
		const by = { by_model: "model", by_client: "client", by_key: "key", by_session: "session_id" };
		for (const [list, member] of Object.entries(by)) {
			const found = {};
			for (const row of all) {
				const entry = (found[row[member]] ??= { tokens: 0, cost: 0 });
				entry.tokens += row.total_tokens;
				entry.cost += row.cost_nanousd;
			}
			for (const entry of cost[list])
				assert.deepEqual(
					{ tokens: entry.total_tokens, cost: nano(entry.total_cost_usd) },
					found[entry[member]],
					`${list}: ${entry[member]}`,
				);
			assert.equal(cost[list].length, Object.keys(found).length, list);
		}
		assert.deepEqual(cost.by_client.map(({ client }) => client).sort(), ["admin", "ann", "ben"]);
	});

	test("each row is what the upstream billed", async () => {
		const billed = new Map((await sim.bill()).map((line) => [line.request_id, line]));
		const settledRows = (await rows()).filter((row) => row.outcome === "settled_usage");
		assert.ok(settledRows.length >= 24);
		for (const row of settledRows)
			assert.equal(row.cost_nanousd, billed.get(row.upstream_id).cost_nanousd, row.id);
	});

	test("the newest rows come first, and only those that are looked for", async () => {
		const some = async (query) => (await get(atlas, `/monitoring/export?format=jsonl&${query}`)).text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
		const all = await rows();
		const newest = [...all].reverse();
		assert.deepEqual(await some("newest=5"), newest.slice(0, 5));
		assert.deepEqual(await some("newest=10000"), newest);
		assert.deepEqual(await some("search=ANN"), all.filter(({ client }) => client === "ann"));
		assert.deepEqual(await some("search=s3&newest=2"), newest.filter(({ session_id }) => session_id === "s3").slice(0, 2));
		assert.deepEqual(await some(`search=${ids[3]}`), all.filter(({ id }) => id === ids[3]));
		assert.equal((await some("search=model_not_found")).length, 1);
		assert.deepEqual(await some("search=nothing%20of%20it"), []);
		const csv = await ask("/monitoring/export?newest=1");
		assert.equal(csv.trim().split("\r\n").length, 2);
	});

	test("CSV has the same rows as JSON lines", async () => {
		const lines = (await exported("csv")).trim().split("\r\n");
		const names = lines[0].split(",");
		const all = await rows();
		assert.equal(lines.length - 1, all.length);
		lines.slice(1).forEach((line, i) => {
			const values = line.split(",").map((v) => v.replace(/^"(.*)"$/, "$1"));
			assert.equal(values.length, names.length);
			for (const name of ["id", "model", "cost_nanousd", "total_tokens", "sent_at"])
				assert.equal(values[names.indexOf(name)], String(all[i][name]), name);
		});
	});
});

describe("reports", () => {
	test("performance says how it went and why", async () => {
		const p = await ask("/monitoring/performance");
		assert.ok(p.performance_score > 0 && p.performance_score <= 100);
		const off = Object.values(p.score_parts).reduce((sum, part) => sum + part, 0);
		assert.equal(Math.round(100 * (100 + off)), Math.round(100 * p.performance_score));
		assert.equal(p.retries.attempts_retried, 1);
		assert.deepEqual(p.endings, { ended: 25, answered: 24, failed: 0, refused: 1, cancelled: 0 });
		assert.equal(p.success_rate, 1, "a model that is not there is the client's fault");
		const ending = ({ retries, endings, success_rate, from }) => ({ retries, endings, success_rate, from });
		for (const words of ["usage", "cost"]) {
			const { json } = await atlas.ctl(words);
			assert.deepEqual({ ...ending(json), from: p.from }, ending(p), words);
			assert.match(json.from, /^\d{4}-/, words);
		}
		assert.equal(p.metrics.queue_wait_ms.count, 25);
		assert.ok(p.metrics.processing_ms.p50 <= p.metrics.processing_ms.p99);
		assert.ok(Object.keys(p.error_rates).length >= 2, JSON.stringify(p.error_rates));
		assert.equal(p.errors.reduce((sum, error) => sum + error.retried, 0), 1);
		assert.equal(p.cost_analysis.cost_trend.direction, null, "nothing was spent before");
	});

	test("what lies ahead begins with what was spent, in the answer and in atlasctl", async () => {
		await atlas.ctl("tokens", "update", "ann", "--budget-day", "0.5");
		const { forecast, total_cost_usd } = await ask("/monitoring/cost-breakdown");
		assert.equal(forecast.method, "run_rate"); // there is no day of history
		assert.equal(forecast.reason, "less_than_ten_minutes_of_history");
		assert.deepEqual([forecast.next_24_hours, forecast.next_24_hours_usd, forecast.day.expected_usd], [null, null, null]);
		assert.ok(forecast.day.spent_usd <= total_cost_usd);
		assert.ok(forecast.month.spent_usd >= forecast.week.spent_usd || forecast.week.spent_usd > 0);
		assert.deepEqual(forecast.budgets.map(({ client, period, budget_usd }) => [client, period, budget_usd]),
			[["ann", "day", 0.5]]);
		const told = await atlas.ctl("cost");
		assert.deepEqual(told.json.forecast.budgets.map(({ client }) => client), ["ann"]);
		assert.equal(told.json.forecast.day.ends_at, forecast.day.ends_at);
	});

	test("a request's story has every attempt and every step", async () => {
		const story = await ask(`/monitoring/requests/${ids[7]}`);
		assert.deepEqual(story.attempts.map(({ attempt }) => attempt), [1, 2]);
		assert.deepEqual(
			story.story.map(({ event }) => event).filter((event) => event !== "first_byte"),
			["queued", "admitted", "settled", "retry", "admitted", "settled"],
		);
		assert.equal(story.attempts[1].outcome, "settled_usage");
		const retry = story.story.find(({ event }) => event === "retry");
		assert.equal(Date.parse(retry.at) + retry.next_after_ms, Date.parse(story.attempts[1].sent_at));
		assert.ok(retry.delay_ms <= retry.next_after_ms + 1, JSON.stringify(retry));
		assert.deepEqual([retry.delay_by, story.story.findLast(({ event }) => event === "admitted").held_by], ["own_backoff", "faults"]);
		const { json } = await atlas.ctl("why", ids[7]);
		assert.deepEqual(json.story, story.story);
	});

	test("names are found as they are, however they are written in a path", async () => {
		assert.equal((await ask("/monitoring/session-usage/s%31")).session_id, "s1");
		assert.equal((await get(atlas, "/v1/models/gpt%2D4o")).json.id, "gpt-4o");
		assert.equal((await get(atlas, "/monitoring/session-usage/s%00")).status, 400);
	});

	test("a session's rows are its own, newest first", async () => {
		const session = await ask("/monitoring/session-usage/s1");
		assert.ok(session.requests.length >= 6);
		assert.ok(session.requests.every(({ session_id }) => session_id === "s1"));
		const cost = session.requests.reduce((sum, row) => sum + row.cost_nanousd, 0);
		assert.equal(cost, nano(session.usage.total_cost_usd));
		assert.equal(session.known, true);
	});

	test("a session that never was says so, with nothing used", async () => {
		const session = await ask("/monitoring/session-usage/nobody");
		assert.equal(session.known, false);
		assert.equal(session.usage.request_count, 0);
		assert.deepEqual(session.requests, []);
	});

	test("the metrics are valid and say the same", async () => {
		const families = metrics(await ask("/metrics"));
		const cost = await ask("/monitoring/cost-breakdown?hours=8760");
		const sum = families.get("atlas_cost_usd_total").samples.reduce((all, s) => all + nano(s.value), 0);
		assert.equal(sum, nano(cost.total_cost_usd));
		assert.deepEqual(families.get("atlas_limit").samples, []); // none is not one of 0
		const { endings, retries } = await ask("/monitoring/performance?hours=8760");
		const told = {
			requests: cost.request_count, attempts: cost.attempt_count, ended: endings.ended, retried: retries.attempts_retried,
			refused: endings.refused, unknown: cost.unknown_requests, unpriced: cost.unpriced_attempts,
		};
		for (const [name, n] of Object.entries(told))
			assert.equal(Number(families.get(`atlas_ledger_${name}_total`).samples[0].value), n, name);
		assert.equal(told.retried, 1);
		const times = families.get("gen_ai_client_operation_duration_seconds");
		assert.equal(times.type, "histogram");
		assert.equal(families.get("gen_ai_server_time_to_first_token_seconds").type, "histogram");
		const { metrics: seen } = await ask("/monitoring/performance");
		const rates = families.get("atlas_output_tokens_per_second");
		assert.equal(rates.type, "histogram");
		assert.equal(Number(rates.samples.find(({ of }) => of.endsWith("_count")).value), seen.tokens_per_second.count);
		assert.ok(seen.tokens_per_second.count > 0);
	});
});

describe("questions", () => {
	test("a bad parameter is named, with what it must be", async () => {
		const bad = {
			"/monitoring/token-usage?hours=0": "hours",
			"/monitoring/token-usage?hours=8761": "hours",
			"/monitoring/token-usage?by=colour": "by",
			"/monitoring/performance?hours=1.5": "hours",
			"/monitoring/cost-breakdown?hours=1&hours=2": "hours",
			"/monitoring/cost-breakdown?days=1": "days",
			"/monitoring/export?format=xml": "format",
			"/monitoring/export?newest=0": "newest",
			"/monitoring/export?newest=10001": "newest",
			"/monitoring/export?search=": "search",
			"/monitoring/requests/req_1": "id",
			"/metrics?x=1": "x",
		};
		for (const [path, param] of Object.entries(bad)) {
			const { error } = await ask(path, 400);
			assert.equal(error.param, param, path);
			assert.ok(error.message.length > 10);
		}
		await ask(`/monitoring/requests/req_${"0".repeat(32)}`, 404);
	});

	test("a client token may not look, a HEAD has no body", async () => {
		const { json } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "curious");
		for (const path of ["/monitoring/cost-breakdown", "/monitoring/export", "/metrics"]) {
			assert.equal((await get(atlas, path, { token: json.token })).status, 403, path);
			const head = await request(atlas, { method: "HEAD", path });
			assert.equal(head.status, 200);
			assert.equal(head.text, "");
		}
		for (const path of ["/monitoring/export", "/monitoring/live"]) {
			const { status, headers } = await request(atlas, { method: "HEAD", path });
			assert.deepEqual([status, headers["content-length"]], [200, undefined], "nobody knows how long it will be");
		}
	});
});

describe("atlasctl", () => {
	test("says what the endpoints say", async () => {
		const cost = await ask("/monitoring/cost-breakdown");
		const told = await atlas.ctl("cost");
		assert.equal(told.code, 0, told.stderr);
		for (const name of ["total_cost_usd", "total_tokens", "request_count"])
			assert.equal(told.json[name], cost[name], name);
		assert.deepEqual(told.json.by_client.map((c) => [c.client, c.total_cost_usd]),
			cost.by_client.map((c) => [c.client, c.total_cost_usd]));
		const usage = await atlas.ctl("usage", "--hours", "24");
		assert.equal(usage.json.token_usage.total_tokens, cost.total_tokens);
		const sessions = await atlas.ctl("sessions");
		assert.deepEqual(sessions.json.sessions.map((s) => s.session_id).sort(), ["", "s1", "s2", "s3"]);
		const session = await atlas.ctl("session", "s1");
		assert.equal(session.json.usage.total_cost_usd,
			(await ask("/monitoring/session-usage/s1")).usage.total_cost_usd);
	});

	test("tells what would have been by other limits, priorities and prices", async () => {
		const same = (await atlas.ctl("whatif")).json;
		assert.equal(same.requests, 25);
		assert.deepEqual(same.whatif, same.now);
		assert.equal(same.whatif.total_cost_usd, same.recorded.total_cost_usd);
		assert.equal(same.start_later, 0);
		assert.deepEqual(same.whatif.never_sent, { started: 0, highest_usd: 0 });
		const slow = (await atlas.ctl("whatif", "--requests-per-minute", "10")).json;
		assert.equal(slow.whatif.started, same.requests);
		assert.ok(slow.start_later >= same.requests - 11, `${slow.start_later}`);
		assert.ok(slow.whatif.wait_ms.max > 60000);
		const large = (await atlas.ctl("whatif", "--tokens-per-minute", "10")).json;
		assert.equal(large.whatif.refused_too_large, same.requests);
		assert.equal(large.whatif.total_cost_usd, 0);
		const first = (await atlas.ctl("whatif", "--concurrent", "1", "--priority", "ben=urgent")).json;
		assert.equal(first.whatif.started, same.requests);
		assert.equal(large.change_place, same.requests);
		assert.equal(large.order.length, 20);
		assert.deepEqual([large.order[0].was, large.order[0].would_be, large.order[19].was], [1, null, same.requests]);
		assert.equal(same.change_place, 0);
		assert.ok((await rows()).some(({ id }) => id === large.order[0].id));
		assert.equal(same.recorded.started, same.requests);
		assert.equal(same.is_pruned, false);
		assert.equal(Date.parse(same.rows_from), Math.min(...(await rows()).map(({ sent_at }) => Date.parse(sent_at))));
		assert.match((await atlas.say("whatif", "--hours", "720")).stdout, /^last 720 h: 25 requests, from \d{4}-/);
		const both = (await atlas.ctl("whatif", "--priority", "ben=urgent", "--priority", "ann=low")).json;
		assert.equal(both.whatif.started, same.requests);
		const prices = path.join(atlas.folder, "prices.json");
		writeFileSync(prices, JSON.stringify({ unit: "USD per million tokens", models: ["gpt-4o", "gpt-4o-mini"].map((name) => (
			{ name, display: name, apis: ["chat"], prices: [{ default: { input: 1000, output: 1000 } }] })) }));
		const dear = (await atlas.ctl("whatif", "--prices", prices)).json;
		const { total_tokens } = (await atlas.ctl("usage")).json.token_usage;
		assert.equal(nano(dear.whatif.total_cost_usd), total_tokens * 1e6);
		for (const wrong of [["--priority", "ben"], ["--priority", "ben=low", "--priority", "ben=high"], ["--concurrent", "0"], ["--hours", "x"],
			["--requests-per-minute", "1", "--requests-per-minute", "2"], ["--hours", "1", "--hours", "2"]])
			assert.equal((await atlas.ctl("whatif", ...wrong)).code, 2, wrong.join(" "));
		for (const [option, value, takes] of [["--concurrent", "0", /from 1 on/], ["--requests-per-hour", "x", /0 = no limit/],
			["--hours", "0", /--hours takes 1 to 8760, not "0"/], ["--priority", "ben=foo", /low, normal, high or urgent/]]) {
			const { stderr } = await atlas.say("whatif", option, value);
			assert.match(stderr, takes);
			assert.doesNotMatch(stderr, /has .* already|twice/);
		}
		assert.match((await atlas.say("whatif")).stdout, /\nwait p50 ms, at most +\d+ .*\nwait p99 ms, at most [^]*known within a quarter\n/);
		for (const wrong of [["--prices", "/no/such"], ["--priority", "nobody=high"],
			["--priority", "nobody=high", "--priority", "ben=low"]])
			assert.equal((await atlas.ctl("whatif", ...wrong)).code, 1, wrong.join(" "));
	});

	test("agrees with the provider's usage, and names what differs", async () => {
		const head = "start_time,model,num_model_requests,input_tokens,input_cached_tokens,output_tokens";
		// a stream has a line as it begins and another at its end, which holds
		const last = new Map((await sim.bill()).map((line) => [line.request_id, line]));
		const billed = [...last.values()].filter((line) => line.cost_nanousd > 0);
		const lines = billed.map((line) => [Math.floor(line.t_ms / 1000), line.served, 1,
			line.prompt_tokens, line.cached_tokens, line.completion_tokens].join(","));
		const file = path.join(atlas.folder, "usage.csv");
		writeFileSync(file, [head, ...lines].join("\n"));
		const same = await atlas.ctl("reconcile", file);
		assert.equal(same.code, 0, same.stdout + same.stderr);
		assert.equal(same.json.differ, 0);
		assert.deepEqual(same.json.lines.map(({ model }) => model), ["gpt-4o", "gpt-4o-mini"]);
		writeFileSync(file, [head, ...lines.slice(1)].join("\n"));
		const other = await atlas.ctl("reconcile", file);
		assert.equal(other.code, 1);
		assert.equal(other.json.differ, 1);
		const { ours, theirs } = other.json.lines.find(({ differs }) => differs);
		assert.equal(ours.requests - theirs.requests, 1);
		const cut = (line) => line.split(",").slice(0, 5).join();
		writeFileSync(file, [head, ...lines].map(cut).join("\n"));
		const partly = await atlas.ctl("reconcile", file);
		assert.equal(partly.code, 2, partly.stdout);
		assert.deepEqual([partly.json.differ, partly.json.not_compared], [0, ["output_tokens"]]);
		assert.match((await atlas.say("reconcile", file)).stdout, /not compared: the file has no output_tokens/);
		writeFileSync(file, [head, ...lines.slice(1)].map(cut).join("\n"));
		assert.equal((await atlas.ctl("reconcile", file)).code, 1, "what is there differs");
		const data = [...new Set(same.json.lines.map(({ day }) => Date.parse(day) / 1000))]
			.map((start_time) => ({ start_time, results: [] }));
		writeFileSync(file, JSON.stringify({ data }));
		const alone = await atlas.ctl("reconcile", file);
		assert.deepEqual(alone.json.lines.map(({ model }) => model), ["gpt-4o", "gpt-4o-mini"]);
		writeFileSync(file, `${head}\n1,gpt-4o,1,many,0,1\n`);
		for (const unread of [["/no/such/file"], [file], []])
			assert.equal((await atlas.ctl("reconcile", ...unread)).code, 2, unread.join());
	});

	test("agrees with what the provider charges, by day", async () => {
		const cents = new Map();
		for (const { sent_at, cost_nanousd } of await rows()) {
			const day = sent_at.slice(0, 10);
			cents.set(day, (cents.get(day) ?? 0) + cost_nanousd);
		}
		const result = (nanousd) =>
			({ amount: { value: (nanousd / 1e9).toFixed(12), currency: "usd" }, line_item: null });
		const costs = (more, back = 0) => ({ data: [...cents].map(([day, n]) => ({
			start_time: Date.parse(day) / 1000,
			results: [result(n + more), result(-back)],
		})), has_more: false });
		const file = path.join(atlas.folder, "costs.json");
		writeFileSync(file, JSON.stringify(costs(0)));
		const same = await atlas.ctl("reconcile", file);
		assert.equal(same.code, 0, same.stdout + same.stderr);
		assert.deepEqual(same.json.lines.map(({ day, theirs }) => [day, nano(theirs.cost_usd)]), [...cents].sort());
		writeFileSync(file, JSON.stringify(costs(2e7)));
		assert.equal((await atlas.ctl("reconcile", file)).code, 1);
		writeFileSync(file, JSON.stringify(costs(2e7, 2e7)));
		assert.equal((await atlas.ctl("reconcile", file)).code, 0, "a refund is taken off");
		writeFileSync(file, JSON.stringify(costs(0, 5e9)));
		const { json } = await atlas.ctl("reconcile", file);
		assert.deepEqual(json.lines.map(({ theirs }) => nano(theirs.cost_usd)), [...cents].sort().map(([, n]) => n - 5e9));
		assert.match((await atlas.say("reconcile", file)).stdout, / -\d\.\d{9} +differs\n[^]*\d of \d days? differ/);
	});

	test("lists and exports rows, and verifies all of them", async () => {
		const all = await rows();
		const csv = await atlas.ctl("export", "--format", "csv");
		assert.equal(csv.stdout.trim().split("\r\n").length, all.length + 1);
		const jsonl = await atlas.ctl("export", "--format", "jsonl", "--model", "gpt-4o");
		assert.equal(jsonl.stdout.trim().split("\n").length,
			all.filter(({ model }) => model === "gpt-4o").length);
		const verified = await atlas.ctl("verify");
		assert.equal(verified.code, 0, verified.stdout);
		assert.equal(verified.json.rows, all.length);
		assert.equal(verified.json.faults, 0);
		assert.equal((await atlas.ctl("usage", "--days", "1")).code, 2);
	});
});

test("reconcile says what lies within the unknown, what was refused, and which file it wants", async () => {
	const upstream = await startSim();
	const other = await startAtlas({ sim: upstream, workers: 1 });
	const file = path.join(other.folder, "theirs.json");
	const write = (results) => writeFileSync(file, JSON.stringify({ data: [{ start_time: Math.floor(Date.now() / 86400000) * 86400, results }] }));
	const say = () => other.say("reconcile", file);
	await upstream.weather({ mode: "truncated-cl", count: 1 });
	assert.ok((await chat(other, { message: "In vain", model: "gpt-4o", body: { max_tokens: 16000 } })).status >= 500);
	assert.equal((await chat(other, { message: "Refused [[sim 400]]", model: "gpt-4o" })).status, 400);
	const cost = await until(async () => {
		const { json } = await get(other, "/monitoring/cost-breakdown");
		return json.attempt_count === 2 && json;
	}, { what: "both are in the ledger" });
	assert.ok(cost.unknown_cost_usd > 0.1, JSON.stringify(cost));
	write([{ amount: { value: 0.05, currency: "usd" } }]);
	const within = await say();
	assert.equal(within.code, 0, within.stdout + within.stderr);
	assert.match(within.stdout, /\nwithin what is unknown of ours on 1 of 1 days: it may agree\n$/);
	assert.doesNotMatch(within.stdout, /all|agrees/);
	assert.match(within.stdout, new RegExp(`^\\d{4}-.* (0\\.\\d{9}) +\\1 +0\\.050000000 `, "m"), "all of ours is unknown");
	write([{ model: "gpt-4o", num_model_requests: 3, input_tokens: 1000000 }]);
	const usage = await say();
	assert.equal(usage.code, 1);
	assert.match(usage.stdout, / gpt-4o +1 +3 +\d+ +1000000 +0 +- +\d+ +- /, "theirs as it is");
	assert.match(usage.stdout, /left out of ours: 1 attempt that the provider refused/);
	assert.match(usage.stdout, /\n1 of 1 days and models differs\n/);
	await chat(other, { message: "No usage [[sim usage-missing tokens=40]]" });
	write([{ model: "gpt-4o-mini", num_model_requests: 1, output_tokens: 1000 }]);
	const guessed = await until(async () => {
		const said = await say();
		return / gpt-4o-mini +1 /.test(said.stdout) && said;
	}, { what: "it is in the ledger" });
	assert.match(guessed.stdout, / gpt-4o-mini .* differs, 1 attempt of ours estimated\n/);
	writeFileSync(file, "{}");
	assert.match((await say()).stderr, /\/v1\/organization\/usage\/.*group_by=model.*\/v1\/organization\/costs/);
	writeFileSync(file, "Period,Spend\n");
	assert.match((await say()).stderr, /export of usage by model, or of costs/);
	assert.equal(await other.stop(), 0);
	assert.deepEqual(await leaks(other), []);
});

test("advice goes by the settings in force", async () => {
	const upstream = await startSim();
	const retry = { max_retries: 1, base_delay: "10ms", max_delay: "10ms" };
	const stabilization = { faults: 1000, max_backoff: "10ms" };
	const other = await startAtlas({ sim: upstream, workers: 1, conf: { retry, stabilization } });
	for (let i = 0; i < 3; i++) assert.ok((await chat(other, { message: "In vain [[sim 500]]" })).status >= 500);
	const vain = async () => (await get(other, "/monitoring/performance")).json.advice.find(({ rule }) => rule === "retries_in_vain");
	const { figures, text } = await until(vain, { what: "three retries that mended nothing" });
	assert.deepEqual(figures.map(({ name, value }) => [name, value]), [["retried", 3], ["failed", 3]]);
	assert.match(text, /max_retries/);
	other.configure({ retry: { ...retry, max_retries: 4 } });
	assert.equal((await other.ctl("reload")).code, 0);
	assert.equal(await vain(), undefined, "what was retried once has not used up four");
	assert.equal(await other.stop(), 0);
	assert.deepEqual(await leaks(other), []);
});

test("what if counts each attempt that was paid for, and what has no price there", async () => {
	const upstream = await startSim();
	const other = await startAtlas({ sim: upstream, workers: 1, conf: { retry: { unknown: "retry" } } });
	await upstream.weather({ mode: "truncated-cl", count: 2 });
	assert.equal((await chat(other, { message: "Twice in vain" })).status, 200);
	assert.equal((await chat(other, { message: "At once", model: "gpt-4o" })).status, 200);
	const cost = await until(async () => {
		const { json } = await get(other, "/monitoring/cost-breakdown");
		return json.attempt_count === 4 && json;
	}, { what: "four attempts" });
	assert.ok(cost.unknown_cost_usd > 0);
	const same = (await other.ctl("whatif", "--prices", MODELS)).json;
	assert.equal(same.requests, 2);
	assert.equal(same.recorded.total_cost_usd, cost.total_cost_usd);
	assert.equal(same.now.total_cost_usd, cost.total_cost_usd);
	assert.equal(same.whatif.total_cost_usd, cost.total_cost_usd);
	assert.equal(same.unpriced, 0);
	// two requests have waited, whatever was tried again
	const { metrics } = (await get(other, "/monitoring/performance")).json;
	assert.deepEqual(same.recorded.wait_ms, metrics.queue_wait_ms);
	assert.equal(metrics.queue_wait_ms.count, 2);
	const waits = async () => (await get(other, "/monitoring/queue-status")).json.queue.wait_ms;
	await until(async () => (await waits()).count === 2, { what: "dispatch tells both waits" });
	assert.equal((await waits()).p99, metrics.queue_wait_ms.max);
	const prices = path.join(other.folder, "prices.json");
	const dollar = { default: { input: 1, output: 1 } };
	writeFileSync(prices, JSON.stringify({ unit: "USD per million tokens",
		models: [{ name: "gpt-4o-mini", display: "mini", apis: ["chat"], prices: [dollar] }] }));
	const cheap = (await other.ctl("whatif", "--prices", prices)).json;
	const tokens = cost.by_model.find(({ model }) => model === "gpt-4o-mini").total_tokens;
	assert.equal(nano(cheap.whatif.total_cost_usd), tokens * 1000);
	assert.equal(cheap.unpriced, 1);
	const shown = await other.say("whatif", "--prices", prices);
	assert.match(shown.stdout, /^refused +0 +0 +0$/m);
	assert.match(shown.stdout, /1 attempt has no price there/);
	assert.equal(await other.stop(), 0);
	assert.equal(await upstream.stop(), 0);
});

test("after a restart all numbers are what they were", async () => {
	const total = async () => {
		const { from, forecast, ...cost } = await ask("/monitoring/cost-breakdown?hours=8760");
		return cost;
	};
	const before = await total();
	assert.equal(await atlas.stop(), 0);
	atlas = await startAtlas({ sim, dataDir: atlas.dataDir });
	assert.deepEqual(await total(), before);
	const { json } = await atlas.ctl("verify");
	assert.equal(json.faults, 0);
});
