// Usage by model, performance, requests, insight: the same figures as the bill.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { chat, get, ledgerEqualsBill, makeFolder, until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage } from "./lib/browser.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";

const NEW_MODEL = "gpt-3.5-turbo";
let page, failed;

/** A catalogue in which this model is not. */
function withoutPrice(name) {
	const { models, ...rest } = JSON.parse(readFileSync(new URL("../../etc/models.json", import.meta.url), "utf8"));
	const file = path.join(makeFolder(os.tmpdir()), "models.json");
	writeFileSync(file, JSON.stringify({ ...rest, models: models.filter((one) => !one.name.startsWith(name)) }));
	return file;
}

stage({ conf: { alerts: { cost_day: 0.00001 }, limits: { requests_per_hour: 1000 }, server: { models_file: withoutPrice(NEW_MODEL), relay_paths: "/v1/files:chat" } } }, async () => {
	await sim.weather({ mode: "500", count: 1 });
	failed = await chat(atlas, { message: "First fails, then does not", headers: { "x-atlas-session": "story" } });
	for (let i = 0; i < 6; i++)
		await chat(atlas, { message: `Number ${i}`, model: i % 2 ? "gpt-4o" : "gpt-4o-mini" });
	await ledgerEqualsBill(atlas, sim);
	page = await enter(await openPage(browser, atlas), atlas);
});

/** As many nano-dollars as are shown: sums have fewer places the larger they are. */
const isShown = (text, nanousd) => assert.ok(Math.abs(nano(text) - nanousd) <= 500, `${text} for ${nanousd}`);
const nano = (text) => Math.round(Number(text.replace(/[$,]/g, "")) * 1e9);
const tile = (name) => page.locator(".tile", { has: page.getByText(name, { exact: true }) }).locator("dd").first();

test("usage by model adds up to the bill", async () => {
	await go(page, "usage?hours=24");
	const table = page.getByRole("table", { name: "Usage by model" });
	await table.getByRole("row").nth(2).waitFor();
	const bill = (await sim.bill()).filter(({ billed }) => billed);
	for (const model of ["gpt-4o", "gpt-4o-mini"]) {
		const row = table.getByRole("row").filter({ has: page.getByRole("cell", { name: model, exact: true }) });
		const want = bill.filter((line) => line.model === model).reduce((sum, line) => sum + line.cost_nanousd, 0);
		isShown(await row.getByRole("cell").nth(5).innerText(), want);
	}
	// "In" alone is all of the prompt, in the story of a request and in the API
	const legend = await page.getByRole("region", { name: "Tokens" }).locator(".legend").innerText();
	assert.match(legend, /In, not from the cache[^]*In, from the cache[^]*Out/);
	await page.getByRole("link", { name: "Session", exact: true }).click();
	const sessions = page.getByRole("table", { name: "Usage by session" });
	await sessions.getByText("story").waitFor();
	await page.keyboard.press("/");
	await page.keyboard.type("no such session");
	await until(async () => (await sessions.getByText("story").count()) === 0);
	const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("region", { name: "Where it went" }).getByRole("button", { name: "CSV" }).click()]);
	assert.match(readFileSync(await file.path(), "utf8"), /^Session,Requests,.*\r\n(.*\r\n)*story,1,/);
});

test("the score names what it was lowered by, the error its type", async () => {
	await go(page, "performance");
	await until(async () => Number(await tile("Score of 100").innerText()) < 100);
	await page.getByRole("table", { name: "Errors by type" }).getByText("Upstream failed").waitFor();
	assert.equal(await tile("Retries called for").innerText(), "1");
	assert.equal(await tile("Requests that succeeded").innerText(), "100%");
});

test("the part that succeeded says what it is a part of", async () => {
	const endings = { ended: 174, answered: 158, failed: 6, refused: 4, cancelled: 6 };
	await page.route("**/monitoring/performance*", async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, json: { ...(await response.json()), endings, success_rate: 0.963 } });
	});
	await go(page, "performance?hours=25");
	await page.getByText("158 of 164; 10 refused or cancelled", { exact: true }).waitFor({ timeout: 5000 });
	assert.equal(await tile("Requests that succeeded").innerText(), "96%");
	await page.unroute("**/monitoring/performance*");
});

