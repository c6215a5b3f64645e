// What Atlas says of its own state and of its refusals: with the figure, the setting and the
// wait that a person needs to act on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chat, get, post, program, runToEnd, startAtlas, startSim, until } from "./lib/index.mjs";

const statusOf = async (atlas) => (await atlas.ctl("status")).json;

test("a key that is held is in the first line of a status that is healthy", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { stabilization: { minutes: 15 } } });
	const steady = await statusOf(atlas);
	assert.deepEqual([steady.notes, steady.keys.map(({ state }) => state)], [[], ["steady"]]);
	assert.doesNotMatch((await atlas.say("status")).stdout, /^KEY/m);
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal((await chat(atlas)).status, 200);
	const held = await until(async () => {
		const seen = await statusOf(atlas);
		return seen.keys[0].state === "hold" && seen;
	}, { what: "the key is held" });
	const { name, pace_requests_per_hour: pace } = held.keys[0];
	assert.ok(pace > 0);
	assert.equal(held.state, "healthy");
	assert.deepEqual(held.keys.map((key) => Object.keys(key)),
		(await atlas.ctl("limits")).json.keys.map((key) => Object.keys(key)));
	assert.equal(held.notes.length, 1);
	const said = await atlas.say("status");
	assert.equal(said.code, 0, "it serves");
	const [head] = said.stdout.split("\n");
	const line = /^KEY .*$/m.exec(said.stdout)?.[0];
	for (const text of [held.notes[0], head, line])
		for (const part of [name, `${pace} requests( and \\d+ tokens)? an hour`, /1[45] min \d+ s/]) assert.match(text, new RegExp(part));
	assert.match(head, /^Atlas is healthy; /);
	assert.match(line, / hold/);
	for (const words of ["limits", "top"])
		assert.match((await atlas.say(words)).stdout, new RegExp(`^key ${name}.* is held for 1[45] min .* to ${pace} requests( and \\d+ tokens)? an hour$`, "m"));
	const narrow = `stty cols 50 rows 24; ${program("atlasctl")} -c ${atlas.conf} status`;
	const { stdout: shown } = await runToEnd("script", ["-qec", narrow, "/dev/null"]);
	assert.ok(shown.split("\r\n").every(({ length }) => length <= 50), shown);
	assert.equal(shown.replaceAll("\r\n  ", " ").match(/is held for 1[45] min \d+ s/g)?.length, 2, shown);
	assert.equal(await atlas.stop(), 0);
});

