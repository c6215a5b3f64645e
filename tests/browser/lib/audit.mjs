// axe-core over what is shown now.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** For openPage()'s init. */
export const AXE = { content: readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8") };

/** What is serious or critical, one line each. */
export async function audit(page) {
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
	return violations
		.filter(({ impact }) => ["serious", "critical"].includes(impact))
		.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}