test("what was spent today says how much of it nobody knows", async () => {
	await page.route("**/monitoring/cost-breakdown*", async (route) => {
		const response = await route.fetch();
		const json = await response.json();
		const today = `${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`;
		const by_day = json.by_day.map((one) => ({ ...one, unknown_cost_usd: one.day === today ? 0.25 : 0.5 }));
		await route.fulfill({ response, json: { ...json, by_day } });
	});
	await go(page, "overview");
	const spent = page.locator(".tile", { has: page.getByText("Spent today", { exact: true }) });
	await spent.getByText(/^of it unknown at most \$0\.25(;|$)/).waitFor({ timeout: 5000 });
	await page.unroute("**/monitoring/cost-breakdown*");
});

test("a request is found by its session, and its story is told", async () => {
	const id = failed.headers["x-atlas-request-id"];
	await go(page, "requests");
	const table = page.getByRole("table", { name: "Requests" });
	await until(async () => (await table.getByRole("row").count()) === 8);
	await page.keyboard.press("/");
	await page.keyboard.type("story");
	await until(async () => (await table.getByRole("row").count()) === 2);
	await table.getByRole("button", { name: `…${id.slice(-8)}` }).click();
	const story = page.getByRole("region", { name: "The story of one request" });
	await story.getByText(id).waitFor();
	await story.getByText(/^Before the last attempt \d/).waitFor();
	const steps = await story.getByRole("listitem").locator("strong").allInnerTexts();
	assert.equal(steps[0], "Queued");
	assert.equal(steps.filter((step) => step === "Settled").length, 2);
	assert.ok(steps.includes("Retry"));
	const last = story.getByRole("listitem").last().locator("section");
	assert.deepEqual(await last.locator("h4").allInnerTexts(), ["What", "Tokens", "Money", "Times"]);
	const facts = await Promise.all((await last.locator("dl").all()).map((one) => one.locator("dt").allInnerTexts()));
	assert.ok(["In", "Out"].every((name) => facts[1].includes(name)), `${facts[1]}`);
	assert.deepEqual(facts[3], ["Took"]);
	const names = await story.locator(".groups dt").allInnerTexts();
	assert.deepEqual(names.filter((name) => /_|^[a-z]/.test(name)), [], "no field's name is shown as it is");
});

test("a request has the colour of what its client got, and its settlement in words", async () => {
	const rows = [
		["answered", { status: 200, failure: "none", error_code: "", outcome: "settled_usage" }, "Answered", "settled", "good"],
		["cut", { status: 200, failure: "upstream_truncated", error_code: "upstream_truncated", outcome: "settled_estimate" }, "Upstream truncated", "estimated", "bad"],
		["billed", { status: 500, failure: "upstream_failed", error_code: "server_error", outcome: "settled_usage" }, "Server error", "settled", "bad"],
		["its-own", { status: 400, failure: "none", error_code: "context_length_exceeded", outcome: "released" }, "Context length exceeded", "released", "warn"],
		["left", { status: 0, failure: "cancelled", error_code: "cancelled", outcome: "unknown" }, "Cancelled", "unknown", ""],
		["lost", { status: 0, failure: "none", error_code: "upstream_outcome_unknown", outcome: "unknown", final: false }, "Outcome unknown", "unknown", "bad"],
		["waited", { status: 0, sent_at: null, first_token_ms: 0, duration_ms: 0, failure: "queue_timeout", error_code: "queue_timeout", outcome: "released" }, "Queue timeout", "released", "bad"],
		["again", { status: 500, failure: "none", error_code: "server_error", outcome: "released", final: false }, "Under way", "released", "accent"],
	];
	const long = { model: "gpt-4.1-nano-2025-04-14", client: "nightly-summaries-of-the-data-platform", total_tokens: 1234567, cost_nanousd: 26550, queue_ms: 33512, first_token_ms: 12345, duration_ms: 92345, attempt: 2 };
	await page.route("**/monitoring/export*", async (route) => {
		const response = await route.fetch();
		const one = JSON.parse((await response.text()).split("\n")[0]);
		await route.fulfill({ response, body: rows.map(([session_id, fields], i) => JSON.stringify({ ...one, ...long, final: true, ...fields, session_id, id: `${one.id.slice(0, -1)}${i}` })).join("\n") });
	});
	await go(page, "requests?hours=25");
	const table = page.getByRole("table", { name: "Requests" });
	for (const [session, , word, settled, tone] of rows) {
		const row = table.getByRole("row").filter({ has: page.getByRole("cell", { name: session, exact: true }) });
		await row.getByText(settled, { exact: true }).waitFor({ timeout: 5000 });
		const chip = row.locator(".chip");
		assert.deepEqual([await chip.innerText(), await chip.getAttribute("class")], [word, `chip ${tone}`.trim()]);
	}
	const timesOf = async (session) => (await table.getByRole("row").filter({ has: page.getByRole("cell", { name: session, exact: true }) }).getByRole("cell").allInnerTexts()).slice(-2);
	assert.deepEqual(await timesOf("waited"), ["–", "–"], "it was never sent");
	assert.deepEqual(await timesOf("left"), ["–", "1 min 32 s"], "nothing came of it");
	assert.equal(await page.locator(".scroll[aria-label=Requests]").evaluate((one) => one.scrollWidth - one.clientWidth), 0, "all of it in sight");
	await page.unroute("**/monitoring/export*");
});

