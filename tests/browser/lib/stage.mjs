// What the tests of a file stand on: a simulator, an Atlas before it, a browser. They are there
// when the first test begins, and what they leave behind is looked for after the last one.
//
//	stage({ conf: { limits: … } });
//	test("…", async () => { await enter(await openPage(browser, atlas), atlas); });

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { leaks, startAtlas, startSim } from "../../stories/lib/index.mjs";
import { startBrowser } from "./browser.mjs";

export let sim, atlas, browser;

/** options: startAtlas()'s; prepare(): what else is to be there. */
export function stage(options, prepare) {
	before(async () => {
		sim = await startSim();
		atlas = await startAtlas({ sim, workers: 1, ...options });
		browser = await startBrowser();
		await prepare?.();
	});

	after(async () => {
		await browser?.close();
		assert.equal(await atlas.stop(), 0);
		assert.deepEqual(await leaks(atlas), []);
	});
}
