// Tokens made, bounded and revoked by an administrator in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chat, get, until } from "../stories/lib/index.mjs";
import { AXE, audit } from "./lib/audit.mjs";
import { enter, isCalm, openPage } from "./lib/browser.mjs";
import { atlas, browser, stage } from "./lib/stage.mjs";

stage();

test("a token is made and shown once, bounded, and void once it is revoked", async () => {
	const page = await enter(await openPage(browser, atlas), atlas, "tokens");
	const table = page.getByRole("table", { name: "Client tokens" });
	await table.getByRole("button", { name: "admin", exact: true }).waitFor();
	await page.getByRole("button", { name: "New token" }).click();
	await page.getByRole("dialog").getByLabel("Name").fill("my-app");
	const room = await page.getByLabel("Role").evaluate((one) => {
		const { width } = one.getBoundingClientRect();
		one.style.setProperty("width", "max-content");
		const needed = one.getBoundingClientRect().width;
		one.style.removeProperty("width");
		return width - needed;
	});
	assert.ok(room >= 0, `each role is told whole, but for ${-room} px`);
	await page.getByText("Limits and budgets").click();
	await page.getByLabel("Dollars a day").fill("2.5");
	await page.getByLabel("Models, by commas").fill("gpt-4o*,gpt-40");
	await page.getByRole("button", { name: "Make it" }).click();
	const secret = await page.locator(".secret").innerText();
	await page.getByRole("dialog").getByText("knows gpt-40; the token may use it").waitFor();
	await page.getByRole("button", { name: "I have it" }).click();
	const row = table.getByRole("row").filter({ hasText: "my-app" });
	await row.getByText("$0.00 of $2.50").waitFor();
	const answer = await chat(atlas, { token: secret });
	assert.equal(answer.status, 200);

	// A table is made anew all the time: what was chosen in it stays.
	await table.getByRole("button", { name: "Spent today" }).click();
	await table.evaluate((one) => { one.isOld = true; });
	await until(() => table.evaluate((one) => !one.isOld), { ms: 15000, what: "the table is made anew" });
	assert.equal(await table.getByRole("columnheader", { name: "Spent today" }).getAttribute("aria-sort"), "descending");
	await until(() => page.evaluate(() => document.activeElement.textContent === "Spent today"));

	await row.getByRole("button", { name: "my-app", exact: true }).click();
	await page.getByLabel("Requests at a time").fill("7");
	await page.getByLabel("Models, by commas").fill("gpt-4o*,o33");
	await page.getByRole("button", { name: "Save the limits" }).click();
	await page.getByRole("dialog").getByText("knows o33;").waitFor();
	await page.getByRole("button", { name: "Close" }).click();
	await page.getByText("concurrent default → 7").waitFor();
	const { json } = await get(atlas, "/admin/tokens");
	const token = json.data.find(({ name }) => name === "my-app");
	assert.deepEqual([token.limits.concurrent, token.limits.budget_day], [7, 2.5]);

	await row.getByRole("button", { name: "Revoke my-app" }).click();
	await page.getByRole("button", { name: "Keep as it is" }).click();
	assert.equal((await chat(atlas, { token: secret })).status, 200);
	await row.getByRole("button", { name: "Revoke my-app" }).click();
	await page.getByRole("button", { name: "Revoke it" }).click();
	await row.getByText("revoked").waitFor();
	assert.equal((await chat(atlas, { token: secret })).status, 401);
	await isCalm(page);
	await page.context().close();
});

test("what is refused is said, and nothing is lost", async () => {
	const page = await enter(await openPage(browser, atlas), atlas, "tokens");
	await page.getByRole("button", { name: "New token" }).click();
	await page.getByRole("dialog").getByLabel("Name").fill("admin");
	await page.getByRole("button", { name: "Make it" }).click();
	await page.getByRole("dialog", { name: "The token was not made" }).getByRole("alert").waitFor();
	await page.getByRole("button", { name: "Close" }).click();
	await isCalm(page);
	await page.context().close();
});

test("who may only talk sees what was used with the own token, and what is left of its limits", async () => {
	await chat(atlas, { message: "somebody else's" });
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "talker", "--requests-per-hour", "40", "--budget-day", "2");
	for (let i = 0; i < 3; i++) assert.equal((await chat(atlas, { token })).status, 200);
	const page = await enter(await openPage(browser, atlas, { init: AXE }), atlas, "own", token);
	await page.getByRole("heading", { name: "My use", level: 1 }).waitFor();
	await page.getByRole("meter", { name: "Requests an hour" }).waitFor();
	await page.getByText(/^37 left$/).waitFor();
	assert.equal(await page.getByRole("meter").count(), 2);
	await page.locator(".tile").filter({ hasText: "Requests" }).getByText("3", { exact: true }).waitFor();
	assert.deepEqual(await audit(page), []);
	await isCalm(page);
	await page.context().close();
});

test("a budget that refuses is told to whom it keeps out, and to whoever watches", async () => {
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "kept-out", "--budget-day", "0.0001");
	const { status } = await chat(atlas, { token, body: { max_tokens: 1000 } });
	assert.equal(status, 413);
	const own = await enter(await openPage(browser, atlas, { init: AXE }), atlas, "own", token);
	await own.getByText(/^\$0\.0001 left; a request did not fit at /).waitFor();
	assert.equal(await own.locator(".gauge[data-level=warning]").count(), 1);
	assert.deepEqual(await audit(own), []);
	await isCalm(own);
	await until(async () => (await get(atlas, "/monitoring/alerts")).json.alerts.some(({ alert, state }) => alert === "budget" && state === "firing"), {
		ms: 15000, what: "budgets have been looked at",
	});
	const page = await enter(await openPage(browser, atlas), atlas, "insight");
	const alert = page.getByText(/used of a client's budget: kept-out day: what is asked for does not fit; it fires below 90% because it refuses/).first();
	await alert.waitFor();
	assert.doesNotMatch(await alert.innerText(), /this ends when|it fires at/);
	await isCalm(page);
	for (const one of [own, page]) await one.context().close();
});