test("requests stand in the order in which they were asked, whenever they were sent", async () => {
	await page.route("**/monitoring/export*", async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, body: (await response.text()).trim().split("\n").reverse().join("\n") });
	});
	await go(page, "requests?hours=24");
	const times = page.getByRole("table", { name: "Requests" }).locator("tbody time");
	await times.nth(6).waitFor();
	const asked = await times.evaluateAll((all) => all.map(({ dateTime }) => dateTime));
	assert.deepEqual(asked, asked.toSorted().reverse());
	await page.unroute("**/monitoring/export*");
});

test("insight says where the money went and where it is going", async () => {
	await go(page, "insight?hours=24");
	await until(async () => nano(await tile("Spent").innerText()) > 0);
	assert.equal(await tile("The next 24 hours").innerText(), "–");
	isShown(await tile("Spent").innerText(), (await sim.billSummary()).cost_nanousd);
	await page.getByRole("table", { name: "What lies ahead" }).getByText("The next 30 days").waitFor();
	const alerts = page.getByRole("region", { name: "Alerts", exact: true });
	await alerts.getByText("firing").waitFor();
	assert.match(await alerts.getByRole("listitem").first().innerText(), /Cost day/);
	await go(page, "overview");
	await page.getByText(/spent this day \(UTC\); it fires at \$0\.00001/).waitFor();
	await isCalm(page);
});

test("an alert that is held says what it was, not what it counts now", async () => {
	const sentence = (alert) => page.evaluate(async (one) => (await import("/app/js/alerts.js")).sentenceOf(one), alert);
	const keys = { alert: "stabilization", unit: "count", threshold: 1, detail: "main", about: "keys at a reduced rate, or held, after errors" };
	assert.match(await sentence({ ...keys, state: "firing", value: 2 }), /^2 keys at .*: main; it fires at 1$/);
	assert.match(await sentence({ ...keys, state: "firing", value: 1 }), /^1 key at /);
	assert.match(await sentence({ ...keys, state: "firing", value: 0 }), /^No keys at .*; it was main; this ends when it has stayed so for a while$/);
	assert.match(await sentence({ ...keys, state: "resolved", value: 0 }), /^No keys at .*; it was main; it fires at 1$/);
	assert.match(await sentence({ ...keys, state: "ok", value: 0, detail: "" }), /^No keys at .*; it fires at 1$/);
	const limit = { alert: "utilization", unit: "percent", threshold: 90, detail: "all requests 60s", about: "used of an upstream limit" };
	assert.match(await sentence({ ...limit, state: "firing", value: 40 }), /^40% used .*: all requests 60s; this ends when/);
	const budget = { ...limit, alert: "budget", detail: "ann day: what is asked for does not fit", about: "used of a client's budget" };
	assert.match(await sentence({ ...budget, state: "firing", value: 82 }), /^82% used .*: ann day: what is asked for does not fit; it fires below 90% because it refuses$/);
	assert.match(await sentence({ ...budget, state: "firing", value: 95 }), /does not fit; it fires at 90%$/);
	assert.match(await sentence({ ...budget, state: "resolved", value: 82 }), /does not fit; it fires at 90%$/);
});

