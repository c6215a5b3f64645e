// What a chat keeps where Atlas has nothing of it, and what it is asked with.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chat, get, until } from "../stories/lib/index.mjs";
import { isCalm } from "./lib/browser.mjs";
import { answers, ask, done, visitAs } from "./lib/chat.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";

stage({ conf: { retry: { max_retries: 0 } } });

const visit = (...as) => visitAs(atlas, browser, ...as);
const asked = (page) => page.getByRole("article", { name: "Your message" });

describe("a chat", () => {
	test("what is to be looked up is offered where a model answers, to who may read it", async () => {
		const page = await visit("admin");
		await page.getByRole("button", { name: "What did I spend today, by model?" }).waitFor();
		assert.equal(await page.locator(".samples button:visible").count(), 4);
		await isCalm(page);
		await page.context().close();
	});

	test("what was asked and not answered is there after a reload, to be asked again", async () => {
		const page = await visit();
		for (const [text, mode, n] of [["The first of a chat", "die-before-read", 1], ["A later one", "die-before-read", 2], ["One that breaks off", "error-event", 3]]) {
			await sim.weather({ mode, count: 1 });
			await ask(page, text);
			const alert = answers(page).last().getByRole("alert");
			await alert.getByText(/req_[0-9a-f]{32}/).waitFor();
			await page.reload();
			await asked(page).last().getByText(text, { exact: true }).waitFor();
			await alert.getByText(/req_[0-9a-f]{32}/).waitFor();
			await alert.getByRole("button", { name: "Try again" }).click();
			await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor();
			await page.reload();
			await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor();
			assert.deepEqual([await asked(page).count(), await page.getByRole("alert").count()], [n, 0]);
		}
		await isCalm(page);
		await page.context().close();
	});

	test("what was asked below a question that broke stays when that one is asked again", async () => {
		const page = await visit();
		await ask(page, "The first");
		await done(page);
		await sim.weather({ mode: "die-before-read", count: 1 });
		await ask(page, "One that breaks");
		await answers(page).last().getByRole("alert").waitFor();
		await ask(page, "The one below");
		await done(page);
		await answers(page).nth(1).getByRole("button", { name: "Try again" }).click();
		await asked(page).last().getByText("One that breaks", { exact: true }).waitFor();
		await done(page);
		await asked(page).last().getByRole("button", { name: "Older version" }).click();
		await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor();
		assert.deepEqual(await asked(page).locator(".prose").allInnerTexts(), ["The first", "The one below"]);
		await isCalm(page);
		await page.context().close();
	});

	test("where a question that broke was answered elsewhere, what was asked below it keeps its turn", async () => {
		const page = await visit();
		await ask(page, "The first");
		await done(page);
		const { json: { sessions: [{ session_id: id, newest: first }] } } = await get(atlas, "/chat/sessions", { token: page.token });
		await sim.weather({ mode: "die-before-read", count: 2 });
		for (const [i, text] of ["One that breaks", "The one below"].entries()) {
			await ask(page, text);
			await answers(page).nth(i + 1).getByRole("alert").waitFor();
		}
		const elsewhere = await chat(atlas, { path: "/chat/complete", message: "One that breaks", token: page.token, body: { session_id: id, after: first } });
		assert.equal(elsewhere.status, 200, elsewhere.text);
		await page.reload();
		await answers(page).last().getByRole("button", { name: "Try again" }).click();
		await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor();
		assert.deepEqual(await asked(page).locator(".prose").allInnerTexts(), ["The first", "The one below"]);
		const { json: { turns } } = await get(atlas, `/chat/sessions/${id}`, { token: page.token });
		assert.deepEqual(turns.map(({ after }) => after), [null, first, first]);
		await isCalm(page);
		await page.context().close();
	});

	test("what could not be asked stays, and nothing is promised to try it by itself", async () => {
		const page = await visit();
		await page.context().setOffline(true);
		await ask(page, "Is anybody there?");
		const alert = answers(page).getByRole("alert");
		await alert.getByText(/cannot be reached/).waitFor();
		assert.ok(!(await alert.innerText()).includes("by itself"));
		await page.context().setOffline(false);
		await page.reload();
		await alert.getByRole("button", { name: "Try again" }).click();
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("a page left before the first word of an answer offers it again, and forgets it with the token", async () => {
		const page = await visit();
		await sim.weather({ mode: "black-hole", count: 1 });
		await ask(page, "Will I wait for this?");
		await until(async () => (await sim.stats()).in_flight === 1, { what: "it runs" });
		await sim.clearWeather();
		await page.reload();
		await page.getByRole("article", { name: "Your message" }).getByText("Will I wait for this?").waitFor();
		await answers(page).getByRole("button", { name: "Try again" }).waitFor();
		await page.getByRole("button", { name: "Sign out" }).click();
		await page.getByLabel("Access token").waitFor();
		assert.equal(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]).includes("Will I wait")), false);
		await isCalm(page);
		await page.context().close();
	});

	test("what tools add to a prompt is said beside their switch, which stays as it was left", async () => {
		const page = await visit("admin");
		const tools = page.getByLabel("The model may look at");
		const settings = () => page.getByRole("button", { name: "Settings" }).click();
		await settings();
		const [, told] = /about (\d+) tokens/.exec(await page.getByText(/^Adds about .* to every prompt\.$/).innerText());
		const { json } = await get(atlas, "/tools");
		const sent = JSON.stringify(json.tools.map(({ name, description, parameters }) => ({ name, description, parameters })));
		assert.ok(Math.abs(Number(told) - sent.length / 4) <= 6, `${told} for ${sent.length} characters`);
		assert.ok(await tools.isChecked());
		await tools.uncheck();
		await page.getByRole("button", { name: "Save" }).click();
		await page.keyboard.press("Control+k");
		await settings();
		assert.ok(!(await tools.isChecked()), "a new chat begins as the last one was left");
		await isCalm(page);
		await page.context().close();
	});

	test("a fine-tuned model goes by the name it was given, its whole name is in the title", async () => {
		const page = await visit();
		const id = "ft:gpt-4o-mini-2024-07-18:a-company:support-desk:9a8b7c6d";
		await page.route("**/chat/models", (route) => route.fulfill({ json: { models: [{ id }, { id: "gpt-4o-mini" }, { id: "ft:gpt-4.1" }] } }));
		await page.reload();
		const select = page.getByLabel("Model", { exact: true });
		await until(async () => (await select.locator("option").count()) === 3);
		assert.deepEqual(await select.locator("optgroup[label=Fine-tuned] option").allInnerTexts(), ["support-desk 9a8b7c6d (gpt-4o-mini-2024-07-18, tuned)", "gpt-4.1, tuned"]);
		await select.selectOption(id);
		await page.locator(".picker .name").getByText("support-desk 9a8b7c6d", { exact: false }).waitFor();
		assert.ok((await select.getAttribute("title")).startsWith(id));
		await isCalm(page);
		await page.context().close();
	});
});
