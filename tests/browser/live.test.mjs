// What stands still nowhere: limits and queue over the live feed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, get, until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage } from "./lib/browser.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";

let page;

stage({ conf: { limits: { requests_per_minute: 40, requests_per_hour: 3000 }, queue: { max_concurrent: 2 }, stabilization: { minutes: 15, max_backoff: "5s" } } }, async () => {
	page = await enter(await openPage(browser, atlas), atlas);
});

const tile = (name) => page.locator(".tile", { has: page.getByText(name, { exact: true }) }).locator("dd").first();

test("a gauge for each window fills as requests leave, and its key is steady", async () => {
	await go(page, "limits");
	const gauge = page.getByRole("region", { name: "All keys together" }).getByRole("meter", { name: "Requests a minute" });
	await gauge.waitFor();
	assert.equal(await gauge.getAttribute("aria-valuenow"), "0");
	for (let i = 0; i < 3; i++) await chat(atlas, { message: `Number ${i}` });
	await until(async () => (await gauge.getAttribute("aria-valuenow")) === "3");
	await page.getByRole("region", { name: "All keys together" }).getByText(/^37 left, all back in (1 min|5\d s)/).waitFor();
	await page.getByRole("region", { name: /^Key / }).getByText("Steady").waitFor();
	await isCalm(page);
});

test("the queue shows who runs, who waits, where and why", async () => {
	await go(page, "queue");
	const talk = (session, priority = "normal") =>
		chat(atlas, { message: "Slowly [[sim tokens=4000 tps=20]]", headers: { "x-atlas-session": session, "x-atlas-priority": priority } });
	const talks = [talk("one"), talk("two")];
	await until(async () => (await tile("Running").innerText()) === "2");
	talks.push(talk("three"), talk("four", "high"));
	await until(async () => (await tile("Waiting").innerText()) === "2");
	const rows = page.getByRole("table", { name: "Waiting" }).locator("tbody tr");
	await until(async () => /^1\b.*four/s.test(await rows.first().innerText()));
	assert.match(await rows.nth(1).innerText(), /as many requests run as may/);
	assert.equal(await page.getByRole("table", { name: "Running" }).locator("tbody tr").count(), 2);
	await rows.nth(1).getByRole("button", { name: /^Cancel/ }).click();
	await page.getByRole("dialog").getByText("waits and is not sent").waitFor();
	await page.getByRole("button", { name: "Keep as it is" }).click();
	const running = page.getByRole("table", { name: "Running" });
	await running.getByRole("button", { name: /^Cancel/ }).first().click();
	await page.getByRole("dialog").getByText("runs: its stream ends").waitFor();
	await page.getByRole("button", { name: "Keep as it is" }).click();
	await rows.nth(1).getByRole("button", { name: /^Cancel/ }).click();
	await page.getByRole("button", { name: "Cancel it" }).click();
	await page.getByText(/was cancelled while queued/).waitFor();
	assert.equal((await talks[2]).status, 499);
	for (const session of ["one", "two", "four"]) await atlas.ctl("cancel", "--session", session);
	await Promise.all(talks);
	await page.getByText("Nobody waits").waitFor();
	await page.getByText("Nothing runs").waitFor();
	await page.getByText(/ refused, 4 cancelled, since the start at \d/).waitFor();
	await page.getByText("on average, upstream", { exact: true }).waitFor();
	await isCalm(page);
});

test("what the queue's cards wait for has its place", async () => {
	const own = await enter(await openPage(browser, atlas), atlas, "chat");
	let go;
	const held = new Promise((resolve) => { go = resolve; });
	await own.route("**/monitoring/live", (route) => held.then(() => route.continue()));
	await own.goto(`${atlas.base}/app/?anew#queue`);
	const bodies = own.locator(".card > .body");
	const heights = () => bodies.evaluateAll((all) => all.map((one) => one.offsetHeight));
	await own.locator(".classes .waiting").first().waitFor();
	const before = await heights();
	go();
	await own.getByText("Nobody waits").waitFor();
	const after = await heights();
	assert.equal(before.length, 4);
	before.forEach((height, i) => assert.ok(Math.abs(height - after[i]) <= 2, `${before} is ${after}`));
	assert.equal(await own.locator(".classes .waiting").count(), 0);
	await isCalm(own);
	await own.context().close();
});

test("times stand whole under the charts of the last minutes", async () => {
	for (const view of ["limits", "queue"]) {
		await go(page, view);
		const labels = page.locator(".dygraph-axis-label-x");
		await labels.filter({ hasText: /^\d+:\d\d:\d\d [AP]M$/ }).first().waitFor();
		await until(() => labels.evaluateAll((all) => all.every((one) => one.scrollWidth <= one.clientWidth)), { ms: 3000, what: `whole labels of ${view}` });
	}
	assert.deepEqual(await page.locator(".legend b").allInnerTexts(), ["0", "0"], "lines that lie on the ground are told");
});