test("a small sum in a CSV is written with its places, not with an exponent", async () => {
	const csv = await page.evaluate(async () => {
		const { toCsv } = await import("/app/js/table.js");
		return toCsv([{ key: "usd", label: "Cost" }], [5.2e-7, 1e-9, 0.000125, 0, -5.2e-7, 12].map((usd) => ({ usd })));
	});
	assert.deepEqual(csv.trim().split("\r\n"), ["Cost", "0.000000520", "0.000000001", "0.000125", "0", "-0.000000520", "12"]);
});

test("what lies ahead has its bounds beside it, or how little it was seen from", async () => {
	const grounds = (name) => page.locator(".tile", { has: page.getByText(name, { exact: true }) }).locator(".sub");
	const names = ["The next 24 hours", "The next 7 days", "The next 30 days"];
	await go(page, "insight?hours=26");
	for (const name of names) await grounds(name).getByText("told from ten minutes of history on").waitFor({ timeout: 5000 });
	await page.getByText("There is too little history to say").waitFor({ timeout: 5000 });
	await page.route("**/monitoring/cost-breakdown*", async (route) => {
		const response = await route.fetch();
		const { forecast, ...rest } = await response.json();
		await route.fulfill({ response, json: { ...rest, forecast: { ...forecast, reason: "less_than_a_day_of_history", observed_ms: 3 * 3600000 } } });
	});
	await go(page, "insight?hours=28");
	await page.getByText("from 3 h of history; between which bounds it lies is told from a day on").waitFor({ timeout: 5000 });
	await page.unroute("**/monitoring/cost-breakdown*");
	await page.route("**/monitoring/cost-breakdown*", async (route) => {
		const response = await route.fetch();
		const { forecast, ...rest } = await response.json();
		const [low_usd, expected_usd, high_usd] = [1, 2, 3.5];
		for (const key of ["next_hour", "next_24_hours", "next_7_days", "next_30_days"]) forecast[key] = { low_usd, expected_usd, high_usd };
		for (const limit of forecast.hour_limits) limit.reason = "less_comes_than_it_allows";
		await route.fulfill({ response, json: { ...rest, forecast: { ...forecast, method: "outlook", reason: null, observed_ms: 7 * 86400000 } } });
	});
	await go(page, "insight?hours=27");
	for (const name of names) await grounds(name).getByText("$1.00 to $3.50").waitFor({ timeout: 5000 });
	await page.getByRole("region", { name: "What lies ahead" }).first().getByText("from 7 d of history").waitFor({ timeout: 5000 });
	await page.getByText("No budget and no hour limit runs out").waitFor({ timeout: 5000 });
	await page.unroute("**/monitoring/cost-breakdown*");
});

test("a budget that is used up says when it begins anew, not that it runs out now", async () => {
	await page.route("**/monitoring/cost-breakdown*", async (route) => {
		const response = await route.fetch();
		const { forecast, ...rest } = await response.json();
		const none = { runs_out_at: null, runs_out_earliest: null, runs_out_latest: null };
		const day = { client: "ann", period: "day", budget_usd: 5, spent_usd: 5, ends_at: new Date(Date.now() + 3600000).toISOString(), ...none, reason: "used_up" };
		forecast.budgets = [day, { ...day, period: "week", budget_usd: 9, reason: "held_by_another_budget" }];
		forecast.hour_limits = [{ unit: "requests", limit: 10, used: 10, ...none, reason: "used_up" }];
		await route.fulfill({ response, json: { ...rest, forecast } });
	});
	await go(page, "insight?hours=29");
	const items = page.getByRole("region", { name: "What runs out" }).getByRole("listitem");
	await items.getByText("is used up; it begins anew").waitFor({ timeout: 5000 });
	const [day, requests, ...more] = await items.allInnerTexts();
	assert.match(day, /^ann: \$5\.00 of \$5\.00 a day\s+is used up; it begins anew \S/);
	assert.match(requests, /^Requests an hour: 10 of 10\s+is used up$/);
	assert.deepEqual(more, []);
	await page.unroute("**/monitoring/cost-breakdown*");
});

