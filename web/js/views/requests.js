// Requests: every one of a period, found by any of its words, and the whole story of each.

import { download, h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, chip, empty, facts, head, later, periodName, segments, timeOf, trouble } from "../parts.js";
import { storyOf } from "../story.js";
import { scrolling, table } from "../table.js";

const PERIODS = [[1, "1 h"], [24, "24 h"], [168, "7 d"]];
const EVERY_MS = 15000;
const REST_MS = 200; // after a key
const NEWEST = 1000;
// How a request ends for its client, as success is counted, with the tone of each way.
const TONES = { answered: "good", failed: "bad", refused: "warn", cancelled: "", under_way: "accent" };
const REFUSED = ["request_too_large", "idempotency_key_reused", "queue_full"];
const CANCELLED = ["cancelled", "request_cancelled"];
// How its cost was settled, by the name of the ledger.
const SETTLED = { settled_usage: "settled", settled_estimate: "estimated", unknown: "unknown" };
const ERRORS = { upstream_outcome_unknown: "Outcome unknown" };

function endingOf({ outcome, final, failure, status }) {
	if (outcome === "open" || (!final && outcome !== "unknown")) return "under_way";
	if (REFUSED.includes(failure)) return "refused";
	if (CANCELLED.includes(failure)) return "cancelled";
	if (failure !== "none" || status < 200 || status >= 500) return "failed";
	return status >= 400 ? "refused" : "answered";
}

function outcomeWord(row) {
	const ending = endingOf(row);
	return ["answered", "under_way"].includes(ending) || !row.error_code ? format.title(ending) : (ERRORS[row.error_code] ?? format.title(row.error_code));
}

const outcome = (row) => [
	chip(outcomeWord(row), TONES[endingOf(row)]),
	row.outcome !== "open" && h("small.times", { title: "how its cost was settled" }, SETTLED[row.outcome] ?? format.words(row.outcome)),
	row.attempts > 1 && h("small.times", { title: "attempts" }, `×${row.attempts}`),
];

// What there was none of is no 0 ms.
const NEVER_SENT = { first_token_ms: null, duration_ms: null };
const NO_ANSWER = { first_token_ms: null };
const NOT_YET = { ...NEVER_SENT, total_tokens: null, cost_nanousd: null };

function missing({ outcome, sent_at, status }) {
	if (outcome === "open") return NOT_YET;
	if (!sent_at) return NEVER_SENT;
	return status ? {} : NO_ANSWER;
}

/** Of rows, the newest first: what became of each request stands in its last attempt. */
function requestsOf(rows) {
	const byId = new Map();
	for (const row of rows) {
		const last = byId.get(row.id);
		byId.set(row.id, { ...(last ?? row), attempts: last?.attempts ?? row.attempt, cost_nanousd: row.cost_nanousd + (last?.cost_nanousd ?? 0), unpriced: row.unpriced || last?.unpriced });
	}
	return [...byId.values()].map((row) => ({ ...row, ...missing(row) }));
}

function costOf({ cost_nanousd: nano, unpriced }) {
	if (unpriced && !nano) return format.UNPRICED;
	return format.cost(nano === null ? null : nano / 1e9);
}

const COLUMNS = [
	{ key: "id", label: "Request", raw: ({ id }) => id, cell: ({ id }) => `…${id.slice(-8)}` },
	{ key: "queued_at", label: "Asked", cell: ({ queued_at: at }) => timeOf(at, format.recent) },
	{ key: "outcome", label: "Outcome", wide: true, raw: outcomeWord, cell: outcome },
	{ key: "model", label: "Model", text: true, show: (name) => format.named("model", name) },
	{ key: "client", label: "Client", text: true },
	{ key: "session_id", label: "Session", text: true },
	{ key: "total_tokens", label: "Tokens", number: true, show: format.count },
	{ key: "cost_nanousd", label: "Cost", number: true, cell: costOf },
	{ key: "queue_ms", label: "Queued", number: true, show: format.ms },
	{ key: "first_token_ms", label: "First token", number: true, show: format.ms },
	{ key: "duration_ms", label: "Took", number: true, show: format.ms },
];

