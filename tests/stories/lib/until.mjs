// Waiting for a condition, the only way a story waits: it goes on as soon as the thing is
// so, and says what was missing when the time is over.

// A tenth of the time waited so far: soon where it is soon, and what takes long is not
// taken the CPU by those who wait for it.
const pollMs = (waitedMs) => Math.min(Math.max(waitedMs / 10, 5), 100);

/**
 * Calls probe until it gives something true, and gives that. A probe that throws is asked
 * again (the server may not be up yet).
 *
 *   await until(async () => (await usage(atlas)).request_count === 3, { what: "3 rows" });
 */
export async function until(probe, { ms = 5000, what = probe.toString() } = {}) {
	const begun = performance.now();
	for (;;) {
		let seen, error;
		try {
			seen = await probe();
		} catch (e) {
			error = e;
		}
		if (seen) return seen;
		const waitedMs = performance.now() - begun;
		if (waitedMs >= ms)
			throw new Error(`not within ${ms} ms: ${what}`, { cause: error ?? seen });
		await new Promise((go) => setTimeout(go, Math.min(pollMs(waitedMs), ms - waitedMs)));
	}
}

/** The promise's value, or an error once ms are over. Nothing is cancelled. */
export function within(promise, ms, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
