// Alerts: what is wrong is said once, in all places, to a receiver that may be deaf at
// first, and by whoever of the processes is still there.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import {
	chat,
	get,
	leaks,
	makeFolder,
	serve,
	startAtlas,
	startSim,
	until,
} from "./lib/index.mjs";

const SECRET = "whsec-0123456789";
const HOOK = "/workflows/a/invoke/?api-version=1&sp=%2Frun&sig=hook-key_0123456789";

/** A receiver that answers with these statuses, then with 204. */
async function receiver(t, statuses = []) {
	const heard = [];
	const server = await serve((request, body, response) => {
		heard.push({ url: request.url, headers: request.headers, body });
		response.writeHead(statuses.shift() ?? 204).end();
	});
	t.after(server.close);
	const news = () => heard.map(({ body }) => JSON.parse(body));
	return { url: `http://127.0.0.1:${server.port}${HOOK}`, heard, news };
}

function isSigned({ headers, body }) {
	const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers["x-atlas-signature"]);
	assert.equal(mac, createHmac("sha256", SECRET).update(`${at}.${body}`).digest("hex"));
	assert.ok(Math.abs(Date.now() / 1000 - at) < 60);
}

/** What a receiver and a command get is what the documents say. */
function documented(variables, headers) {
	assert.equal(variables.length, 7);
	const sent = Object.keys(headers).filter((name) => name.startsWith("x-atlas-"));
	for (const name of ["README.md", "etc/atlas.conf", "etc/man/atlas.conf.5"]) {
		const text = readFileSync(name, "utf8");
		for (const words of [...variables, "t=SECONDS,v1=HEX"]) assert.ok(text.includes(words), `${name}: ${words}`);
		for (const header of sent) assert.ok(text.toLowerCase().includes(header), `${name}: ${header}`);
	}
	const { post } = JSON.parse(readFileSync("etc/openapi.json", "utf8")).webhooks.alert;
	assert.deepEqual(post.parameters.map(({ name }) => name.toLowerCase()).sort(), sent.sort());
}

async function start(hook, alerts = {}) {
	const folder = makeFolder("/tmp");
	const secret = path.join(folder, "secret");
	writeFileSync(secret, `${SECRET}\n`, { mode: 0o600 });
	const command = path.join(folder, "command");
	const said = path.join(folder, "said");
	writeFileSync(command, `#!/bin/sh\n{ env | grep ^ATLAS_ | sort; grep SigIgn /proc/$$/status; } >> ${said}\n`);
	chmodSync(command, 0o755);
	const sim = await startSim();
	const atlas = await startAtlas({
		sim,
		workers: 1,
		conf: {
			stabilization: { recheck: "500ms" },
			alerts: { hold: 0, webhook: hook.url, webhook_secret_file: secret, command, ...alerts },
		},
	});
	return { sim, atlas, command, said: () => (existsSync(said) ? readFileSync(said, "utf8") : "") };
}

const alertsOf = async (atlas) => (await get(atlas, "/monitoring/alerts")).json;
const stateOf = async (atlas, name) => (await alertsOf(atlas)).alerts.find(({ alert }) => alert === name).state;

/** A client of that name that uses some of its budget: a ninth with 90 tokens. */
async function spend(atlas, name, tokens) {
	const { json } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", name, "--budget-day", "0.0005");
	assert.equal((await chat(atlas, { token: json.token, message: `Hi [[sim tokens=${tokens} prompt=30]]`, body: { max_tokens: 100 } })).status, 200);
}

