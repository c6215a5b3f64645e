// Signing in: by the form, by the address, with what is no token, where nothing is kept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage } from "./lib/browser.mjs";
import { atlas, browser, stage } from "./lib/stage.mjs";

stage();

/** In the page, before its scripts: as with all cookies blocked. */
function refuseStorage() {
	for (const name of ["localStorage", "sessionStorage"])
		Object.defineProperty(globalThis, name, { get() { throw new DOMException("denied", "SecurityError"); } });
}

test("without a token the page asks for one, and says when one is not known", async () => {
	const page = await openPage(browser, atlas);
	await page.goto(`${atlas.base}/app/`);
	await page.getByLabel("Access token").fill("atlas-wrong");
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByText("Atlas does not know this token").waitFor();
	await page.getByLabel("Access token").fill(atlas.token);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("tab", { name: "Chat" }).waitFor();
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByLabel("Access token").waitFor();
	const { x, width } = await page.locator(".bar-end").boundingBox();
	assert.ok(x + width > 1200, "the bar's end is at its end without tabs too");
	assert.equal(await page.evaluate(() => sessionStorage.length), 0);
	await isCalm(page);
	await page.context().close();
});

test("what cannot be a token is told from one that is not known", async () => {
	const page = await openPage(browser, atlas);
	await page.goto(`${atlas.base}/app/#token=atlas-${encodeURIComponent("ключ")}`);
	await page.getByText(/at place 7 it has “к” \(U\+043A\)/).waitFor({ timeout: 5000 });
	for (const [text, said] of [["atlas\u200b-1", /at place 6 it has an invisible sign \(U\+200B\)/], ["atlas-\u{1F511}", /at place 7 it has “\u{1F511}”/u], ["two words", /at place 4 it has a space/]]) {
		await page.getByLabel("Access token").fill(text);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByText(said).waitFor({ timeout: 5000 });
	}
	await isCalm(page);
	await page.context().close();
});

test("a token in the address is taken and out of it at once, and one that is not known changes nothing", async () => {
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "of-the-address");
	const page = await enter(await openPage(browser, atlas), atlas, "usage");
	const paste = (text) => page.evaluate((given) => { location.hash = `token=${given}`; }, text);
	await paste("atlas-wrong");
	await page.locator(".notice").getByText(/^Atlas does not know this token/).waitFor({ timeout: 5000 });
	assert.match(page.url(), /#usage$/);
	await paste(token);
	await page.getByRole("button", { name: "Use the link's token" }).click();
	await until(async () => (await page.getByRole("tab").allInnerTexts()).join() === "Chat,My use", { what: "the page of the other token" });
	assert.doesNotMatch(page.url(), /token=/);
	await isCalm(page);
	await page.context().close();
});

test("a link's token replaces the one of who is signed in only when they say so", async () => {
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "of-a-stranger");
	const page = await enter(await openPage(browser, atlas), atlas);
	const question = page.getByRole("dialog", { name: "Use the token of this link?" });
	const here = () => page.evaluate(() => sessionStorage.getItem("atlas.token"));
	const follow = async () => {
		await page.goto(`${atlas.base}/app/?a#token=${token}`);
		await question.waitFor();
		assert.doesNotMatch(page.url(), /token=/);
		assert.equal(await here(), atlas.token);
	};
	await follow();
	await page.keyboard.press("Enter"); // the focus is on what changes nothing
	await question.waitFor({ state: "detached" });
	await page.getByRole("tab", { name: "Usage" }).waitFor();
	assert.equal(await here(), atlas.token);
	await follow();
	await question.getByRole("button", { name: "Use the link's token" }).click();
	await until(async () => (await page.getByRole("tab").allInnerTexts()).join() === "Chat,My use", { what: "the page of the other token" });
	assert.equal(await here(), token);
	await atlas.ctl("tokens", "revoke", "of-a-stranger"); // nobody is signed in any more
	await page.goto(`${atlas.base}/app/?b#token=${atlas.token}`);
	await page.getByRole("tab", { name: "Usage" }).waitFor();
	await isCalm(page);
	await page.context().close();
});

test("a link's token is asked about again once Atlas says who is signed in, and not after signing out", async () => {
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "of-a-busy-moment");
	const page = await enter(await openPage(browser, atlas), atlas);
	const again = page.getByRole("button", { name: "Try again" });
	const follow = async (how) => {
		await page.route("**/v1/models", (route) => route.fulfill({ status: 503, json: { error: { message: "It is starting." } } }));
		await page.goto(`${atlas.base}/app/?${how}#token=${token}`);
		await again.waitFor();
		assert.doesNotMatch(page.url(), /token=/);
	};
	await follow("again");
	await page.reload();
	await again.waitFor();
	await page.unroute("**/v1/models");
	await again.click();
	await page.getByRole("dialog", { name: "Use the token of this link?" }).getByRole("button", { name: "Keep as it is" }).click({ timeout: 5000 });
	await page.getByRole("tab", { name: "Usage" }).waitFor();
	await follow("out");
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByLabel("Access token").waitFor();
	assert.equal(await page.evaluate(() => JSON.stringify([history.state, { ...sessionStorage }])), "[null,{}]");
	await isCalm(page);
	await page.context().close();
});

test("that nobody could look at a link's token is said where the one of this tab is not known any more", async () => {
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "of-yesterday");
	const page = await enter(await openPage(browser, atlas), atlas, "", token);
	await atlas.ctl("tokens", "revoke", "of-yesterday");
	await page.route("**/v1/models", (route) => {
		const isLinks = route.request().headers().authorization === `Bearer ${atlas.token}`;
		return isLinks ? route.fulfill({ status: 503, json: { error: { message: "It is starting." } } }) : route.continue();
	});
	await page.goto(`${atlas.base}/app/?a#token=${atlas.token}`);
	await page.getByRole("status").getByText("It is starting.").waitFor({ timeout: 5000 });
	await isCalm(page);
	await page.context().close();
});

test("where the browser keeps nothing the page is there for this visit, and says so", async () => {
	const { json: { token } } = await atlas.ctl("tokens", "create", "--role", "admin", "--name", "keeps-nothing");
	const page = await openPage(browser, atlas, { init: refuseStorage });
	await page.goto(`${atlas.base}/app/`);
	await page.getByText(/^This browser keeps nothing for this page/).waitFor({ timeout: 5000 });
	await page.getByLabel("Access token").fill(token);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.locator(".notice").getByText(/^This browser keeps nothing/).waitFor();
	await page.getByLabel("Message", { exact: true }).fill("Say hello");
	await page.keyboard.press("Enter");
	await page.getByRole("article", { name: "Answer" }).locator(".figures summary").filter({ hasText: "$" }).waitFor();
	await page.getByRole("button", { name: "Theme: system" }).click();
	await page.getByRole("button", { name: "Theme: light" }).waitFor();
	await go(page, "usage");
	await page.getByRole("heading", { name: "Usage", level: 1 }).first().waitFor();
	assert.equal(await page.evaluate(() => history.state), null);
	await page.reload();
	await page.getByLabel("Access token").waitFor();
	await isCalm(page);
	await page.context().close();
});
