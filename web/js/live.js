// The live feed: one connection for the whole page, whoever listens; closed while nobody
// does or nobody looks. Where it is refused because too many listen, the same things are
// asked for every few seconds.

import { replace } from "./dom.js";
import { nextTry, trouble } from "./parts.js";

const POLL_MS = 3000;
const SILENCE_MS = 5000; // of a feed that speaks every second
const SLOWEST_MS = 30000;
const ASKED = { "rate-limits": "/monitoring/rate-limits", "queue-status": "/monitoring/queue-status" };

/** pulse: { good(of), bad(of) } of the page; isOver(): nothing is asked any more. */
export function createLive({ api, pulse, isOver }) {
	const listeners = new Set(); // { on, place }
	let last = {}; // what was heard last, for who comes later
	let end; // of what runs
	let failures = 0;
	let timer;

	const isWanted = () => listeners.size > 0 && !document.hidden && !isOver();

	function hear(name, data) {
		failures = 0;
		pulse.good(listeners);
		last[name] = data;
		for (const { on, place } of listeners) {
			if (place) replace(place);
			on[name]?.(data);
		}
	}

	/** Says so; gives for how long to wait. */
	function failed(error) {
		failures++;
		const wait = Math.min(SLOWEST_MS, 1000 * 2 ** Math.min(failures, 5));
		pulse.bad(listeners);
		for (const { place } of listeners) if (place) replace(place, trouble(error, start, nextTry(wait)));
		return wait;
	}

	/** Ends a feed that has gone silent. */
	function watchdog(mine) {
		let alarm;
		const rest = () => {
			clearTimeout(alarm);
			alarm = setTimeout(() => mine.abort(), SILENCE_MS);
		};
		mine.signal.addEventListener("abort", () => clearTimeout(alarm));
		rest();
		return rest;
	}

	async function listen(mine) {
		const { events } = await api.stream("GET", "/monitoring/live", { signal: mine.signal });
		const heard = watchdog(mine);
		for await (const { event, data } of events) {
			heard();
			hear(event, JSON.parse(data));
		}
	}

	async function poll(mine) {
		for (const [name, path] of Object.entries(ASKED)) {
			const data = await api.get(path, undefined, mine.signal);
			hear(name, data);
		}
		return POLL_MS;
	}

	async function start() {
		clearTimeout(timer);
		end?.abort();
		if (!isWanted()) return;
		const mine = (end = new AbortController());
		let wait = 1000;
		try {
			await listen(mine).catch((error) => {
				if (error.code !== "live_full") throw error;
				return poll(mine).then((ms) => { wait = ms; });
			});
		} catch (error) {
			if (end !== mine) return; // another one runs
			if (error.name !== "AbortError" && !error.status && error.code !== "offline" && !(error instanceof TypeError)) throw error;
			wait = failed(error.status || error.code ? error : new Error("The live feed broke."));
		}
		if (end !== mine || !isWanted()) return;
		timer = setTimeout(start, wait);
	}

	document.addEventListener("visibilitychange", () => {
		if (document.hidden) {
			clearTimeout(timer);
			end?.abort();
			end = undefined;
		} else start();
	});

	/** place: where it is said that the feed is gone; on: { "rate-limits", "queue-status", totals: (data) => … }; what is known is told at once. */
	return function live({ on, place, signal }) {
		const one = { on, place };
		listeners.add(one);
		for (const [name, data] of Object.entries(last)) on[name]?.(data);
		signal.addEventListener("abort", () => {
			listeners.delete(one);
			if (listeners.size) return;
			clearTimeout(timer);
			end?.abort();
			end = undefined;
			last = {};
		});
		if (!end) start();
	};
}