// Where the time of the last attempt went, as one bar and in numbers.
function timeBar({ attempt, queue_ms: queued, first_token_ms: first, duration_ms: took }) {
	const parts = [[attempt > 1 ? "Before the last attempt" : "In the queue", queued, "c6"], ["Until the first token", first || took, "c2"], ["Answering", first ? took - first : 0, "c1"]];
	const all = queued + took;
	return all > 0 && h(".spans", {},
		h(".track", { "aria-hidden": "true" }, parts.map(([, ms, tone]) => ms > 0 && h(`i.${tone}`, { style: { "--part": `${(100 * ms) / all}%` } }))),
		h(".legend", {}, parts.map(([name, ms, tone]) => h("span", {}, h(`i.${tone}`), `${name} ${format.ms(ms)}`))));
}

const nameOf = (model) => h("bdi", {}, format.named("model", model));

export function mount(root, { api, params, href, go, watch, signal }) {
	const hours = Math.min(8760, Math.max(1, Number(params.get("hours")) || 1));
	const id = params.get("id");
	const problem = h("div");
	const search = h("input", { type: "search", placeholder: "Id, session, client, model, error …", "aria-label": "Search requests", value: params.get("q") ?? "", maxlength: 128, oninput: () => look() });
	const count = h("span.note");
	const list = later(12);
	const pager = h(".pager");
	const story = h("div");
	let rest;
	replace(root, h(".page", {},
		head("Requests", `What was asked in ${periodName(hours)}.`, search,
			segments("Period", hours, PERIODS, (value) => href({ hours: value, id: undefined })),
			h("button", { type: "button", onclick: () => save("csv") }, "CSV"),
			h("button", { type: "button", onclick: () => save("jsonl") }, "JSON lines")),
		problem, story, card("Requests", [list, pager], { flush: true, tools: [count] })));

	async function save(kind) {
		const text = await api.text("/monitoring/export", { format: kind, hours });
		download(`atlas-requests-${hours}h.${kind}`, text, "text/plain");
	}

	const wantedNow = () => search.value.trim();

	function look() {
		clearTimeout(rest);
		rest = setTimeout(again, REST_MS);
	}

	function fill(rows) {
		const wanted = wantedNow();
		const found = requestsOf(rows);
		count.textContent = rows.length < NEWEST ? format.count(found.length) : `the newest ${format.count(found.length)}`;
		if (!found.length) replace(pager);
		replace(list, found.length
			? scrolling("Requests", table({ caption: "Requests", columns: COLUMNS, rows: found, sort: ["queued_at", "descending"], pager, onOpen: (row) => go({ id: row.id, q: search.value }) }))
			: empty(wanted ? "No request has these words" : "No request in this period", wanted ? "Search a longer period, or for less." : "Ask something in the chat, or from an application."));
	}

	async function tell() {
		if (!id) return;
		try {
			const { attempts, story: steps } = await api.get(`/monitoring/requests/${encodeURIComponent(id)}`, undefined, signal);
			const last = attempts.at(-1);
			replace(story, card("The story of one request", [
				facts([
					["Request", id],
					["Outcome", outcome(last)],
					["Client", last.client],
					["Session", last.session_id],
					["Model", [nameOf(last.model), last.model_served && [", served as ", nameOf(last.model_served)]]],
					["Tokens", `${format.count(last.prompt_tokens)} in (${format.count(last.cached_tokens)} cached), ${format.count(last.completion_tokens)} out`],
					["Cost", costOf({ cost_nanousd: attempts.reduce((sum, one) => sum + one.cost_nanousd, 0), unpriced: attempts.some(({ unpriced }) => unpriced) })],
					["Key", last.key],
					["OpenAI's id", last.upstream_id],
				]),
				timeBar(last),
				storyOf(steps),
			], { tools: [h("a", { href: href({ id: undefined }) }, "Close")] }));
		} catch (error) {
			if (!signal.aborted) replace(story, trouble(error));
		}
	}

	const again = watch({
		ms: EVERY_MS,
		place: problem,
		ask: (end) => api.text("/monitoring/export", { format: "jsonl", hours, newest: NEWEST, ...(wantedNow() && { search: wantedNow() }) }, end),
		show: (text) => fill(text.split("\n").filter(Boolean).map((line) => JSON.parse(line))),
	});
	tell();
}