test("what is used above a limit that was made smaller is told as such", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 100 } } });
	for (let i = 0; i < 3; i++) assert.equal((await chat(atlas)).status, 200);
	assert.doesNotMatch((await atlas.say("status")).stdout, /than it allows/);
	atlas.configure({ limits: { requests_per_minute: 2 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.match((await atlas.say("status")).stdout, /requests per minute  3 of 2 \(150 %\)\n +1 more than it allows now: nothing fits for \d+/);
	assert.match((await atlas.say("limits")).stdout, /requests per minute  3 of 2 used \(150 %\), 1 more than it allows/);
	assert.equal(await atlas.stop(), 0);
});

test("a pace that is held is told within the limits as they are now", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: {
		stabilization: { minutes: 15 },
		limits: { requests_per_minute: 1200, tokens_per_minute: 10000000 },
	} });
	await sim.weather({ mode: "slow_down", count: 1 });
	assert.equal((await chat(atlas)).status, 200);
	const paces = async () => {
		const [{ state, pace_requests_per_hour: requests, pace_tokens_per_hour: tokens }] = (await statusOf(atlas)).keys;
		return { state, requests, tokens };
	};
	const held = await until(async () => {
		const seen = await paces();
		return seen.state === "hold" && seen;
	}, { what: "the key is held" });
	assert.ok(held.requests > 1200 && held.tokens > 9000000, JSON.stringify(held));
	atlas.configure({ limits: { requests_per_minute: 20, tokens_per_minute: 150000, tokens_per_hour: 1000000 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.deepEqual(await until(async () => {
		const seen = await paces();
		return seen.requests < held.requests && seen;
	}, { what: "the reload is told" }), { state: "hold", requests: 1200, tokens: 1000000 });
	for (const words of ["status", "limits", "top"])
		assert.match((await atlas.say(words)).stdout.replaceAll(/\n +/g, " "), / to 1200 requests and 1000000 tokens an hour\b/, words);
	assert.equal(await atlas.stop(), 0);
});

test("what was never sent has waited until its end, in the head and in the log", async () => {
	const sim = await startSim();
	const conf = { limits: { requests_per_minute: 1 }, queue: { max_wait: "1s" } };
	const atlas = await startAtlas({ sim, conf });
	assert.equal((await chat(atlas)).status, 200);
	const late = await chat(atlas);
	assert.equal(late.json.error.code, "queue_timeout", late.text);
	assert.ok(Number(late.headers["x-atlas-queue-ms"]) >= 1000, late.headers["x-atlas-queue-ms"]);
	const done = new RegExp(`request_done id=${late.headers["x-atlas-request-id"]} .* queue_ms=(\\d+) total_ms=(\\d+)`);
	const [, queueMs, totalMs] = await until(() => done.exec(atlas.log()), { what: "the line of its end" });
	assert.ok(Number(queueMs) >= 1000 && Number(queueMs) <= Number(totalMs), `${queueMs} of ${totalMs} ms`);
	assert.equal(await atlas.stop(), 0);
});

const waiting = (atlas, n) =>
	until(async () => (await statusOf(atlas)).queue_size === n, { what: `${n} wait` });

const secondsOf = (answer) => Number(/try again in ([\d.]+)s\.$/.exec(answer.json.error.message)?.[1]);

test("a full queue says how many wait, by which setting, and when a place is free", async () => {
	const sim = await startSim();
	const conf = { limits: { requests_per_minute: 1 }, queue: { max_size: 2 } };
	const atlas = await startAtlas({ sim, conf });
	assert.equal((await chat(atlas)).status, 200);
	const asked = [chat(atlas), chat(atlas)];
	await waiting(atlas, 2);
	await until(async () => (await atlas.ctl("queue")).json.queue.queued_requests.every(({ position }) => position > 0), { what: "places are told" });
	const [counts, head, ...lines] = (await atlas.say("queue")).stdout.trimEnd().split("\n");
	assert.match(counts, /^2 waiting, 0 of \d+ running$/);
	assert.deepEqual(lines.map((line) => line.slice(0, head.indexOf("ID")).trim()), ["1", "2"]);
	for (const line of lines) assert.equal(line.slice(head.indexOf("SESSION")), "-", "under its head");
	const full = await chat(atlas);
	assert.equal(full.json.error.code, "queue_full", full.text);
	assert.match(full.json.error.message, /2 requests wait.*\[queue\] max_size/);
	assert.ok(secondsOf(full) > 30 && secondsOf(full) < 61, full.text);
	assert.equal(Number(full.headers["retry-after"]), Math.min(60, Math.ceil(secondsOf(full))));
	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200, answer.text);
	assert.equal(await atlas.stop(), 0);
});

test("a front without a place left says when the first of those who wait will go", async () => {
	const sim = await startSim();
	const conf = { limits: { requests_per_minute: 1 }, queue: { max_size: 2, max_concurrent: 1 } };
	const atlas = await startAtlas({ sim, workers: 1, conf });
	assert.equal((await chat(atlas)).status, 200);
	const same = { headers: { "Idempotency-Key": "the same" } };
	const asked = [chat(atlas, same)];
	await waiting(atlas, 1);
	// a front has 256 places at least, and who waits for the answer of another has one too
	for (let i = 0; i < 256; i++) asked.push(chat(atlas, same));
	const full = await Promise.race(asked);
	assert.equal(full.json.error.code, "queue_full", full.text);
	assert.match(full.json.error.message, /as many requests wait or run/i);
	assert.ok(secondsOf(full) > 10 && secondsOf(full) < 61, full.text);
	assert.equal(Number(full.headers["retry-after"]), Math.min(60, Math.ceil(secondsOf(full))));
	atlas.configure({ limits: { requests_per_minute: 0 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	const statuses = (await Promise.all(asked)).map(({ status }) => status);
	assert.deepEqual(statuses.filter((status) => status !== 200), [503]);
	assert.equal(await atlas.stop(), 0);
});

test("who has waited too long hears for how long, by which setting and for what", async () => {
	const sim = await startSim();
	const queue = { max_wait: "1s" };
	await Promise.all([
		[/limit on requests/, { limits: { requests_per_minute: 1 } }, [chat]],
		[/limit on tokens/, { limits: { tokens_per_minute: 60 } }, [(atlas) => chat(atlas, { body: { max_tokens: 30 } })]],
		[/max_concurrent/, { queue: { max_concurrent: 1, max_wait: "1s" } },
			[chat, (atlas) => void chat(atlas, { message: "Go on [[sim tokens=400 tps=20]]" }).catch(() => {})]],
	].map(async ([what, conf, warm]) => {
		const atlas = await startAtlas({ sim, workers: 1, conf: { queue, ...conf } });
		for (const ask of warm) assert.notEqual((await ask(atlas))?.status ?? 200, 503);
		await until(async () => conf.queue === undefined || (await statusOf(atlas)).exchanges.sent + (await statusOf(atlas)).exchanges.streaming > 0,
			{ what: "one runs" });
		const late = await chat(atlas, { body: { max_tokens: 40 } });
		assert.equal(late.json.error.code, "queue_timeout", late.text);
		assert.match(late.json.error.message, /waited 1\.\d s.*\[queue\] max_wait/);
		assert.match(late.json.error.message, what);
		await atlas.stop({ signal: "SIGINT" }); // what runs would go on for long
	}));
});

test("who was sent once in between hears of the whole wait, not only of that before it", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 1, conf: {
		queue: { max_wait: "1s" }, limits: { requests_per_minute: 1 }, retry: { base_delay: "10ms" },
	} });
	await sim.weather({ mode: "500", count: 1 });
	const late = await chat(atlas);
	assert.equal(late.json.error.code, "queue_timeout", late.text);
	assert.equal((await sim.billSummary()).requests, 1, "it was sent");
	assert.ok(Number(late.headers["x-atlas-queue-ms"]) < 1000, "and waited less before that");
	assert.match(late.json.error.message, /waited 1\.\d s/);
	assert.equal(await atlas.stop(), 0);
});

