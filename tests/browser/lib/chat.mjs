// The chat by its parts, as people find them.

import { enter, openPage } from "./browser.mjs";

let people = 0;

/** A person with a token of their own, at the chat: nobody else's chats are there. */
export async function visitAs(atlas, browser, role = "chat", ...limits) {
	const made = await atlas.ctl("tokens", "create", "--role", role, "--name", `person-${++people}`, ...limits);
	const page = await openPage(browser, atlas);
	page.token = made.json.token;
	return enter(page, atlas, "chat", page.token);
}

export async function ask(page, text) {
	await page.getByLabel("Message", { exact: true }).fill(text);
	await page.getByRole("button", { name: "Send", exact: true }).click();
}

export const answers = (page) => page.getByRole("article", { name: "Answer" });
export const done = (page) => page.getByRole("button", { name: "Send", exact: true }).waitFor();
