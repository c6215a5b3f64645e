// Every view in both themes: nothing serious or critical for axe, and with ATLAS_SHOTS a screenshot
// at each width for whoever wants to look.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { leaks, until } from "../stories/lib/index.mjs";
import { AXE, audit } from "./lib/audit.mjs";
import { enter, go, isCalm, openPage, resize, shoot, startBrowser } from "./lib/browser.mjs";
import { startShowcase } from "./lib/showcase.mjs";

const SIZES = [[390, 844], [600, 900], [1280, 900], [1920, 1080]];
const THEMES = ["light", "dark"];

let show, atlas, browser;

before(async () => {
	show = await startShowcase();
	({ atlas } = show);
	await show.busy();
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	await show.calm();
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const names = (page) => page.getByRole("tab").evaluateAll((tabs) => tabs.map((tab) => tab.id.slice(4)));

/** The view has what it asked for. */
async function settle(page) {
	await page.getByText("Live", { exact: true }).waitFor();
	await page.waitForFunction(() => document.querySelector("#content h1") && !document.querySelector("#content :is(.waiting, .later:empty)"));
}

async function talk(page) {
	await page.getByRole("button", { name: "Why does a token bucket let a burst through?" }).click();
	await page.locator(".figures summary").filter({ hasText: "$" }).waitFor();
	await page.getByLabel("Show monitoring").check();
	await page.getByRole("region", { name: "Limits" }).waitFor();
}

/** Tables that go on beyond the edge of their card. */
const cut = (page) => page.locator("#content .scroll:has(table)").evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.ariaLabel} by ${one.scrollWidth - one.clientWidth} px`));

/** Each theme and each layout; ATLAS_EVERY_LOOK, as torture has it: each in the other too. */
const isAudited = (theme, width) =>
	[390, 1280].includes(width) && (process.env.ATLAS_EVERY_LOOK || (theme === "dark") === (width < 1280));

describe("every view", () => {
	for (const theme of THEMES)
		test(`in the ${theme} theme nothing keeps people out, at each width`, async () => {
			const page = await openPage(browser, atlas, { theme, init: AXE });
			await enter(page, atlas, "chat");
			await talk(page);
			for (const name of await names(page)) {
				await go(page, name);
				await settle(page);
				for (const [width, height] of SIZES) {
					await resize(page, width, height);
					const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
					assert.ok(wider <= 0, `${name} is ${wider} px wider than ${width}`);
					await until(() => page.evaluate(() => [...document.querySelectorAll(".plot")].every((plot) =>
						[...plot.querySelectorAll("canvas")].every((drawn) => Math.abs(drawn.clientWidth - plot.clientWidth) <= 1))), { what: `charts of ${name} as wide as their place` });
					if (process.env.ATLAS_SHOTS) await shoot(page, `${name}-${width}-${theme}`);
					assert.deepEqual(await cut(page), [], `${name} at ${width}`);
					if (isAudited(theme, width)) assert.deepEqual(await audit(page), [], `${name} at ${width}`);
				}
			}
			await isCalm(page);
			await page.context().close();
		});
});
