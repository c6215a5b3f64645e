// How the upstream keys and the service stand, in the words of Atlas's own answers, and what
// those mean.

import * as format from "./format.js";

// What has brought a key into its state, where Atlas tells.
const CAUSES = { throttle: "OpenAI said: slower", fault: "OpenAI did not answer, or with errors" };

// Of each state its tone, what it means, what comes next, and what that waits for when it is not
// a time; as they are numbered.
const STATES = {
	steady: { tone: "good", means: "the limits alone decide" },
	backoff: { tone: "bad", means: "nothing is sent", next: "one probe", upon: "the end of the wait" },
	probe: { tone: "warn", means: "one request may go, to see whether OpenAI answers again", upon: "the next request" },
	probing: { tone: "warn", means: "one request is out, to see whether OpenAI answers again", upon: "its end" },
	hold: { tone: "warn", means: "the pace of before, no faster", next: "the ramp", upon: "the next request" },
	ramp: { tone: "accent", means: "the pace grows by half in each step, up to the limits", next: "the next step", upon: "the next request" },
	out_of_service: { tone: "bad", means: "OpenAI refuses the key, or it has no credit left", next: "a probe", upon: "the next request" },
};
const NUMBERED = Object.keys(STATES);

// The worst first.
const WORST = ["out_of_service", "backoff", "probe", "probing", "hold", "ramp", "steady"];

/** A part of a limit from which on it is near: the status is "warning". */
export const NEAR = 0.9;

/** "Out of service". */
export const stateName = (state) => format.title(state);
export const stateOfNumber = (n) => (NUMBERED[n] ? stateName(NUMBERED[n]) : format.NONE);
export const toneOf = ({ state }) => STATES[state]?.tone ?? "";

/** "OpenAI said: slower; nothing is sent". */
export const meaningOf = ({ state, cause }) => [CAUSES[cause], STATES[state]?.means].filter(Boolean).join("; ");

/** "one probe in 4 s", or what is waited for where no time ends it. */
export function nextOf({ state, next_step_seconds: left }) {
	const { next, upon } = STATES[state] ?? {};
	if (next && left > 0) return `${next} in ${format.seconds(left)}`;
	return upon ? `waits for ${upon}` : "";
}

/** Is a key kept from sending what it may? A hold whose time is over waits for a request only. */
export const isHeld = ({ state, remaining_seconds: left }) => state !== "steady" && (state !== "hold" || left > 0);

export const worstFirst = (keys) => keys.toSorted((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state));

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** What a key's state means, as a sentence. */
export const explain = (key) => sentence(meaningOf(key));

/** What helps where there is none. */
export const BRING_KEY = "Name a file in [openai] api_key_file and run atlasctl reload, or restart with OPENAI_API_KEY.";

function faultOf(keys) {
	const out = keys.filter(({ state }) => state === "out_of_service").map(({ name }) => format.plain(name));
	if (out.length) return `Out of service: key ${out.join(", ")}, refused or without credit. Replace it in api_key_file or add credit, then run atlasctl reload. Another OPENAI_API_KEY takes a restart.`;
	return `There is no upstream key. ${BRING_KEY}`;
}

/** What the status of the limits is about, of the answer about them. */
export function statusOf({ status, limits, keys }) {
	const nameOf = ({ unit, window_seconds: s }) => `${unit} of ${format.seconds(s)}`;
	const bursts = limits.filter(({ used_up: what }) => what === "burst").map(nameOf);
	const short = bursts.length && `Used up at the moment: the burst of ${bursts.join(", ")}; what comes now waits a little.`;
	if (status === "healthy") return ["No key is held back, no limit is near.", short].filter(Boolean).join(" ");
	if (status === "error") return faultOf(keys);
	const unsteady = worstFirst(keys.filter(({ state }) => state !== "steady")).map((key) => `Key ${format.plain(key.name)}: ${format.words(key.state)}. ${explain(key)}`);
	const near = limits.filter(({ used, limit }) => limit > 0 && used / limit >= NEAR).map(nameOf);
	return [...unsteady, near.length && sentence(`${near.join(", ")}: at ${format.percent(NEAR)} of the limit or more`), "What does not fit waits in the queue."].filter(Boolean).join(" ");
}
