// What may pass in any interval.

import assert from "node:assert/strict";

/** At most burst + perSecond x t of these moments (ms, cut to whole ones) lie in any t. */
export function withinRate(moments, { perSecond, burst }) {
	const at = moments.toSorted((a, b) => a - b);
	// A bucket that is never taken below empty says the same of all intervals at once.
	let level = burst;
	for (const [i, ms] of at.entries()) {
		const gone = i > 0 ? (ms - at[i - 1]) / 1000 : 0;
		level = Math.min(burst, level + gone * perSecond) - 1;
		const slack = (2 / 1000) * perSecond; // two stamps were cut
		assert.ok(level >= -slack, `${i + 1} passed, the last ${-level} too early`);
	}
}
