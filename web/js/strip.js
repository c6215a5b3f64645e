// The strip under the bar: said on every view while an upstream key is held back, with the
// time until the next step; gone when all keys are steady.

import { h, replace, setText } from "./dom.js";
import { seconds } from "./format.js";
import { isHeld } from "./limits.js";
import { levelMark } from "./parts.js";

const SAID = {
	backoff: ["Waiting for OpenAI", "it asked for a pause, or does not answer; nothing is sent", "one probe"],
	probe: ["Waiting for OpenAI", "one request may go, to see whether it answers again"],
	probing: ["Waiting for OpenAI", "one request is out, to see whether it answers again"],
	hold: ["Stabilizing", "after a throttle no faster than before it", "speeding up"],
	ramp: ["Stabilizing", "the pace grows step by step, up to the limits", "the next step"],
	out_of_service: ["Out of service", "OpenAI refuses the key, or it has no credit left", "another probe"],
};
const ORDER = Object.keys(SAID);

/** place: the strip; live: hears the feed; href: where the limits are told. */
export function createStrip({ place, live, href }) {
	const word = h("strong", { role: "status" });
	const why = h("span");
	const next = h("span", { "aria-live": "off" });
	let level;

	function show({ keys }) {
		const held = keys.filter((key) => isHeld(key) && SAID[key.state]).sort((a, b) => ORDER.indexOf(b.state) - ORDER.indexOf(a.state));
		place.hidden = held.length === 0;
		if (place.hidden) return;
		const [{ state, name, next_step_seconds: left }] = held;
		const [title, sentence, then] = SAID[state];
		const now = state === "out_of_service" ? "error" : "warning";
		if (level !== now) replace(place, levelMark(now), word, why, next, h("a", { href }, "Limits"));
		level = place.dataset.level = now;
		setText(word, title);
		setText(why, `Key ${name}: ${sentence}${held.length > 1 ? ` (${held.length} keys are held back)` : ""}`);
		setText(next, then && left > 0 ? `${then} in ${seconds(left)}` : "");
	}

	live({ on: { "rate-limits": show }, signal: new AbortController().signal });
}
