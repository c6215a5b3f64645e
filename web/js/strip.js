// The strip under the bar: said on every view while an upstream key is held back, with the
// time until the next step; gone when all keys are steady.

import { h, replace, setText } from "./dom.js";
import { levelMark } from "./parts.js";
import { isHeld, meaningOf, nextOf, stateName, worstFirst } from "./states.js";

/** place: the strip; live: hears the feed; href: where the limits are told. */
export function createStrip({ place, live, href }) {
	const word = h("strong", { role: "status" });
	const why = h("span");
	const next = h("span", { "aria-live": "off" });
	let level;

	function show({ keys }) {
		const held = worstFirst(keys.filter(isHeld));
		place.hidden = held.length === 0;
		if (place.hidden) return;
		const [key] = held;
		const now = key.state === "out_of_service" ? "error" : "warning";
		if (level !== now) replace(place, levelMark(now), word, why, next, h("a", { href }, "Limits"));
		level = place.dataset.level = now;
		setText(word, stateName(key.state));
		setText(why, `Key ${key.name}: ${meaningOf(key)}${held.length > 1 ? ` (${held.length} keys are held back)` : ""}`);
		setText(next, nextOf(key));
	}

	live({ on: { "rate-limits": show }, signal: new AbortController().signal });
}
