// The frame of the page: tabs, themes, what each role sees.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chat, until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage } from "./lib/browser.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";

stage({ conf: { openai: { simulated: "yes" } } });

async function tabsOf(role) {
	const made = await atlas.ctl("tokens", "create", "--role", role, "--name", `page-${role}`);
	const page = await enter(await openPage(browser, atlas), atlas, "", made.json.token);
	const labels = await page.getByRole("tab").allInnerTexts();
	await isCalm(page);
	await page.context().close();
	return labels;
}

describe("the frame", () => {
	test("whoever begins is offered what a simulator, too, has an answer to", async () => {
		const page = await enter(await openPage(browser, atlas), atlas, "chat");
		await page.getByText("Simulator", { exact: true }).waitFor();
		const asked = () => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/readyz")).length;
		await until(async () => (await page.evaluate(asked)) === 2, { what: "the chat has asked, too" });
		const samples = page.locator(".samples button:visible");
		assert.equal(await samples.count(), 3);
		assert.ok(!(await samples.allInnerTexts()).some((text) => /spen[dt]/.test(text)), "nothing that is to be looked up");
		await isCalm(page);
		await page.context().close();
	});

	test("what is written before the page is there is sent, and goes on where the last chat was", async () => {
		const page = await openPage(browser, atlas);
		let go;
		const held = new Promise((resolve) => { go = resolve; });
		await page.route("**/js/main.js", (route) => held.then(() => route.continue()));
		await page.goto(`${atlas.base}/app/#token=${atlas.token}`, { waitUntil: "commit" });
		await page.waitForFunction(() => document.activeElement?.ariaLabel === "Message");
		await page.keyboard.type("Say hello");
		await page.keyboard.press("Enter");
		await page.keyboard.type("In the meantime");
		go();
		const answered = page.getByRole("article", { name: "Answer" }).locator(".figures summary").filter({ hasText: "$" });
		await answered.waitFor();
		assert.equal(await page.getByRole("article", { name: "Your message" }).innerText(), "Say hello");
		assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), "In the meantime");
		await page.getByLabel("Message", { exact: true }).fill("");
		await page.reload({ waitUntil: "commit" });
		await page.waitForFunction(() => document.activeElement?.ariaLabel === "Message");
		await page.keyboard.type("And then");
		await answered.waitFor();
		assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), "And then");
		await page.keyboard.type("?");
		assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), "And then?");
		await isCalm(page);
		await page.context().close();
	});

	test("where another view begins there is no box to write in", async () => {
		const page = await enter(await openPage(browser, atlas), atlas, "usage");
		let go;
		const held = new Promise((resolve) => { go = resolve; });
		await page.route("**/js/main.js", (route) => held.then(() => route.continue()));
		await page.reload({ waitUntil: "commit" });
		await page.locator(".standing").waitFor({ state: "attached" });
		assert.ok(!(await page.locator(".standing").isVisible()));
		go();
		await page.getByRole("heading", { name: "Usage", level: 1 }).first().waitFor();
		await page.getByRole("tab", { name: "Chat" }).click();
		await page.getByLabel("Message", { exact: true }).waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("each role sees the views it may use", async () => {
		const page = await enter(await openPage(browser, atlas), atlas);
		const all = await page.getByRole("tab").allInnerTexts();
		await page.context().close();
		assert.deepEqual(await tabsOf("chat"), ["Chat", "My use"]);
		assert.deepEqual(await tabsOf("monitor"), all.filter((label) => !["Chat", "Tokens"].includes(label)));
	});

	test("tabs, shortcuts and the address lead to the same views; the badge names the simulator", async () => {
		const page = await enter(await openPage(browser, atlas), atlas, "overview");
		await page.getByText("Simulator", { exact: true }).waitFor();
		await page.getByRole("tab", { name: "Usage" }).click();
		await page.getByRole("heading", { name: "Usage", level: 1 }).first().waitFor();
		await page.keyboard.press("g");
		await page.keyboard.press("o");
		await page.getByRole("heading", { name: "Overview" }).waitFor();
		assert.equal(await page.title(), "Overview · Atlas");
		await page.keyboard.press("?");
		await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
		await page.keyboard.press("Escape");
		await page.getByRole("tab", { name: "Overview" }).focus();
		await page.keyboard.press("ArrowRight");
		assert.match(page.url(), /#(?!overview)/);
		await isCalm(page);
		await page.context().close();
	});

	test("on a phone the chosen tab is in sight, also once the window has become narrow", async () => {
		const page = await enter(await openPage(browser, atlas), atlas, "insight");
		await page.setViewportSize({ width: 390, height: 700 });
		const isInSight = (name) => page.getByRole("tab", { name }).evaluate((tab) => {
			const [one, all] = [tab, tab.parentNode].map((element) => element.getBoundingClientRect());
			return one.left >= all.left && one.right <= all.right;
		});
		await until(() => isInSight("Insight"));
		// A chevron at an edge says that there are more beyond it.
		const chevrons = () => page.getByRole("tablist").evaluate((tabs) =>
			["::before", "::after"].map((edge) => getComputedStyle(tabs, edge).content !== "none"));
		await until(async () => String(await chevrons()) === "true,true", { what: "more on both sides" });
		await go(page, "chat");
		await until(() => isInSight("Chat"));
		await until(async () => String(await chevrons()) === "false,true", { what: "nothing more on the left" });
		await page.setViewportSize({ width: 1280, height: 700 });
		await until(async () => String(await chevrons()) === "false,false", { what: "all are in sight" });
		await isCalm(page);
		await page.context().close();
	});

	test("sums in a column have all their places, and what is hours away no seconds", async () => {
		const page = await enter(await openPage(browser, atlas), atlas);
		const said = await page.evaluate(() => import("/app/js/format.js").then(({ cost, soon, usd }) =>
			[usd(0.5), ...[0.016, 0.0005, 0.00002655, 2.5, 0].map(cost), ...[59, 119, 3612, 7150].map(soon)]));
		assert.deepEqual(said, ["$0.50", "$0.0160", "$0.000500", "$0.000026550", "$2.50", "$0.00", "59 s", "1 min 59 s", "1 h", "1 h 59 min"]);
		await page.context().close();
	});

	test("one is not many", async () => {
		const page = await enter(await openPage(browser, atlas), atlas);
		const said = await page.evaluate(() => import("/app/js/format.js").then(({ many, short }) =>
			[many(0, "request"), many(1, "request"), many("1", "token", short), many(12345, "token"), many(12345, "token", short), many(undefined, "token")]));
		assert.deepEqual(said, ["0 requests", "1 request", "1 token", "12,345 tokens", "12.3K tokens", "– tokens"]);
		await page.context().close();
	});

	test("a small part is not none, and a large one not all", async () => {
		const page = await enter(await openPage(browser, atlas), atlas);
		const said = await page.evaluate(() => import("/app/js/format.js").then(({ percent }) => [0, 0.0001, 0.0005, 0.04, 0.5, 0.9999, 1, 3.2, undefined].map(percent)));
		assert.deepEqual(said, ["0%", "<0.1%", "0.1%", "4%", "50%", "99.9%", "100%", "320%", "–"]);
		await page.context().close();
	});

	test("a time in a sentence is written as it is in a figure", async () => {
		const page = await enter(await openPage(browser, atlas), atlas);
		const said = await page.evaluate(() => import("/app/js/format.js").then(({ sentence }) =>
			["one in ten waits 30099 ms or longer for 12345 tokens", "it took 90 ms"].map(sentence)));
		assert.deepEqual(said, ["One in ten waits 30.1 s or longer for 12,345 tokens", "It took 90 ms"]);
		await page.context().close();
	});

	test("the theme follows the system until one is chosen, and the choice stays", async () => {
		const page = await enter(await openPage(browser, atlas, { theme: "dark" }), atlas, "overview");
		const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const dark = await ground();
		await page.getByRole("button", { name: "Theme: system" }).click();
		assert.notEqual(await ground(), dark);
		await page.reload();
		await page.getByRole("button", { name: "Theme: light" }).waitFor();
		assert.notEqual(await ground(), dark);
		await page.context().close();
	});

	test("numbers are what the simulator billed, and go stale in plain sight", async () => {
		for (let i = 0; i < 3; i++) await chat(atlas, { message: `Number ${i}` });
		const page = await enter(await openPage(browser, atlas), atlas, "usage?hours=24");
		const tile = (name) => page.locator(".tile", { has: page.getByText(name, { exact: true }) }).locator("dd").first();
		const bill = await sim.billSummary();
		await until(async () => (await tile("Requests").innerText()) === String(bill.requests));
		assert.equal(await tile("Tokens").innerText(), String(bill.prompt_tokens + bill.completion_tokens));
		assert.equal(Math.round(Number((await tile("Cost").innerText()).slice(1)) * 1e9), bill.cost_nanousd);
		await page.context().setOffline(true);
		await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
		await page.getByText(/^Stale since/).waitFor();
		await page.getByRole("alert").getByText(/cannot be reached/).waitFor();
		await page.context().setOffline(false);
		await page.getByRole("button", { name: "Try again" }).click();
		await page.getByText("Live", { exact: true }).waitFor();
		assert.equal(await page.getByRole("alert").count(), 0);
		await page.context().close();
	});

	test("the overview says that the upstream key is out of service, and when it is back", async () => {
		const page = await enter(await openPage(browser, atlas), atlas, "overview");
		await page.getByText("No key is held back, no limit is near.").waitFor();
		await sim.weather({ mode: "401" });
		assert.equal((await chat(atlas)).status, 502);
		await sim.clearWeather();
		const status = page.locator(".status");
		await status.getByText(/^Out of service: key \S+, .* run atlasctl reload\. Another OPENAI_API_KEY takes a restart\.$/).waitFor();
		assert.equal(await status.locator("strong").innerText(), "Error");
		const said = await status.innerText();
		await go(page, "limits");
		const key = page.getByRole("region", { name: /^Key / }).locator(".chip");
		await key.getByText("Out of service", { exact: true }).waitFor();
		assert.equal(await status.innerText(), said, "in the same words");
		await page.reload();
		await page.getByText("Simulator", { exact: true }).waitFor(); // although nothing is ready
		assert.equal((await chat(atlas)).status, 200);
		await key.getByText("Hold", { exact: true }).waitFor(); // until the next request, which it does not hold up
		assert.equal((await chat(atlas)).status, 200);
		await page.getByText("No key is held back, no limit is near.").waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("a chart is read with the arrow keys, and is a table when asked", async () => {
		const page = await enter(await openPage(browser, atlas), atlas, "usage?hours=24");
		const chart = page.getByRole("img", { name: /^Cost by model, .* Arrow keys read single values/ });
		await chart.focus();
		await page.keyboard.press("End");
		await page.locator(".chart p", { hasText: /gpt-4o-mini \$/ }).first().waitFor({ state: "attached" });
		await page.getByRole("region", { name: "Cost by model", exact: true }).getByRole("button", { name: "Table" }).click();
		const table = page.getByRole("table", { name: "Cost by model" });
		assert.ok((await table.getByRole("row").count()) >= 25);
		const [file] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("region", { name: "Cost by model", exact: true }).getByRole("button", { name: "CSV" }).click(),
		]);
		assert.equal(file.suggestedFilename(), "atlas-total_cost_usd-24h.csv");
		await isCalm(page);
		await page.context().close();
	});

	test("a button sends before the page is there, too", async () => {
		const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "early");
		const page = await openPage(browser, atlas);
		let go;
		const held = new Promise((resolve) => { go = resolve; });
		await page.route("**/js/main.js", (route) => held.then(() => route.continue()));
		await page.goto(`${atlas.base}/app/#token=${token}`, { waitUntil: "commit" });
		await page.getByLabel("Message", { exact: true }).fill("Say hello");
		await page.getByRole("button", { name: "Send", exact: true }).click();
		assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), "");
		go();
		await page.getByRole("article", { name: "Your message" }).getByText("Say hello", { exact: true }).waitFor();
		await isCalm(page);
		await page.context().close();
	});
});
