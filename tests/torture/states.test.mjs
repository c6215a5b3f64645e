// What is not everyday: nothing there yet, a queue, a throttle, an error, a question. Each is
// looked at by axe and leaves a screenshot, narrow and wide.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chat, chatStream, leaks, startAtlas, startSim, until } from "../stories/lib/index.mjs";
import { AXE, audit } from "../browser/lib/audit.mjs";
import { enter, go, isCalm, openPage, resize, shoot, startBrowser } from "../browser/lib/browser.mjs";

const VIEWS = ["chat", "overview", "limits", "queue", "usage", "performance", "requests", "insight", "tokens"];
let sim, atlas, browser;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({
		sim,
		workers: 1,
		conf: { openai: { simulated: "yes" }, limits: { requests_per_minute: 60 }, queue: { max_concurrent: 2 }, retry: { max_retries: 0 }, stabilization: { minutes: 15, max_backoff: "5s" } },
	});
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const LOOKS = [["dark", 390, 844], ["light", 390, 844], ["light", 1280, 800]];

/** The state as it is, in both themes, narrow and wide. */
async function look(page, name) {
	for (const [theme, width, height] of LOOKS) {
		await page.emulateMedia({ colorScheme: theme });
		await resize(page, width, height);
		await shoot(page, `state-${name}-${width}-${theme}`);
		if (theme === "dark" || width > 390) assert.deepEqual(await audit(page), [], `${name}, ${theme}`);
	}
}

const send = async (page, text) => {
	await page.getByLabel("Message", { exact: true }).fill(text);
	await page.getByRole("button", { name: "Send", exact: true }).click();
};

describe("states", () => {
	test("nobody is signed in", async () => {
		const page = await openPage(browser, atlas, { init: AXE });
		await page.goto(`${atlas.base}/app/`);
		await page.getByLabel("Access token").waitFor();
		await look(page, "sign-in");
		await page.context().close();
	});

	test("an Atlas that nobody has asked anything", async () => {
		const page = await enter(await openPage(browser, atlas, { init: AXE }), atlas);
		for (const view of VIEWS) {
			await go(page, view);
			await page.getByText("Live", { exact: true }).waitFor();
			await look(page, `empty-${view}`);
		}
		await isCalm(page);
		await page.context().close();
	});

	test("questions: settings, shortcuts, a new token, before something is done", async () => {
		const page = await enter(await openPage(browser, atlas, { init: AXE }), atlas, "chat");
		const ask = async (name, button) => {
			await button.click();
			await page.getByRole("dialog").waitFor();
			await look(page, name);
			await page.keyboard.press("Escape");
			await page.getByRole("dialog").waitFor({ state: "detached" });
		};
		await ask("settings", page.getByRole("button", { name: "Settings" }));
		await ask("shortcuts", page.getByRole("button", { name: "Keyboard shortcuts" }));
		await go(page, "tokens");
		await ask("new-token", page.getByRole("button", { name: "New token" }));
		await go(page, "limits");
		await ask("reset", page.getByRole("button", { name: "Reset limits" }));
		await page.context().close();
	});

	test("a place in the queue, an error, a throttle and the way back from it", async () => {
		const page = await enter(await openPage(browser, atlas, { init: AXE }), atlas, "chat");
		const slow = ["one", "two", "three"].map((session) =>
			chatStream(atlas, { message: "Slowly [[sim tokens=4000 tps=20]]", headers: { "x-atlas-session": session } }));
		await until(async () => (await sim.stats()).in_flight === 2, { what: "two run" });
		await send(page, "How long will this take?");
		await page.getByText("Position 2 in the queue").waitFor();
		await look(page, "queue");
		for (const session of ["one", "two", "three"]) await atlas.ctl("cancel", "--session", session);
		await Promise.all(slow);
		await page.locator(".figures summary").filter({ hasText: "$" }).waitFor();

		await sim.weather({ mode: "error-event", count: 1 });
		await send(page, "Will this fail?");
		await page.getByRole("alert").waitFor();
		await look(page, "error");

		await sim.weather({ mode: "429", count: 1, retry_after: 300 });
		await send(page, "Am I too fast?");
		await page.getByText(/Trying again by itself in (\d+ min )?\d+ s/).waitFor();
		await look(page, "limit");
		await page.getByRole("button", { name: "Stop", exact: true }).click();
		for (const view of ["chat", "overview", "limits"]) {
			await go(page, view);
			await page.getByText("Warning", { exact: true }).or(page.getByText("Backoff", { exact: true })).filter({ visible: true }).first().waitFor();
			await look(page, `throttle-${view}`);
		}
		await page.context().close();
	});

	test("nothing is heard any more", async () => {
		const page = await enter(await openPage(browser, atlas, { init: AXE }), atlas, "limits");
		await page.getByText("Live", { exact: true }).waitFor();
		await page.context().setOffline(true);
		atlas.children("front").forEach(({ pid }) => atlas.kill(pid));
		await page.getByText(/^Stale since/).waitFor();
		await page.getByRole("alert").waitFor();
		await look(page, "stale");
		await page.context().close();
	});
});
