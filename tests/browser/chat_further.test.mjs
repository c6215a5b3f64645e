// The chat where it goes on: failures, long texts, copies, searching, other models, a phone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { chat, until } from "../stories/lib/index.mjs";
import { isCalm } from "./lib/browser.mjs";
import { answers, ask, done, visitAs } from "./lib/chat.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";

stage({ conf: { openai: { simulated: "yes" }, retry: { max_retries: 0 } } });

const TURNS = 60;
const visit = (...as) => visitAs(atlas, browser, ...as);

const TABLES = `| Year | Users | Growth |
|---|---:|---:|
| 2021 | 1,200 | 4% |

| Way | Burst | Memory | Cost |
|---|---|---|---|
| Token bucket | as much as the bucket holds, at once | one word | O(1) |
| Sliding window | none beyond the limit, in any window | a time for each request | O(1) |

\`\`\`
${"wide ".repeat(60)}
\`\`\``;

/** In the page: the text as an answer. */
async function showAnswer(text) {
	const { bringProse, prose } = await import("/app/js/prose.js");
	await bringProse();
	const one = prose();
	document.querySelector(".messages").replaceChildren(one.element);
	one.set(text);
}

describe("a chat, further", () => {
	test("a failure is a sentence with the request's id, and can be tried again", async () => {
		const page = await visit();
		await sim.weather({ mode: "error-event", count: 1 });
		await ask(page, "Will this fail?");
		const alert = page.getByRole("alert");
		await alert.getByText(/req_[0-9a-f]{32}/).waitFor();
		await alert.getByRole("button", { name: "Try again" }).click();
		await answers(page).locator(".prose p").first().waitFor();
		assert.equal(await page.getByRole("alert").count(), 0);
		await isCalm(page);
		await page.context().close();
	});

	test("what is wrong with the request itself is not offered to be tried again", async () => {
		const page = await visit();
		for (const mode of ["400", "404", "422", "too-large"]) {
			await sim.weather({ mode, count: 1 });
			await ask(page, `Wrong: ${mode}`);
			await answers(page).last().getByRole("alert").waitFor();
			await done(page);
			assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0, mode);
		}
		await sim.weather({ mode: "error-event", count: 1 });
		await ask(page, "Right");
		await page.getByRole("button", { name: "Try again" }).waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("a chat goes on behind an answer that failed before it had a word", async () => {
		const page = await visit();
		await ask(page, "One");
		await done(page);
		await sim.weather({ mode: "400", count: 1 });
		await ask(page, "Two");
		await answers(page).last().getByRole("alert").waitFor();
		await done(page);
		await ask(page, "Three");
		await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor({ timeout: 10000 });
		await isCalm(page);
		await page.context().close();
	});

	test("whoever reads further up is left there, and comes back by a button", async () => {
		const page = await visit();
		await page.setViewportSize({ width: 390, height: 700 });
		await ask(page, "At length [[sim tokens=900]]");
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		const back = page.getByRole("button", { name: "Jump to the latest" });
		assert.ok(!(await back.isVisible()));
		await page.locator(".log").evaluate((log) => log.scrollTo(0, 0));
		await back.waitFor();
		await ask(page, "More [[sim tokens=900]]");
		await page.locator(".log").evaluate((log) => log.scrollTo(0, 0));
		await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor();
		assert.equal(await page.locator(".log").evaluate((log) => log.scrollTop), 0);
		await back.click();
		await until(() => page.locator(".log").evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2));
		await isCalm(page);
		await page.context().close();
	});

	test("where there is nothing to scroll, no button leads to the latest", async () => {
		const page = await visit();
		await page.setViewportSize({ width: 390, height: 700 });
		await ask(page, "At length [[sim tokens=900]]");
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		const back = page.getByRole("button", { name: "Jump to the latest" });
		await page.locator(".log").evaluate((log) => log.scrollTo(0, 0));
		await back.waitFor();
		await page.getByRole("article", { name: "Your message" }).getByRole("button", { name: "Edit" }).click();
		await page.getByRole("dialog").getByLabel("Your message").fill("Briefly [[sim tokens=5]]");
		await page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		await page.getByRole("article", { name: "Your message" }).getByRole("button", { name: "Older version" }).click();
		await until(() => page.locator(".log").evaluate((log) => log.scrollHeight > log.clientHeight));
		await page.locator(".log").evaluate((log) => log.scrollTo(0, 0));
		await back.waitFor();
		await page.getByRole("article", { name: "Your message" }).getByRole("button", { name: "Newer version" }).click();
		await back.waitFor({ state: "hidden" });
		await isCalm(page);
		await page.context().close();
	});

	test("an answer is copied as it was written, a chat is exported in two forms", async () => {
		const page = await visit();
		await ask(page, "Tell me of limits [[sim tokens=60]]");
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		await answers(page).getByRole("button", { name: "Copy", exact: true }).click();
		await answers(page).getByRole("button", { name: "Copied" }).waitFor();
		const copied = await page.evaluate(() => navigator.clipboard.readText());
		const save = async (form) => {
			await page.getByRole("button", { name: "Export" }).click();
			const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: form, exact: true }).click()]);
			return readFileSync(await file.path(), "utf8");
		};
		const markdown = await save("Markdown");
		assert.ok(markdown.includes(copied) && markdown.includes("**You**"));
		const json = JSON.parse(await save("JSON"));
		assert.deepEqual(json.nodes.map(({ role, text }) => [role, role === "user" || text]), [["user", true], ["assistant", copied]]);
		await isCalm(page);
		await page.context().close();
	});

	test("a long chat is made once: what was unfolded in it stays, and it stays quick", async () => {
		const page = await visit();
		for (let i = 0; i < TURNS; i++)
			assert.equal((await chat(atlas, { path: "/chat/complete", token: page.token, message: undefined, messages: undefined, body: { model: undefined, messages: undefined, session_id: "long", message: `Number ${i} [[sim tokens=60]]` } })).status, 200);
		await page.reload();
		const began = Date.now();
		await page.getByLabel("Chats", { exact: true }).getByRole("button", { name: "Number 0", exact: false }).first().click();
		await until(async () => (await answers(page).count()) === TURNS, { ms: 20000 });
		console.log(`a chat of ${TURNS} turns was there after ${Date.now() - began} ms`);
		await answers(page).first().locator(".figures summary").click();
		await ask(page, "One more");
		await until(async () => (await answers(page).count()) === TURNS + 1);
		await answers(page).last().locator(".figures summary").filter({ hasText: "$" }).waitFor();
		assert.ok(await answers(page).first().locator(".figures details").evaluate((one) => one.open));
		await isCalm(page);
		await page.context().close();
	});

	test("what a chat of elsewhere says is found by Atlas, and a search that fails says so", async () => {
		const page = await visit();
		const say = (message) => chat(atlas, { path: "/chat/complete", token: page.token, messages: undefined, body: { model: undefined, messages: undefined, message } });
		await say(`${"A long beginning that fills the title of a chat, ".repeat(3)} then a Marmoset`);
		await say("Something else");
		await page.reload();
		const list = page.getByLabel("Chats", { exact: true });
		await until(async () => (await list.getByRole("listitem").count()) === 2);
		await list.getByRole("button", { name: "Something else", exact: true }).click();
		await page.getByLabel("Search chats").fill("marmoset");
		await until(async () => (await list.getByRole("listitem").count()) === 1);
		await list.getByRole("button", { name: "A long beginning" }).first().waitFor();
		await page.getByLabel("Search chats").fill("okapi");
		await list.getByText("No chat has these words.").waitFor();
		await page.context().setOffline(true);
		await page.getByLabel("Search chats").fill("something");
		await list.getByText(/^Only titles were searched/).waitFor();
		assert.equal(await list.getByRole("listitem").count(), 1);
		await page.context().setOffline(false);
		await isCalm(page);
		await page.context().close();
	});

	test("an answer that has not ended by itself says why, and a chat that is too long what went along", async () => {
		const page = await visit();
		await page.getByRole("button", { name: "Settings" }).click();
		await page.getByLabel("Most tokens of an answer").fill("7");
		await page.getByRole("button", { name: "Save" }).click();
		await ask(page, "At length [[sim tokens=60]]");
		await answers(page).getByText(/^Cut at the token limit: .* 7 tokens/).waitFor();
		await page.route("**/chat/stream", async (route) => {
			const events = [["session", { session_id: "s", id: `req_${"0".repeat(32)}`, model: "gpt-4o-mini", context_trimmed: true, context_note: "Only the newest 3 of the earlier turns went along." }],
				["delta", { text: "Half an" }], ["usage", { total_tokens: 3, finish_reason: "content_filter" }], ["done", {}]];
			await route.fulfill({ contentType: "text/event-stream", body: events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join("") });
		});
		await ask(page, "And this?");
		await answers(page).last().getByText(/^Only the newest 3 of the earlier turns went along\. .* content filter/).waitFor();
		await isCalm(page);
		await page.context().close();
	});

	test("a token that may not use the usual model begins with one that it may", async () => {
		const page = await visit("chat", "--models", "gpt-4.1,gpt-4.1-mini");
		const model = page.getByLabel("Model", { exact: true });
		await until(async () => (await model.locator("option").count()) === 2);
		await ask(page, "Say hello");
		await done(page);
		await answers(page).locator(".figures summary").filter({ hasText: "$" }).waitFor();
		assert.equal((await sim.bill()).at(-1).model, await model.inputValue());
		await isCalm(page);
		await page.context().close();
	});

	test("a model's name, however long, leaves its place to the button that sends", async () => {
		const page = await visit();
		await page.route("**/chat/models", (route) => route.fulfill({ json: { models: [{ id: "m".repeat(127), input_usd_per_million: 1, output_usd_per_million: 2 }] } }));
		await page.reload();
		await page.locator(".picker .name").getByText(/^m+$/).waitFor();
		for (const width of [1280, 390]) {
			await page.setViewportSize({ width, height: 844 });
			const [box, send] = await Promise.all([page.locator(".composer .box").boundingBox(), page.getByRole("button", { name: "Send", exact: true }).boundingBox()]);
			assert.ok(send.x + send.width <= box.x + box.width, `at ${width}`);
		}
		await isCalm(page);
		await page.context().close();
	});

	test("on a phone no figure of an answer is broken in two", async () => {
		const page = await visit();
		await page.setViewportSize({ width: 390, height: 844 });
		await ask(page, "Briefly [[sim tokens=705]]");
		await done(page);
		const lines = await page.locator(".figures summary span").evaluateAll((all) => all.map((one) => one.getClientRects().length));
		assert.ok(lines.length >= 4, `${lines}`);
		assert.deepEqual([...new Set(lines)], [1]);
		await isCalm(page);
		await page.context().close();
	});

	test("on a phone the chats are behind a button", async () => {
		const page = await visit();
		await page.setViewportSize({ width: 390, height: 700 });
		const list = page.getByLabel("Chats", { exact: true });
		assert.ok(!(await list.isVisible()));
		await page.getByRole("button", { name: "Show chats" }).click();
		await list.waitFor();
		await page.keyboard.press("Escape");
		await list.waitFor({ state: "hidden" });
		await isCalm(page);
		await page.context().close();
	});

	test("chats are found, renamed, deleted and brought back", async () => {
		const page = await visit();
		await ask(page, "Of whales");
		await done(page);
		await page.keyboard.press("Control+k");
		await ask(page, "Of ants");
		await done(page);
		const list = page.getByLabel("Chats", { exact: true });
		await list.getByRole("button", { name: "Rename Of ants" }).click();
		await page.getByRole("dialog").getByLabel("Title").fill("Insects");
		await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
		await list.getByRole("button", { name: "Insects", exact: true }).waitFor();
		await page.getByLabel("Search chats").fill("whales");
		assert.equal(await list.getByRole("listitem").count(), 1);
		await page.getByLabel("Search chats").fill("");
		await list.getByRole("button", { name: "Delete Insects" }).click();
		await until(async () => (await list.getByRole("listitem").count()) === 1);
		await page.getByRole("button", { name: "Undo" }).click();
		await until(async () => (await list.getByRole("listitem").count()) === 2);
		await isCalm(page);
		await page.context().close();
	});

	test("on a phone tables and code scroll inside themselves, as far as they have to", async () => {
		const page = await visit();
		await page.setViewportSize({ width: 390, height: 844 });
		await page.evaluate(showAnswer, TABLES);
		const frames = page.locator(".prose .scroll");
		const reaches = (frame) => frame.evaluate((one) => one.scrollWidth - one.clientWidth);
		const fades = (frame) => frame.evaluate((one) => getComputedStyle(one).maskImage !== "none");
		const [narrow, wide, code] = await frames.all();
		await until(() => fades(wide), { what: "it fades" });
		assert.ok((await reaches(wide)) > 0 && (await reaches(code)) > 0);
		assert.equal(await reaches(narrow), 0);
		assert.deepEqual([await fades(narrow), await fades(code)], [false, true]);
		await code.evaluate((one) => one.scrollTo(one.scrollWidth, 0));
		await until(async () => !(await fades(code)), { what: "its end does not" });
		assert.ok((await page.evaluate(() => document.querySelector(".log").scrollWidth - document.querySelector(".log").clientWidth)) <= 0);
		const grounds = await wide.locator("th").evaluateAll((all) => [...new Set(all.map((one) => getComputedStyle(one).backgroundColor))]);
		assert.equal(grounds.length, 1, "a head is of one piece");
		assert.notEqual(grounds[0], await wide.evaluate((one) => getComputedStyle(one).backgroundColor));
		await isCalm(page);
		await page.context().close();
	});
});
