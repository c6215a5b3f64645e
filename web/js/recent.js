// The last ten minutes of what the feed says, second by second, for charts: what was not
// heard is a gap. It begins with the page.

const STEP_MS = 1000;
const MOST = 600;
const LEAST = 10;
const LATE = 3; // seconds for which what was heard last still holds

/** What the part of a limit that is used up is called in series(). */
export const limitKey = ({ scope, unit, window_seconds: s }) => `${scope} ${unit} ${s}`;

export function createRecent() {
	const heard = new Map(); // second → { waiting, running, "scope unit window": part, … }
	const listeners = new Set();
	let frame = 0;

	function take(fields) {
		const second = Math.floor(Date.now() / STEP_MS);
		heard.set(second, { ...heard.get(second), ...fields });
		for (const old of heard.keys()) {
			if (heard.size <= MOST) break;
			heard.delete(old);
		}
		frame ||= requestAnimationFrame(tell); // what is heard together is drawn once
	}

	function tell() {
		frame = 0;
		for (const told of listeners) told();
	}

	const on = {
		"queue-status": ({ queue }) => take({ waiting: queue.queue_size, running: queue.processing_count }),
		"rate-limits": ({ limits }) => take(Object.fromEntries(limits.map((one) => [limitKey(one), one.limit > 0 ? one.used / one.limit : null]))),
	};

	return {
		listen: (live) => live({ on, signal: new AbortController().signal }),

		/** told() is called whenever there is more, and once now. */
		watch({ told, signal }) {
			listeners.add(told);
			signal.addEventListener("abort", () => listeners.delete(told));
			told();
		},

		/** { times, step, series } of these: [[name, key], …]. */
		series(lines) {
			const last = Math.floor(Date.now() / STEP_MS);
			const first = Math.max(last - MOST, Math.min(last - LEAST, heard.keys().next().value ?? last));
			const valueAt = (second, key) => {
				for (let back = 0; back <= LATE; back++) if (heard.get(second - back)?.[key] !== undefined) return heard.get(second - back)[key];
				return null;
			};
			const seconds = Array.from({ length: last - first + 1 }, (_, i) => first + i);
			return {
				times: seconds.map((second) => second * STEP_MS),
				step: STEP_MS,
				series: lines.map(([name, key]) => ({ name, values: seconds.map((second) => valueAt(second, key)) })),
			};
		},
	};
}
