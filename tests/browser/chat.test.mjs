// The chat as a person meets it: asking, waiting, stopping, coming back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chat, chatStream, get, until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage } from "./lib/browser.mjs";
import { answers, ask, done, visitAs } from "./lib/chat.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";

stage({ conf: { openai: { simulated: "yes" }, retry: { max_retries: 0 } } });

const visit = (...as) => visitAs(atlas, browser, ...as);

/** The words of a text without its marks, as they stand on a page. */
const wordsOf = (text) => text.replace(/[*`#>_|\\-]/g, " ").split(/\s+/).filter(Boolean).join(" ");

describe("a chat", () => {
	test("an answer has the model's words, and under it what the bill says", async () => {
		const page = await visit();
		await ask(page, "Tell me of limits [[sim tokens=60]]");
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		const whole = await chat(atlas, { message: "Tell me of limits [[sim tokens=60]]", path: "/v1/chat/completions" });
		const shown = await answers(page).locator(".prose").innerText();
		assert.equal(wordsOf(shown).replaceAll(" ", ""), wordsOf(whole.said).replaceAll(" ", ""));
		const [line] = (await sim.bill()).filter(({ event }) => event === "final");
		await answers(page).locator(".figures summary").click();
		const facts = await answers(page).locator(".figures").innerText();
		const [, tokens, dollars] = /([\d,]+) tokens · \$([\d.]+)/.exec(facts);
		assert.equal(Number(tokens), line.prompt_tokens + line.completion_tokens);
		assert.equal(Math.round(Number(dollars) * 1e9), line.cost_nanousd);
		await isCalm(page);
		await page.context().close();
	});

	test("what was spent today, by model, is looked up, shown and kept", async () => {
		for (const model of ["gpt-4o", "gpt-4o-mini"]) await chat(atlas, { message: "Something dear", model });
		const page = await enter(await openPage(browser, atlas), atlas, "chat");
		await ask(page, 'What did I spend today, by model? [[sim call=cost({"period":"today"})]]');
		const answer = answers(page);
		await answer.locator(".figures summary").filter({ hasText: "$" }).waitFor();
		const { json } = await get(atlas, "/tools");
		assert.ok(json.tools.some(({ name }) => name === "cost"));
		const seen = async () => {
			const table = answer.getByRole("table", { name: "By model" });
			assert.equal(await answer.locator(".tool summary b").innerText(), "Cost");
			return Promise.all((await table.locator("tbody tr").all()).map(async (row) => (await row.getByRole("cell").allInnerTexts())));
		};
		const rows = await seen();
		const bill = (await sim.bill()).filter(({ event, model }) => event === "final" && model.startsWith("gpt-4o") && !model.includes("mini"));
		const dear = rows.find(([model]) => model === "gpt-4o");
		assert.equal(Number(dear[1]), bill.length);
		assert.ok(Math.abs(Number(dear[3].slice(1)) * 1e9 - bill.reduce((sum, line) => sum + line.cost_nanousd, 0)) <= 500, dear[3]);
		await page.reload();
		await answer.locator(".tool").waitFor();
		assert.deepEqual(await seen(), rows);
		await page.getByRole("button", { name: "Settings" }).click();
		await page.getByText("What it can look at").click();
		await page.getByRole("button", { name: "Try limits" }).click();
		await page.getByRole("dialog").getByText('"rate_limits"').waitFor();
		await page.getByRole("button", { name: "Explain limits" }).click();
		await page.getByRole("dialog").locator(".prose p").first().waitFor();
		await page.getByRole("button", { name: "Cancel" }).click();
		await isCalm(page);
		await page.context().close();
	});

	test("a reload keeps the chats, the draft and the tab's token", async () => {
		const page = await visit();
		assert.ok(!page.url().includes(page.token), "the token is still in the address");
		await ask(page, "Remember this");
		await done(page);
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		await page.getByLabel("Message", { exact: true }).fill("half a thought");
		await until(() => page.evaluate(() =>
			Object.values(localStorage).some((text) => text.includes("half a thought"))));
		const before = await answers(page).locator(".prose").innerText();
		await page.reload();
		assert.equal(await answers(page).locator(".prose").innerText(), before);
		assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), "half a thought");
		assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Remember this");
		await isCalm(page);
		await page.context().close();
	});

	test("what was said before goes along, and an edit or a regeneration keeps the older branch", async () => {
		const page = await visit();
		await ask(page, "One");
		await done(page);
		await ask(page, "Two");
		await done(page);
		assert.equal(await answers(page).count(), 2);
		await answers(page).last().getByRole("button", { name: "Regenerate" }).click();
		await page.getByText("2 / 2").waitFor();
		await page.getByRole("article", { name: "Your message" }).last().getByRole("button", { name: "Edit" }).click();
		await page.getByRole("dialog").getByLabel("Your message").fill("Three");
		await page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
		await page.getByRole("article", { name: "Your message" }).filter({ hasText: "Three" }).waitFor();
		await done(page);
		await page.getByRole("article", { name: "Your message" }).last().getByRole("button", { name: "Older version" }).click();
		await page.getByRole("article", { name: "Your message" }).filter({ hasText: "Two" }).waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("in the box of an edit Enter begins a line, with Ctrl or Cmd it sends", async () => {
		const page = await visit();
		const asked = page.getByRole("article", { name: "Your message" });
		await ask(page, "One");
		for (const [keys, word] of [["Control+Enter", "Two"], ["Meta+Enter", "Three"]]) {
			await done(page);
			await asked.getByRole("button", { name: "Edit" }).click();
			const dialog = page.getByRole("dialog");
			await dialog.getByText(/\bEnter sends/).waitFor();
			await dialog.getByLabel("Your message").fill(word);
			await page.keyboard.press("Enter");
			await page.keyboard.type("and more");
			await page.keyboard.press(keys);
			await asked.getByText(`${word}\nand more`).waitFor();
			assert.equal(await dialog.count(), 0);
		}
		await isCalm(page);
		await page.context().close();
	});

	test("Stop ends it upstream too", async () => {
		const page = await visit();
		await ask(page, "A long story [[sim tokens=2000 tps=40]]");
		await answers(page).locator(".prose p").first().waitFor();
		await page.keyboard.press("Escape");
		await page.getByText("Stopped.").waitFor();
		await until(async () => (await sim.bill()).some(({ event }) => event === "abort"), { what: "the bill says abort" });
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor(); // what it came to
		await isCalm(page);
		await page.context().close();
	});

	test("what a stopped answer came to is asked for again where the chat is not written down yet", async () => {
		const page = await visit();
		await page.route(/\/chat\/sessions\/chat_/, (route) => route.fulfill({ status: 404, json: { error: { message: "There is no such chat." } } }), { times: 1 });
		await ask(page, "A long story [[sim tokens=2000 tps=40]]");
		await answers(page).locator(".prose p").first().waitFor();
		await page.keyboard.press("Escape");
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("an answer goes on while another view is open, and can be stopped afterwards", async () => {
		const page = await visit("admin"); // who may look at the limits
		await ask(page, "A long story, again [[sim tokens=2000 tps=40]]");
		await answers(page).locator(".prose p").first().waitFor();
		await go(page, "limits");
		await go(page, "chat");
		const said = () => answers(page).locator(".prose").innerText();
		await answers(page).locator(".prose p").first().waitFor();
		const before = await said();
		await until(async () => (await said()).length > before.length, { what: "it goes on" });
		await page.getByRole("button", { name: "Stop", exact: true }).click();
		await page.getByText("Stopped.").waitFor();
		await page.locator(".sum").filter({ hasText: "$" }).waitFor();

		// Stopped before a word of it: what that may have cost is told apart, also after a reload.
		await ask(page, "Long before it begins [[sim tokens=2000 ttft=60000]]");
		await until(async () => (await sim.stats()).in_flight === 1, { what: "it is sent" });
		await page.getByRole("button", { name: "Stop", exact: true }).click();
		const sum = page.locator(".sum").getByText(/\$\S+, perhaps up to \$\S+/);
		await sum.waitFor();
		const id = await page.evaluate(() => localStorage.getItem("atlas.chat"));
		const { usage } = (await get(atlas, `/monitoring/session-usage/${id}`)).json;
		assert.ok(usage.unknown_cost_usd > 0 && usage.unknown_requests === 1, JSON.stringify(usage));
		const [most] = (await sum.innerText()).match(/(?<=up to \$)[\d.]+/);
		assert.ok(Math.abs(most - usage.total_cost_usd) < 0.0001, `${most} is ${usage.total_cost_usd}`);
		await page.setViewportSize({ width: 390, height: 844 });
		await page.reload();
		await sum.waitFor();
		await until(() => sum.evaluate((one) => one.scrollWidth <= one.clientWidth), { ms: 3000, what: "it is told whole on a phone" });
		await isCalm(page);
		await page.context().close();
	});

	test("an answer that runs elsewhere in the chat can be stopped from here", async () => {
		const page = await visit();
		await ask(page, "Begin here");
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		const session_id = await until(() => page.evaluate(() => localStorage.getItem("atlas.chat")));
		const elsewhere = await chatStream(atlas, { path: "/chat/stream", token: page.token, messages: undefined,
			body: { model: undefined, messages: undefined, session_id, message: "Go on [[sim tokens=4000 tps=20]]" } });
		assert.equal(elsewhere.status, 200);
		const told = elsewhere.collect();
		await until(async () => (await sim.stats()).in_flight === 1, { what: "it runs" });
		await ask(page, "And here");
		await page.getByRole("button", { name: "Stop it there and ask again" }).click();
		assert.ok((await told).events.some(({ event, data }) => event === "error" && data.includes("request_cancelled")));
		await until(async () => (await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).count()) === 1);
		assert.equal(await page.getByRole("alert").count(), 0);
		await isCalm(page);
		await page.context().close();
	});

	test("a limit that is reached is waited for in plain sight, and the chat goes on", async () => {
		const page = await visit();
		await sim.weather({ mode: "429", count: 1, retry_after: 2 });
		await ask(page, "Am I too fast?");
		await page.getByText(/Trying again by itself in \d+ s/).waitFor();
		await answers(page).locator(".prose p").first().waitFor();
		await done(page);
		await isCalm(page);
		await page.context().close();
	});
});