test("who waits in the chat sees why, and the place count down", async () => {
	await go(page, "chat");
	const slowly = (session) => chat(atlas, { message: "Slowly [[sim tokens=4000 tps=20]]", headers: { "x-atlas-session": session } });
	const talks = [slowly("five"), slowly("six")];
	await until(async () => (await sim.stats()).in_flight === 2, { what: "two run" });
	talks.push(slowly("seven"));
	await until(async () => /"queue_size":1\b/.test((await get(atlas, "/monitoring/queue-status")).text), { what: "one waits" });
	await page.getByLabel("Message", { exact: true }).fill("Is it my turn?");
	await page.getByRole("button", { name: "Send", exact: true }).click();
	await page.getByText("Position 2 in the queue").waitFor();
	await page.getByText("because as many requests run as may", { exact: true }).waitFor();
	await atlas.ctl("cancel", "--session", "seven");
	await page.getByText("Position 1 in the queue").waitFor();
	await atlas.ctl("cancel", "--session", "five");
	await page.locator(".figures summary").filter({ hasText: "$" }).waitFor();
	await atlas.ctl("cancel", "--session", "six");
	await Promise.all(talks);
	await isCalm(page);
});

test("without the feed the page says since when it is stale; hidden, it rests", async () => {
	await go(page, "limits");
	await page.getByText("Live", { exact: true }).waitFor();
	await page.context().setOffline(true);
	atlas.children("front").forEach(({ pid }) => atlas.kill(pid));
	await page.getByText(/^Stale since/).waitFor();
	await page.getByRole("alert").getByText(/^Next try at \d+:\d\d:\d\d [AP]M$/).waitFor();
	await page.context().setOffline(false);
	await page.getByText("Live", { exact: true }).waitFor();
	assert.equal(await page.getByRole("alert").count(), 0);
	await page.evaluate(() => {
		Object.defineProperty(document, "hidden", { configurable: true, get: () => globalThis.covered });
		globalThis.covered = true;
		document.dispatchEvent(new Event("visibilitychange"));
	});
	await page.getByText("Paused", { exact: true }).waitFor();
	await page.evaluate(() => {
		globalThis.covered = false;
		document.dispatchEvent(new Event("visibilitychange"));
	});
	await page.getByText("Live", { exact: true }).waitFor();
});

test("after a throttle the key's way back to full speed is shown, with what comes next", async () => {
	await sim.weather({ mode: "429", count: 1, retry_after: 5 });
	const late = chat(atlas, { message: "Throttled" });
	const key = page.getByRole("region", { name: /^Key / });
	await key.getByText(/one probe in \d+ s/).waitFor();
	await page.getByText("Warning", { exact: true }).waitFor();
	await key.getByText(/^OpenAI said: slower; /).waitFor();
	await key.getByText(/the ramp in 1[45] min/).waitFor();
	assert.equal(await key.locator("[aria-current=step]").innerText(), "Hold");
	const pace = await key.locator("dt", { hasText: "Pace" }).locator("+ dd").innerText();
	assert.match(pace, /^\S+ requests?( and \S+ tokens)? an hour$/, "of two limits it is a part of, neither is held up to it");
	const since = Date.parse(await key.locator("time").getAttribute("datetime"));
	assert.ok(since <= Date.now() && since > Date.now() - 60000, new Date(since).toISOString());
	await go(page, "queue"); // other views say it in a strip of their own
	const strip = page.getByRole("region", { name: "How the upstream is" });
	await strip.getByText("Hold", { exact: true }).waitFor();
	await strip.getByText(/the ramp in 1[45] min/).waitFor();
	await strip.getByText(/^Key \S+: OpenAI said: slower; the pace of before, no faster$/).waitFor();
	const said = await page.evaluate(async () => {
		const { meaningOf, nextOf } = await import("/app/js/states.js");
		const keys = [["backoff", "fault", 4], ["backoff", "throttle", 4], ["probe", "fault", 0], ["probing", "fault", 0], ["hold", "throttle", 0], ["ramp", "fault", 61], ["out_of_service", null, 0]];
		return keys.map(([state, cause, next_step_seconds]) => [meaningOf({ state, cause }).split(";")[0], nextOf({ state, next_step_seconds })]);
	});
	assert.deepEqual(said, [
		["OpenAI did not answer, or with errors", "one probe in 4 s"], ["OpenAI said: slower", "one probe in 4 s"],
		["OpenAI did not answer, or with errors", "waits for the next request"], ["OpenAI did not answer, or with errors", "waits for its end"],
		["OpenAI said: slower", "waits for the next request"], ["OpenAI did not answer, or with errors", "the next step in 1 min 1 s"],
		["OpenAI refuses the key, or it has no credit left", "waits for the next request"],
	]);
	await strip.getByRole("link", { name: "Limits" }).click();
	await key.getByText(/the ramp in 1[45] min/).waitFor();
	await page.getByRole("button", { name: "Reset limits" }).click();
	await page.getByRole("button", { name: "Reset them" }).click();
	await page.getByText("The limits were reset.").waitFor();
	await key.getByText("Steady", { exact: true }).waitFor();
	await until(async () => (await key.locator("[aria-current=step]").count()) === 0);
	await go(page, "queue");
	await strip.waitFor({ state: "hidden" });
	await late;
	await isCalm(page);
	await page.context().close();
});