test("a request beyond a whole limit hears which one, how large it is and what it counts for", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({
		sim, conf: { limits: { tokens_per_minute: 1000 }, "model gpt-4o": { tokens_per_minute: 90 } },
	});
	for (const [model, limit, scope] of [["gpt-4o-mini", 1000, "all models"], ["gpt-4o", 90, "model gpt-4o"]]) {
		const answer = await chat(atlas, { model, body: { max_tokens: limit + 1 } });
		assert.equal(answer.status, 413, answer.text);
		const [, counted, of, on] = /counted as (\d+) tokens.* limit of (\d+) tokens in 60 s for (.+); make/.exec(answer.json.error.message);
		assert.ok(Number(counted) > limit && Number(counted) < limit + 100, counted);
		assert.deepEqual([Number(of), on], [limit, scope]);
	}
	assert.equal(await atlas.stop(), 0);
});

test("one is told as one, and what there was none of is not told", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { client: { requests_per_minute: 1 } } });
	assert.equal((await chat(atlas)).status, 200);
	const refused = await chat(atlas);
	assert.equal(refused.status, 429, refused.text);
	assert.match(refused.json.error.message, /: 1 request still counts, 1 more asked for/);
	const said = await until(async () => {
		const { stdout } = await atlas.say("usage");
		return /requests +1 sent/.test(stdout) && stdout;
	}, { what: "it is in the ledger" });
	assert.match(said, /^ +attempts +1 reached the upstream$/m);
	assert.equal(await atlas.stop(), 0);
});

test("a wait for one that runs is counted apart from a wait for a limit", async () => {
	const sim = await startSim();
	const queue = { max_concurrent: 1 };
	const atlas = await startAtlas({ sim, conf: { queue } });
	const waits = async () => {
		const { place_waits: place, limit_waits: limit } = (await statusOf(atlas)).counters;
		return [place, limit];
	};
	const all = Array.from({ length: 3 }, () => chat(atlas, { message: "Go [[sim tokens=20 tps=100]]" }));
	for (const answer of await Promise.all(all)) assert.equal(answer.status, 200, answer.text);
	assert.deepEqual(await waits(), [2, 0]);
	atlas.configure({ queue: { max_concurrent: 1, max_wait: "1s" }, limits: { requests_per_minute: 4 } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal((await chat(atlas)).json.error.code, "queue_timeout");
	assert.deepEqual(await waits(), [2, 1]);
	assert.equal(await atlas.stop(), 0);
});

test("reset-limits says how much of each limit it forgets", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { limits: { requests_per_minute: 100, requests_per_hour: 500 } } });
	for (let i = 0; i < 3; i++) assert.equal((await chat(atlas)).status, 200);
	const { stdout: used } = await atlas.say("limits");
	assert.match(used, /per minute  3 of 100 used \(3 %\)\n.* per hour    3 of 500 used \(1 %\)\n/, "to the nearest percent");
	const { stdout } = await atlas.say("reset-limits", "--yes");
	assert.match(stdout, /^limit all, requests per minute: 3 used -> 0 used$/m);
	assert.match(stdout, /^limit all, requests per hour: 3 used -> 0 used$/m);
	assert.match(stdout, /^limits: 2 in use -> 0 in use$/m);
	assert.equal((await chat(atlas)).status, 200);
	const { forgotten } = (await atlas.ctl("reset-limits", "--yes")).json;
	assert.deepEqual(forgotten.map(({ window_seconds: s, used }) => [s, used]), [[60, 1], [3600, 1]]);
	assert.equal(await atlas.stop(), 0);
});

