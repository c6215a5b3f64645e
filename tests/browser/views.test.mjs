// Every view in both themes: nothing serious or critical for axe, and a screenshot at each
// width for whoever wants to look.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { chat, leaks, startAtlas, startSim, until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage, shoot, startBrowser } from "./lib/browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = [[390, 844], [1280, 900], [1920, 1080]];
const THEMES = ["light", "dark"];

let sim, atlas, browser;

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({
		sim,
		workers: 1,
		conf: { openai: { simulated: "yes" }, limits: { requests_per_minute: 60, requests_per_hour: 3000, tokens_per_minute: 150000 } },
	});
	for (let i = 0; i < 14; i++)
		await chat(atlas, { message: `Hello ${i}`, model: i % 3 ? "gpt-4o-mini" : "gpt-4o", headers: { "x-atlas-session": `tour-${i % 4}` } });
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const names = (page) => page.getByRole("tab").evaluateAll((tabs) => tabs.map((tab) => tab.id.slice(4)));

/** The view has what it asked for. */
async function settle(page) {
	await page.getByText("Live", { exact: true }).waitFor();
	await page.waitForFunction(() => document.querySelector("#content h1") && !document.querySelector("#content .waiting"));
}

async function talk(page) {
	await page.keyboard.press("Control+k");
	await page.getByLabel("Message", { exact: true }).fill("Show me a table, a list and code [[sim tokens=120]]");
	await page.getByRole("button", { name: "Send", exact: true }).click();
	await page.locator(".figures summary").filter({ hasText: "$" }).waitFor();
	await page.getByLabel("Show monitoring").check();
	await page.getByRole("region", { name: "Limits" }).waitFor();
}

async function audit(page) {
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
	return violations
		.filter(({ impact }) => ["serious", "critical"].includes(impact))
		.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}

describe("every view", () => {
	for (const theme of THEMES)
		test(`in the ${theme} theme nothing keeps people out, at each width`, async () => {
			const page = await openPage(browser, atlas, { theme, init: { content: AXE } });
			await enter(page, atlas, "chat");
			await talk(page);
			for (const name of await names(page)) {
				await go(page, name);
				await settle(page);
				for (const [width, height] of SIZES) {
					await page.setViewportSize({ width, height });
					await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
					const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
					assert.ok(wider <= 0, `${name} is ${wider} px wider than ${width}`);
					await until(() => page.evaluate(() => [...document.querySelectorAll(".plot")].every((plot) =>
						[...plot.querySelectorAll("canvas")].every((drawn) => Math.abs(drawn.clientWidth - plot.clientWidth) <= 1))), { what: `charts of ${name} as wide as their place` });
					await shoot(page, `${name}-${width}-${theme}`);
					if (width !== 1920) assert.deepEqual(await audit(page), [], `${name} at ${width}`);
				}
			}
			await isCalm(page);
			await page.context().close();
		});
});
