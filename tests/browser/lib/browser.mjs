// A real browser: Debian's Chromium with a profile of its own, and pages that remember
// everything that must not happen in them.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"];
const QUIET = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** Starts it; a fresh profile each time. */
export async function startBrowser({ args = [] } = {}) {
	const executablePath = CHROMIUM.find((file) => existsSync(file));
	assert.ok(executablePath, "no Chromium: run scripts/install-deps test");
	return chromium.launch({ executablePath, args: [...QUIET, ...args] });
}

/**
 * A page in a context of its own. page.trouble collects errors of scripts, dialogs, and
 * requests to anywhere but the given target; isCalm() looks at it.
 */
export async function openPage(browser, target, options = {}) {
	const { width = 1280, height = 900, theme = "light", zone = "UTC", init } = options;
	const context = await browser.newContext({
		viewport: { width, height },
		colorScheme: theme,
		locale: "en-US",
		timezoneId: zone,
		reducedMotion: "reduce",
		permissions: ["clipboard-read", "clipboard-write"],
	});
	const page = await context.newPage();
	page.trouble = [];
	page.on("pageerror", (error) => page.trouble.push(`script: ${error.stack ?? error}`));
	page.on("dialog", (dialog) => {
		page.trouble.push(`dialog: ${dialog.message()}`);
		dialog.dismiss().catch(() => {});
	});
	context.on("request", (request) => {
		const url = request.url();
		if (!url.startsWith(target.base) && !/^(data|blob|about):/.test(url))
			page.trouble.push(`request: ${url}`);
	});
	await page.addInitScript(() => {
		globalThis.violations = [];
		document.addEventListener("securitypolicyviolation", (event) =>
			globalThis.violations.push(
				`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`,
			));
	});
	if (init) await page.addInitScript(init);
	return page;
}

/** The page signed in, at a view once its tab is chosen. */
export async function enter(page, target, view = "", token = target.token) {
	await page.goto(`${target.base}/app/#token=${token}`);
	await page.getByRole("tab", { selected: true }).waitFor();
	if (view) await go(page, view);
	return page;
}

export async function go(page, view) {
	await page.evaluate((hash) => {
		location.hash = hash;
	}, view);
	await page.locator(`#content[data-view="${view.split("?")[0]}"]`).waitFor();
}

/** For openPage()'s init: notes when the box has the caret, so that a key pressed goes into it. */
export const TYPING = () => document.addEventListener("focusin", ({ target }) => {
	if (target.ariaLabel === "Message") requestAnimationFrame(() => performance.mark("typing"));
});

/** Milliseconds from asking for the page until one could type. */
export async function typingAt(page) {
	await page.waitForFunction(() => performance.getEntriesByName("typing").length > 0);
	return page.evaluate(() => performance.getEntriesByName("typing")[0].startTime);
}

/** Nothing that must not happen has happened. */
export async function isCalm(page) {
	assert.deepEqual(page.trouble, []);
	assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
}

/** The width, and as much height as the view has; what is drawn has followed. */
export async function resize(page, width, least) {
	await page.setViewportSize({ width, height: least });
	const settled = () => page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
	await settled();
	const hidden = await page.evaluate(() => {
		const content = document.getElementById("content");
		return content.querySelector(".chat") ? 0 : content.scrollHeight - content.clientHeight;
	});
	if (hidden > 0) await page.setViewportSize({ width, height: least + hidden });
	await settled();
}

/** BUILD/screenshots/NAME.png, for whoever wants to look. */
export async function shoot(page, name) {
	const folder = path.join(process.env.ATLAS_BUILD ?? "build", "screenshots");
	mkdirSync(folder, { recursive: true });
	await page.screenshot({ path: path.join(folder, `${name}.png`) });
}