// Most of each is waiting for record to look again: they wait together.
describe("alerts", { concurrency: true }, () => {
	test("a cost is told to the log, the endpoint, the command and a webhook that fails first", async (t) => {
		const hook = await receiver(t, [500]);
		const { atlas, said } = await start(hook, { cost_day: 0.000001 });
		assert.equal((await alertsOf(atlas)).firing, 0);
		assert.equal((await chat(atlas)).status, 200);
		await until(async () => (await stateOf(atlas, "cost_day")) === "firing", { what: "the alert" });
		await until(() => hook.heard.length === 2, { what: "a second try" });
		hook.heard.forEach(isSigned);
		assert.deepEqual(hook.heard.map(({ url }) => url), [HOOK, HOOK]);
		assert.equal(hook.heard[0].headers["x-atlas-event"], hook.heard[1].headers["x-atlas-event"]);
		assert.equal(hook.heard[0].body, hook.heard[1].body);
		const news = JSON.parse(hook.heard[1].body);
		assert.equal(news.alert, "cost_day");
		assert.equal(news.state, "firing");
		assert.equal(news.threshold, 0.000001);
		assert.ok(news.value >= news.threshold);
		await until(() => said().includes("ATLAS_ALERT_NAME=cost_day"), { what: "the command" });
		await until(() => said().includes("SigIgn"), { what: "the whole of it" });
		assert.match(said(), /^ATLAS_ALERT_STATE=firing$/m);
		assert.match(said(), /^SigIgn:\t[0-9a-f]{9}0{7}$/m, "PIPE and HUP mean what they should"); // 32 and 33 are libc's
		assert.match(said(), /^ATLAS_ALERT_THRESHOLD=0\.000001000$/m);
		documented([...said().matchAll(/^ATLAS_ALERT(_\w+)=/gm)].map(([, name]) => name), hook.heard[0].headers);
		const told = await alertsOf(atlas);
		assert.deepEqual(told.news.map(({ sequence, alert }) => [sequence, alert]), [[1, "cost_day"]]);
		const { json } = await atlas.ctl("alerts");
		assert.deepEqual(json.news, told.news);
		const shown = await atlas.say("alerts");
		assert.match(shown.stdout, /^firing +cost_day/m);
		assert.match(atlas.log(), /record alert alert=cost_day state=firing/);
		atlas.configure({ alerts: { webhook: `http://localhost:1${HOOK}` } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		assert.match(atlas.log(), /alerts\] webhook" old="http:\/\/127\.0\.0\.1:\d+\/\.\.\." new="http:\/\/localhost:1\/\.\.\."/);
		assert.equal(await atlas.stop(), 0);
		assert.doesNotMatch(atlas.log(), /hook-key|sig=/);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("a command that a reload brings is not run for what was before", async (t) => {
		const hook = await receiver(t);
		const { atlas, said, command } = await start(hook, { cost_day: 0.000001, command: undefined });
		assert.equal((await chat(atlas)).status, 200);
		await until(() => hook.heard.length === 1, { what: "the day's cost" });
		atlas.configure({ alerts: { hold: 0, cost_day: 0.000001, cost_week: 0.000001, command } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		await until(() => said().includes("ATLAS_ALERT_NAME=cost_week"), { what: "the week's" });
		assert.doesNotMatch(said(), /cost_day/);
		assert.equal(await atlas.stop(), 0);
	});

	test("the log has none of a command's own words, and how it ended", async (t) => {
		const hook = await receiver(t);
		const command = path.join(makeFolder("/tmp"), "command");
		const ends = 'case $ATLAS_ALERT_NAME in cost_day) exit 3 ;; *) kill -9 $$ ;; esac';
		writeFileSync(command, `#!/bin/sh\nyes flood | head -n 9999\nyes flood | head -n 9999 >&2\n${ends}\n`, { mode: 0o755 });
		const { atlas } = await start(hook, { cost_day: 0.000001, cost_week: 0.000001, command });
		assert.equal((await chat(atlas)).status, 200);
		await until(() => atlas.log().match(/ alert_failed command=/g)?.length === 2, { what: "both ends" });
		const ended = [...atlas.log().matchAll(/ alert_failed command="[^"]+" (.*)$/gm)].map(([, how]) => how);
		assert.deepEqual(ended, ["exit=3", "signal=9"]);
		assert.doesNotMatch(atlas.log(), /flood/);
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("a limit that is full is told by its name, and a month's cost as it is", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook, { cost_month: 0.000001 });
		atlas.configure({ limits: { requests_per_minute: 1 } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		assert.equal((await chat(atlas)).status, 200);
		await until(() => hook.heard.length === 2, { what: "both" });
		const told = Object.fromEntries(hook.news().map(({ alert, ...news }) => [alert, news]));
		const { value, threshold, unit, detail } = told.utilization;
		assert.deepEqual([value, threshold, unit, detail], [100, 95, "percent", "all requests 60s"]);
		assert.equal(told.cost_month.state, "firing");
		assert.ok(told.cost_month.value > 0);
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});

	test("status and top name what fires, and call it healthy only with that", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook, { cost_day: 0.000001 });
		const calm = await atlas.say("status");
		assert.match(calm.stdout, /^Atlas is healthy, up /);
		assert.doesNotMatch(calm.stdout, /^ALERT/m);
		assert.deepEqual((await atlas.ctl("status")).json.alerts_firing, []);
		await spend(atlas, "ann", 90);
		await until(async () => (await stateOf(atlas, "cost_day")) === "firing", { what: "the cost" });
		const one = await atlas.say("status");
		assert.match(one.stdout, /^Atlas is healthy; 1 alert fires, up /);
		atlas.configure({ alerts: { budget_percent: 1 } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		await until(async () => (await stateOf(atlas, "budget")) === "firing", { what: "the budget", ms: 15000 });
		for (const words of ["status", "top"]) {
			const { code, stdout } = await atlas.say(words);
			assert.equal(code, 0, "it serves");
			assert.match(stdout, /^Atlas is healthy; 2 alerts fire/);
			assert.match(stdout, /^ALERT {3}firing cost_day: \$0\.\d+ where \$0\.000001000 is too much, since 20/m);
			assert.match(stdout, /^ALERT {3}firing budget: ann day, \d+ % where 1 % is too much, since 20/m);
		}
		const { json } = await atlas.ctl("status");
		assert.equal(json.state, "healthy");
		assert.deepEqual(json.alerts_firing, (await alertsOf(atlas)).alerts.filter(({ state }) => state === "firing"));
		assert.deepEqual(json.alerts_firing.map(({ alert }) => alert), ["cost_day", "budget"]);
		assert.equal(await atlas.stop(), 0);
	});

	test("a budget that is used up is told, and each one after it", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook, { budget_percent: 1 });
		for (const [i, name] of ["ann", "ben"].entries()) {
			const { json } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", name, "--budget-day", "0.001");
			assert.equal((await chat(atlas, { token: json.token, body: { max_tokens: 30 * (i + 1) } })).status, 200);
			await until(() => hook.heard.length === i + 1, { what: `the budget of ${name}`, ms: 15000 });
		}
		const told = hook.news();
		assert.deepEqual(told.map(({ alert, state }) => `${alert} ${state}`), ["budget firing", "budget firing"]);
		assert.equal(told[0].detail, "ann day");
		assert.deepEqual(told[1].detail.split(" and ").sort(), ["ann day", "ben day"]);
		assert.equal(await atlas.stop(), 0);
	});

	test("a budget that refuses is told below the threshold, until others are let in", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook);
		const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann", "--budget-day", "0.0015");
		const ask = (max_tokens) => chat(atlas, { token: made.token, message: "Hi [[sim tokens=900 prompt=30]]", body: { max_tokens } });
		const held = async () => (await get(atlas, "/monitoring/token-usage", { token: made.token })).json.token;
		assert.equal((await ask(1000)).status, 200);
		assert.equal((await held()).refused_at.budget_day, null);
		await until(async () => (await ask(1000)).json.error.code === "insufficient_quota", { what: "a refusal for what is spent" });
		await until(() => hook.heard.length === 1, { what: "that it refuses", ms: 15000 });
		const [news] = hook.news();
		assert.deepEqual([news.alert, news.state, news.detail], ["budget", "firing", "ann day: what is asked for does not fit"]);
		assert.ok(news.value < news.threshold, "it is not used up");
		const why = new RegExp(`ann day: what is asked for does not fit, ${news.value} % and fires below 90 % because it refuses`);
		assert.match((await atlas.say("status")).stdout, why);
		assert.match((await atlas.say("alerts")).stdout, /^firing +budget .*: ann day: what is asked for does not fit; it fires below 90 % because it refuses$/m);
		assert.ok(Math.abs(Date.parse((await held()).refused_at.budget_day) - Date.parse(news.at)) < 60000);
		const { status, json } = await ask(4000);
		assert.deepEqual([status, json.error.code], [413, "request_too_large"]);
		assert.equal((await atlas.ctl("tokens", "update", made.id, "--budget-day", "1")).code, 0);
		assert.equal((await ask(1000)).status, 200);
		assert.equal((await held()).refused_at.budget_day, null);
		await until(() => hook.heard.length === 2, { what: "its end", ms: 15000 });
		assert.deepEqual([hook.news()[1].state, hook.news()[1].detail], ["resolved", news.detail]);
		assert.equal(await atlas.stop(), 0);
	});

	test("a budget that refused is over when the token gets another, whether or not it asks again", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook);
		const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann", "--budget-day", "0.0005");
		assert.equal((await chat(atlas, { token: made.token, body: { max_tokens: 4000 } })).status, 413);
		await until(() => hook.heard.length === 1, { what: "that it refuses", ms: 15000 });
		assert.equal((await atlas.ctl("tokens", "update", made.id, "--concurrent", "3")).code, 0);
		const refusedAt = async () => (await get(atlas, "/monitoring/token-usage", { token: made.token })).json.token.refused_at.budget_day;
		assert.notEqual(await refusedAt(), null, "it is the same budget");
		assert.equal((await atlas.ctl("tokens", "update", made.id, "--budget-day", "5")).code, 0);
		assert.equal(await refusedAt(), null);
		await until(() => hook.heard.length === 2, { what: "its end", ms: 15000 });
		assert.equal(hook.news()[1].state, "resolved");
		assert.equal(await atlas.stop(), 0);
	});

	test("a budget of [client] that refused is over when a reload brings another", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook);
		const to = async (budget) => {
			atlas.configure({ alerts: { hold: 0, webhook: hook.url }, client: { budget_day: budget } });
			assert.equal((await atlas.ctl("reload")).code, 0);
		};
		const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann");
		await to("0.0005");
		assert.equal((await chat(atlas, { token: made.token, body: { max_tokens: 4000 } })).status, 413);
		await until(() => hook.heard.length === 1, { what: "that it refuses", ms: 15000 });
		await to("5");
		await until(() => hook.heard.length === 2, { what: "its end", ms: 15000 });
		assert.equal(hook.news()[1].state, "resolved");
		assert.equal(await atlas.stop(), 0);
	});

	test("a front forgets itself whom it refused by a budget of before, until it heard of another", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook);
		const budget = (budget_day) => {
			atlas.configure({ client: { budget_day } });
			return atlas.ctl("reload");
		};
		const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann");
		assert.equal((await budget("0.0005")).code, 0);
		assert.equal((await chat(atlas, { token: made.token, body: { max_tokens: 4000 } })).status, 413);
		const refusedAt = async () => (await get(atlas, "/monitoring/token-usage", { token: made.token })).json.token.refused_at.budget_day;
		assert.notEqual(await refusedAt(), null);
		const [{ pid }] = atlas.children("record");
		atlas.kill(pid, "SIGSTOP"); // as one that was quicker, and has forgotten already
		const reloaded = budget("5");
		await until(() => / front 1 .*adopted epoch=3$/m.test(atlas.log()), { what: "the front has it" });
		assert.equal(await refusedAt(), null);
		atlas.kill(pid, "SIGCONT");
		assert.equal((await reloaded).code, 0);
		assert.equal(await atlas.stop(), 0);
	});

	test("a budget that has no room for a request even when it is whole is told", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook);
		const { json: made } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "ann", "--budget-day", "0.0005");
		const refused = await chat(atlas, { token: made.token, body: { max_tokens: 4000 } });
		assert.deepEqual([refused.status, refused.json.error.code], [413, "request_too_large"]);
		await until(() => hook.heard.length === 1, { what: "that it refuses", ms: 15000 });
		const [news] = hook.news();
		assert.deepEqual([news.alert, news.state, news.value], ["budget", "firing", 0]);
		assert.match(news.detail, /^ann day: /);
		assert.equal(await atlas.stop(), 0);
	});

	test("a threshold that is lowered tells all that are over it as one piece of news", async (t) => {
		const hook = await receiver(t);
		const { atlas } = await start(hook);
		const ask = (name, tokens) => spend(atlas, name, tokens);
		const seen = async () => (await alertsOf(atlas)).alerts.find(({ alert }) => alert === "budget").detail;
		await ask("ann", 30);
		await ask("ben", 90);
		await until(async () => (await seen()) === "ben day", { what: "a look at budgets", ms: 15000 });
		atlas.configure({ alerts: { hold: 0, webhook: hook.url, budget_percent: 1 } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		await until(() => hook.heard.length > 0, { what: "the first news" });
		await ask("cid", 30);
		await until(() => hook.heard.length === 2, { what: "the third budget", ms: 15000 });
		const told = hook.news().map(({ detail }) => detail.split(/, | and /).sort());
		assert.deepEqual(told, [["ann day", "ben day"], ["ann day", "ben day", "cid day"]]);
		assert.equal(await atlas.stop(), 0);
	});

	test("a successor of record knows the failures of before", async (t) => {
		const hook = await receiver(t);
		const { sim, atlas } = await start(hook, { error_percent: 50, cost_day: 0.000001 });
		await sim.weather({ mode: "500" });
		await Promise.all(Array.from({ length: 12 }, () => chat(atlas)));
		await until(async () => (await stateOf(atlas, "error_rate")) === "firing", { what: "the alert" });
		const [{ pid }] = atlas.children("record");
		await atlas.kill(pid);
		await until(() => atlas.children("record").some((child) => child.pid !== pid), { what: "another record" });
		await sim.clearWeather();
		assert.equal((await chat(atlas)).status, 200);
		await until(async () => (await stateOf(atlas, "cost_day")) === "firing", { what: "what the successor sees" });
		const { news } = await alertsOf(atlas);
		assert.deepEqual(news.map(({ alert, state }) => `${alert} ${state}`), ["cost_day firing", "error_rate firing"]);
		assert.equal(await atlas.stop(), 0);
	});

	test("what fired before a restart is told to be over, or told again", async (t) => {
		const hook = await receiver(t);
		const ofCosts = () => hook.news().map(({ alert, state }) => `${alert} ${state}`);
		const costs = { cost_day: 0.000001, cost_week: 0.000001 };
		const { sim, atlas: first } = await start(hook, costs);
		assert.equal((await chat(first)).status, 200);
		await until(() => hook.heard.length === 2, { what: "both costs" });
		assert.equal(await first.stop(), 0);
		const second = await startAtlas({
			sim,
			workers: 1,
			dataDir: first.dataDir,
			conf: { alerts: { hold: 0, webhook: hook.url, ...costs, cost_week: 100 } },
		});
		await until(() => hook.heard.length === 4, { what: "one again, one over", ms: 20000 });
		assert.deepEqual(ofCosts(), ["cost_day firing", "cost_week firing", "cost_day firing", "cost_week resolved"]);
		assert.equal((await second.ctl("verify")).json.faults, 0);
		assert.equal(await second.stop(), 0);
	});

	test("what has grown over a restart is told once", async (t) => {
		const hook = await receiver(t);
		const { sim, atlas: first } = await start(hook, { budget_percent: 8 });
		await spend(first, "ann", 30);
		await spend(first, "ben", 90);
		await until(() => hook.heard.length === 1, { what: "the one budget", ms: 15000 });
		assert.equal(await first.stop(), 0);
		const second = await startAtlas({
			sim,
			workers: 1,
			dataDir: first.dataDir,
			conf: { alerts: { hold: 0, webhook: hook.url, budget_percent: 1 } },
		});
		await until(() => hook.heard.length === 2, { what: "both budgets", ms: 15000 });
		await spend(second, "cid", 30);
		await until(() => hook.heard.length === 3, { what: "the third budget", ms: 15000 });
		assert.deepEqual(hook.news().map(({ detail }) => detail), ["ben day", "ben day and ann day", "ben day, ann day and cid day"]);
		assert.equal(await second.stop(), 0);
	});

	test("what looks well after a restart is told to be over without the wait of what flickers", async (t) => {
		const hook = await receiver(t);
		const { sim, atlas: first } = await start(hook);
		await sim.weather({ mode: "slow_down", count: 1 });
		assert.equal((await chat(first)).status, 200);
		await until(() => hook.heard.length === 1, { what: "the news", ms: 20000 });
		first.configure({ alerts: { hold: "1h" } });
		assert.equal((await first.ctl("reload")).code, 0);
		assert.equal((await first.ctl("reset-limits", "--yes")).code, 0);
		await until(async () => (await alertsOf(first)).alerts.find(({ alert }) => alert === "stabilization").value === 0, { what: "a steady key" });
		assert.equal(await stateOf(first, "stabilization"), "firing", "it may flicker");
		assert.equal(await first.stop(), 0);
		const second = await startAtlas({
			sim,
			workers: 1,
			dataDir: first.dataDir,
			conf: { alerts: { hold: "1h", webhook: hook.url } },
		});
		await until(() => hook.heard.length === 2, { what: "its end", ms: 20000 });
		assert.deepEqual(hook.news().map(({ alert, state, detail }) => [alert, state, detail]),
			[["stabilization", "firing", "key default"], ["stabilization", "resolved", "key default"]]);
		assert.equal(await second.stop(), 0);
	});

	test("a key that is refused fires, its return resolves, deaths in between say nothing twice", async (t) => {
		const hook = await receiver(t);
		const ofKey = () => hook.news().filter(({ alert }) => alert === "key_out_of_service");
		const { sim, atlas } = await start(hook);
		await sim.weather({ mode: "401" });
		await chat(atlas);
		await until(async () => (await stateOf(atlas, "key_out_of_service")) === "firing", { what: "the alert" });
		await until(() => ofKey().length === 1, { what: "the webhook" });
		for (const role of ["record", "dispatch"]) {
			const [{ pid }] = atlas.children(role);
			await atlas.kill(pid);
			await until(() => atlas.children(role).some((child) => child.pid !== pid), { what: `another ${role}` });
		}
		await sim.clearWeather();
		await until(async () => (await chat(atlas)).status === 200, { what: "the key's return" });
		await until(async () => (await stateOf(atlas, "key_out_of_service")) === "resolved", { what: "the end" });
		await until(() => ofKey().length === 2, { what: "the end told" });
		assert.deepEqual(ofKey().map(({ state }) => state), ["firing", "resolved"]);
		assert.match(ofKey()[0].detail, /^key /);
		const rows = (await get(atlas, "/monitoring/export?format=jsonl")).text.trim().split("\n")
			.map((line) => JSON.parse(line));
		assert.equal(rows[0].stabilization, 0);
		assert.ok(rows.some(({ status, stabilization }) => status === 200 && stabilization > 0), "a probe's row");
		const numbers = hook.news().map(({ sequence }) => sequence);
		assert.deepEqual(numbers, numbers.map((_, i) => i + 1));
		assert.equal(await atlas.stop(), 0);
	});
});