test("a first period is held against nothing, and only what saves is said to have saved", async () => {
	const some = [["caching", "cache the prompts", 0.5], ["unknown_outcomes", "compare with the bill", 0, 0.25], ["failures", "look at them", 0]];
	await page.route("**/monitoring/performance*", async (route) => {
		const response = await route.fetch();
		const advice = some.map(([rule, text, saves_usd, in_question_usd = 0]) => ({ rule, text, saves_usd, in_question_usd, figures: [] }));
		await route.fulfill({ response, json: { ...(await response.json()), advice } });
	});
	await go(page, "insight?hours=25");
	const told = page.getByRole("region", { name: "Suggestions" }).getByRole("listitem");
	await told.getByText("Cache the prompts").waitFor();
	assert.deepEqual(await told.locator(".chip").allInnerTexts(), ["would have saved $0.50", "$0.25 unknown"]);
	await page.locator(".tile").getByText("nothing was spent in the period before", { exact: true }).waitFor();
	assert.equal(await page.locator(".tile .chip").count(), 0);
	await page.unroute("**/monitoring/performance*");
});

test("where nothing was spent before, nothing is called steady", async () => {
	await page.route("**/monitoring/cost-breakdown*", async (route) => {
		const response = await route.fetch();
		const cost_trend = { direction: "steady", change_percent: 0, previous_usd: 0 };
		await route.fulfill({ response, json: { ...(await response.json()), cost_trend } });
	});
	await go(page, "insight?hours=29");
	await page.locator(".tile").getByText("nothing was spent in the period before", { exact: true }).waitFor({ timeout: 5000 });
	await page.unroute("**/monitoring/cost-breakdown*");
});

test("days are those of the ledger, in UTC, wherever the reader is", async () => {
	const away = await enter(await openPage(browser, atlas, { zone: "America/Los_Angeles" }), atlas, "usage?hours=720&by=model");
	const card = away.getByRole("region", { name: "Cost by model" });
	await card.getByRole("button", { name: "Table" }).click();
	const { series } = (await get(atlas, "/monitoring/token-usage?hours=720&by=model")).json;
	const [{ from, total_cost_usd: cost }] = series.slice(-1);
	const day = new Date(from).toLocaleDateString("en-US", { dateStyle: "medium", timeZone: "UTC" });
	const cells = card.getByRole("row").filter({ hasText: `${day}, UTC` }).getByRole("cell");
	const values = (await cells.allInnerTexts()).filter((text) => text.startsWith("$"));
	isShown(`${values.reduce((sum, text) => sum + nano(text), 0) / 1e9}`, Math.round(cost * 1e9));
	await isCalm(away);
	await away.context().close();
});

test("where nothing was ever asked, insight says what to do, and holds nothing against nothing", async () => {
	let attempt_count = 0;
	const rewrite = (path, change) => page.route(`**/monitoring/${path}*`, async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, json: change(await response.json()) });
	});
	await rewrite("cost-breakdown", (cost) => ({ ...cost, request_count: 0, total_cost_usd: 0, by_model: [], cost_trend: { direction: "steady", change_percent: null, previous_usd: 0 } }));
	await rewrite("token-usage", (used) => ({ ...used, token_usage: { ...used.token_usage, attempt_count } }));
	await go(page, "insight?hours=31");
	const first = page.locator(".card", { has: page.getByText("Nothing has been spent yet", { exact: true }) });
	await first.getByText(`base_url = "${atlas.base}/v1"`).waitFor({ timeout: 5000 });
	assert.equal(await page.locator(".tile").first().isVisible(), false);
	await page.getByRole("region", { name: "Alerts", exact: true }).getByText("Cost day").waitFor();
	attempt_count = 1; // in this month, but not in this period
	await go(page, "insight?hours=32");
	await page.locator(".tile").getByText("no request in this period", { exact: true }).waitFor({ timeout: 5000 });
	assert.equal(await first.isVisible(), false);
	for (const path of ["cost-breakdown", "token-usage"]) await page.unroute(`**/monitoring/${path}*`);
});

