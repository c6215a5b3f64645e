// Asking again and again without asking in vain: only while the page is seen, one question
// of a kind at a time, slower while Atlas cannot be reached; and saying how fresh what is
// shown is.

import { replace, setText } from "./dom.js";
import { time } from "./format.js";
import { nextTry, trouble } from "./parts.js";

const SLOWEST_MS = 30000;

/** place: where "Live", "Paused" or "Stale since …" is said; isOver(): nothing is asked any more. */
export function createPulse(place, isOver) {
	const gone = new Set(); // what is not heard from at this moment
	let lastGood = 0;

	function say(state, text) {
		place.dataset.state = state;
		setText(place, isOver() ? "" : text);
	}

	// One that is heard does not speak for another that is not.
	function good(of) {
		gone.delete(of);
		if (gone.size) return;
		lastGood = Date.now();
		say("live", "Live");
	}

	function bad(of) {
		gone.add(of);
		say("stale", lastGood ? `Stale since ${time(lastGood)}` : "Not connected");
	}

	document.addEventListener("visibilitychange", () => {
		if (document.hidden && lastGood && !isOver()) say("paused", "Paused");
	});

	return {
		good,
		bad,

		/**
		 * Asks now and every ms: { ms, ask(signal), show(answer), place, signal }. What
		 * goes wrong stands in `place` until it goes right again. Gives again(): ask now.
		 */
		watch({ ms, ask, show, place: where, signal }) {
			let timer;
			let failures = 0;
			let asking;

			const delay = () => Math.min(SLOWEST_MS, ms * 2 ** Math.min(failures, 4));

			async function once() {
				clearTimeout(timer);
				asking?.abort();
				const mine = (asking = new AbortController());
				try {
					const answer = await ask(AbortSignal.any([signal, mine.signal]));
					if (signal.aborted || mine.signal.aborted) return;
					failures = 0;
					good(once);
					replace(where);
					show(answer);
				} catch (error) {
					if (signal.aborted || mine.signal.aborted) return;
					if (!error.status && error.code !== "offline") throw error;
					failures++;
					bad(once);
					replace(where, trouble(error, once, nextTry(delay())));
				}
				plan();
			}

			function plan() {
				if (signal.aborted || isOver() || document.hidden) return;
				timer = setTimeout(once, delay());
			}

			document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : once()), { signal });
			signal.addEventListener("abort", () => {
				clearTimeout(timer);
				gone.delete(once);
			});
			once();
			return once;
		},
	};
}