test("a relayed request without a model hears that a token of some models must name one", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { server: { relay_paths: "/v1/moderations:chat" } } });
	const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "some", "--models", "gpt-4o*");
	const ask = (body) => post(atlas, "/v1/moderations", body, { token: made.token, headers: { "content-type": "application/json" } });
	for (const [body, said] of [
		[{ input: "Hi" }, /names no model.* only gpt-4o\*/],
		[{ input: "Hi", model: "o3" }, /may not use that model; .*gpt-4o\*/],
	]) {
		const { status, json } = await ask(body);
		assert.deepEqual([status, json.error.code, json.error.param], [403, "model_not_allowed", "model"]);
		assert.match(json.error.message, said);
	}
	assert.equal(await atlas.stop(), 0);
});

test("a command that is none, or half of one, is an error to programs too", async () => {
	const atlas = await startAtlas({ sim: await startSim() });
	for (const [words, said] of [[["bogus"], /"bogus"/], [["tokens"], /"tokens"/], [["tokens", "bogus"], /"tokens bogus"/], [[], /missing/]]) {
		const { code, json, stdout } = await atlas.ctl(...words);
		assert.equal(code, 2, words.join(" "));
		assert.equal(json?.ok, false, stdout);
		assert.match(json.error, said);
		assert.equal((await atlas.say(...words)).stdout, "");
	}
	assert.equal(await atlas.stop(), 0);
});

test("what people read has whole lines and no blank at their ends", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim });
	const { stdout: empty } = await atlas.say("cost");
	assert.match(empty, /dollars {2}model\n +none\n/);
	assert.match(empty, /if it goes on like this, with nothing sent in the last 24 h\n/);
	const { headers } = await chat(atlas, { headers: { "x-atlas-session": "tour" } });
	const why = await atlas.say("why", headers["x-atlas-request-id"]);
	for (const words of [["status"], ["usage"], ["session", "tour"], ["verify"], ["whatif"], ["alerts"]])
		assert.doesNotMatch((await atlas.say(...words)).stdout, /\b1 [a-z ]*(request|attempt|row|link|session|token)s\b/, words[0]);
	assert.match(why.stdout, /^ +status +200$/m);
	const alerts = await atlas.say("alerts");
	assert.match(alerts.stdout, /^ok +stabilization +- +0 +1 +keys at a reduced rate/m);
	assert.match(alerts.stdout, /^ok +budget +- +0 % +90 % +used of a client's budget$/m);
	assert.match(alerts.stdout, /^ok +cost_day +- +\$0\.\d{9} +not watched +spent this day/m);
	for (const { stdout } of [why, alerts]) assert.doesNotMatch(stdout, / $/m);
	const nowhere = "/nowhere/at/all/that/is/a/rather/long/name/for/the/file/of/a/certificate";
	atlas.configure({ server: { tls_certificate: nowhere, tls_key: nowhere } });
	assert.equal((await atlas.ctl("reload")).code, 1);
	const { stdout } = await atlas.say("status");
	assert.match(stdout, new RegExp(`^the last reload was refused: .*${nowhere}`, "m"));
	assert.equal(await atlas.stop(), 0);
});

test("a model that is not listed is none, or not this token's, and is named", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim });
	const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "some", "--models", "gpt-4o*");
	for (const name of ["no-such-model", "o3"]) {
		const { status, json } = await get(atlas, `/v1/models/${name}`, { token: made.token });
		assert.deepEqual([status, json.error.code, json.error.param], [404, "model_not_found", "model"]);
		assert.match(json.error.message, new RegExp(`"${name}", or this token may not use it`));
	}
	assert.equal(await atlas.stop(), 0);
});

test("the README names every command of atlasctl, and no other", async () => {
	const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
	const named = /`atlasctl\s(status\|[a-z|-]+)`/.exec(readme)[1].split("|");
	const { stdout } = await runToEnd(program("atlasctl"), ["--help"]);
	const table = stdout.split("commands:\n")[1].split("\n\n")[0].split("\n");
	const known = table.map((line) => /^ {2}([a-z-]+)/.exec(line)[1]);
	assert.deepEqual(named.toSorted(), [...new Set(known)].sort());
});