test("a table that goes on beyond its edge fades there, until it is scrolled to its end", async () => {
	const { width, height } = page.viewportSize();
	const frame = page.locator(".scroll[aria-label=Requests]");
	const fades = () => frame.evaluate((one) => getComputedStyle(one).maskImage !== "none");
	await go(page, "requests?hours=24");
	await frame.waitFor();
	await until(async () => !(await fades()), { ms: 3000, what: `all of it at ${width}` });
	await page.setViewportSize({ width: 720, height });
	await until(fades, { ms: 3000, what: "it fades" });
	await frame.evaluate((one) => one.scrollTo(one.scrollWidth, 0));
	await until(async () => !(await fades()), { what: "its end does not" });
	await page.evaluate(() => import("/app/js/parts.js").then(({ empty }) => document.querySelector(".page").prepend(empty("None", "Yet", "wide ".repeat(60)))));
	await until(() => page.locator(".empty pre").evaluate((one) => getComputedStyle(one).maskImage !== "none"), { what: "a line of the shell fades too" });
	await page.setViewportSize({ width, height });
});

test("what has no price is not shown as free", async () => {
	assert.equal((await chat(atlas, { message: "What am I worth?", model: NEW_MODEL })).status, 200);
	await go(page, "requests?hours=24");
	const row = page.getByRole("table", { name: "Requests" }).getByRole("row").filter({ has: page.getByRole("cell", { name: NEW_MODEL, exact: true }) });
	await row.getByText("no price", { exact: true }).waitFor();
	await go(page, "usage?hours=24&by=model");
	await page.getByRole("table", { name: "Usage by model" }).getByRole("row").filter({ hasText: NEW_MODEL }).getByText("no price", { exact: true }).waitFor();
	await go(page, "insight?hours=24");
	const rates = page.getByRole("table", { name: "What models cost" }).getByRole("row").filter({ hasText: NEW_MODEL });
	await rates.getByText("no price", { exact: true }).waitFor({ timeout: 5000 });
	assert.doesNotMatch(await rates.innerText(), /\$/);
	await go(page, "overview");
	const share = page.getByRole("region", { name: "Where it went in 24 hours" }).getByRole("listitem").filter({ hasText: `${NEW_MODEL}, 1 request` });
	await share.getByText("no price", { exact: true }).waitFor({ timeout: 5000 });
});

test("what has more rows than a page is shown page by page, and sums stay those of all", async () => {
	const SESSIONS = 60;
	for (let i = 0; i < SESSIONS; i++) await chat(atlas, { message: "Many", headers: { "x-atlas-session": `many-${String(i).padStart(2, "0")}` } });
	const { by_session: all, request_count: asked } = await until(async () => {
		const { json } = await get(atlas, "/monitoring/cost-breakdown?hours=24");
		return json.by_session.filter(({ session_id }) => session_id.startsWith("many-")).length === SESSIONS && json;
	}, { what: "all are counted" });
	await go(page, "usage?hours=24&by=session");
	const where = page.getByRole("region", { name: "Where it went" });
	const rows = where.locator("tbody tr");
	await where.getByText(`1 to 50 of ${all.length}`, { exact: true }).waitFor();
	assert.equal(await rows.count(), 50);
	await where.getByRole("button", { name: "Session", exact: true }).click();
	await where.getByRole("button", { name: "Rows after" }).click();
	await where.getByText(`51 to ${all.length} of ${all.length}`, { exact: true }).waitFor();
	assert.match(await rows.last().innerText(), /^story/);
	assert.match(await where.locator("tfoot").innerText(), new RegExp(`^All\\t${asked}\\b`));
	await page.getByLabel("Find a session").fill("many-0");
	await until(async () => (await rows.count()) === 10);
	assert.equal(await where.getByRole("button", { name: "Rows after" }).count(), 0);
	await isCalm(page);
});

test("many models and a long name make no view long, and hide no figure", async () => {
	const long = "m".repeat(127);
	await page.route("**/monitoring/cost-breakdown*", async (route) => {
		const response = await route.fetch();
		const { by_model: [one], ...rest } = await response.json();
		const by_model = Array.from({ length: 120 }, (_, i) => ({ ...one, model: i ? `model-${i}` : long, request_count: 12345, total_cost_usd: i ? 1 / i : 12345.678901 }));
		await route.fulfill({ response, json: { ...rest, by_model } });
	});
	const { height } = page.viewportSize();
	await page.setViewportSize({ width: 390, height });
	await go(page, "insight?hours=28");
	const rates = page.getByRole("region", { name: "What models cost" });
	await rates.getByText("1 to 50 of 120", { exact: true }).waitFor({ timeout: 5000 });
	assert.equal(await rates.locator("tbody tr").count(), 50);
	await rates.getByText("$12,345.68", { exact: true }).waitFor();
	const cut = await rates.locator("tbody td:first-child").evaluateAll((cells) => cells.filter((one) => one.scrollWidth > one.clientWidth).length);
	assert.equal(cut, 0, "whole names where no pointer can ask for them");
	const figures = await rates.locator("tbody tr").first().locator("td").evaluateAll((cells) => cells.map((one) => [one.dataset.label, one.getBoundingClientRect()]).filter(([, { left, right, height }]) => height > 0 && left >= 0 && right <= innerWidth).map(([label]) => label));
	assert.deepEqual(figures, await rates.locator("thead th").allTextContents(), "each figure in sight, with its name");
	await rates.getByRole("button", { name: /^Cost/ }).click();
	assert.equal(await rates.getByRole("columnheader", { name: "Cost" }).getAttribute("aria-sort"), "ascending");
	await rates.getByRole("button", { name: /^Cost/ }).click();
	await go(page, "overview");
	const share = page.getByRole("region", { name: "Where it went in 24 hours" }).getByRole("listitem").first();
	await share.getByText("$12,345.68", { exact: true }).waitFor({ timeout: 5000 });
	const [name, said] = await Promise.all([share.locator(".name").boundingBox(), share.getByText(", 12,345 requests").boundingBox()]);
	assert.ok(said.x + said.width <= name.x + name.width + 1, "how often it was asked is in sight");
	await page.setViewportSize({ width: 1280, height });
	await page.unroute("**/monitoring/cost-breakdown*");
});

test("what stands for all others says how many, beside one that is called so", async () => {
	const both = (list, key) => [...list, { ...list[0], [key]: "other" }, { ...list[0], [key]: "other", names: 12 }];
	const rewrite = (path, change) => page.route(`**/monitoring/${path}*`, async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, json: change(await response.json()) });
	});
	await rewrite("cost-breakdown", (cost) => ({ ...cost, by_model: both(cost.by_model, "model") }));
	await rewrite("token-usage", (used) => ({ ...used, ...(used.series_by && { series_by: both(used.series_by, "name") }) }));
	await rewrite("performance", (one) => ({ ...one, errors: both(one.errors, "type") }));
	for (const [view, table, name] of [["usage?hours=30", "Usage by model", "other"], ["insight?hours=30", "What models cost", "other"], ["performance?hours=30", "Errors by type", "Other"]]) {
		await go(page, view);
		for (const shown of ["12 others", name])
			await page.getByRole("table", { name: table }).getByRole("cell", { name: shown, exact: true }).waitFor({ timeout: 5000 });
		if (view.startsWith("usage")) await page.locator(".legend").getByText("12 others", { exact: true }).first().waitFor();
	}
	await go(page, "overview");
	await page.getByRole("region", { name: "Where it went in 24 hours" }).getByText("12 others", { exact: true }).waitFor({ timeout: 5000 });
	for (const path of ["cost-breakdown", "token-usage", "performance"]) await page.unroute(`**/monitoring/${path}*`);
});

test("a request without a model is of no model, wherever models are named", async () => {
	await get(atlas, "/v1/files");
	await until(async () => {
		const [row] = (await get(atlas, "/monitoring/export?format=jsonl&newest=1")).text.trim().split("\n").map((line) => JSON.parse(line));
		return row.model === "" && row.outcome !== "open";
	}, { what: "it is settled" });
	const named = page.getByText(/^no model\b/).first();
	for (const view of ["requests?hours=24", "insight?hours=24", "overview", "usage?hours=24&by=model"]) {
		await go(page, view);
		await named.waitFor({ timeout: 5000 });
	}
	await page.getByRole("table", { name: "Usage by model" }).getByRole("cell", { name: "no model", exact: true }).waitFor();
	await page.locator(".legend").getByText("no model", { exact: true }).first().waitFor();
	await isCalm(page);
});
