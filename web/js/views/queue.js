// Queue: who waits, where and why, and who runs; what waits or runs can be cancelled.

import { timeChart } from "../chart.js";
import { confirm } from "../dialog.js";
import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { notice } from "../notice.js";
import { card, chip, empty, head, later, tiles } from "../parts.js";
import { REASONS } from "../reasons.js";
import { scrolling, table } from "../table.js";

const CLASSES = ["URGENT", "HIGH", "NORMAL", "LOW"];
const TONES = { URGENT: "bad", HIGH: "warn", NORMAL: "accent", LOW: "" };
const SHOWN = 100;
const HELD_MS = 3000;
const LEAST = 4;

const short = (id) => `…${id.slice(-8)}`;
const idOf = ({ id }) => h("span", { title: id }, short(id));
const priorityOf = ({ priority }) => chip(format.title(priority.toLowerCase()), TONES[priority]);

const SHARED = [
	{ key: "session_id", label: "Session", text: true },
	{ key: "model", label: "Model", text: true, show: (name) => format.named("model", name) },
	{ key: "priority", label: "Priority", cell: priorityOf },
];

/** How many wait in each class, as one bar and in numbers; blank where nobody has said yet. */
function classes(byClass = {}) {
	const most = Math.max(1, ...Object.values(byClass));
	return h("dl.classes", {}, CLASSES.map((name) => [
		h("dt", {}, format.title(name.toLowerCase())),
		h("dd", {}, h(".track", { "aria-hidden": "true" }, h("i", { style: { "--part": `${(100 * (byClass[name] ?? 0)) / most}%` } })), h(`b${name in byClass ? "" : ".waiting"}`, {}, format.count(byClass[name])))]));
}

export function mount(root, { api, rights, live, recent, signal, to }) {
	const problem = h("div");
	const top = tiles([
		["waiting", "Waiting"],
		["running", "Running"],
		["wait", "Wait, half of all", "Of the requests that started lately"],
		["long", "Wait, 99 of 100"],
		["took", "A request takes"],
		["ended", "Answered"],
	]);
	const chart = timeChart({ title: "Waiting and running", kind: "lines", least: LEAST, fileName: "atlas-queue" });
	const more = h("span.note");
	const byClass = h("div", {}, classes());
	const [waiting, running] = [later(), later()];
	replace(root, h(".page", {},
		head("Queue", "What waits for its turn, and what is under way."),
		problem, top.element,
		h(".columns.main", {},
			card("The last minutes", chart.element, { tools: chart.tools }),
			card("Waiting by priority", byClass)),
		card("Waiting", waiting, { flush: true, tools: [more] }), card("Running", running, { flush: true })));
	recent.watch({ signal, told: () => chart.set(recent.series([["Waiting", "waiting"], ["Running", "running"]])) });
	let touched = 0; // when a pointer or a key was last at the lists: a row stays under it

	for (const list of [waiting, running])
		for (const kind of ["pointermove", "focusin", "keydown"])
			list.addEventListener(kind, () => { touched = performance.now(); });

	async function cancel({ id, state }) {
		const yes = await confirm("Cancel this request?", `${id} ${state === "queued" ? "waits and is not sent" : "runs: its stream ends, and what the upstream has written until then is billed"}. Its client is told.`, { yes: "Cancel it", danger: true });
		if (!yes) return;
		try {
			const { was } = await api.post(`/monitoring/requests/${id}/cancel`);
			notice(`${short(id)} was cancelled${was ? ` while ${was}` : ""}.`);
		} catch (error) {
			notice(error.message);
		}
		touched = 0;
	}

	const acts = rights.admin
		? [{ key: "cancel", label: "", cell: (row) => h("button.link", { type: "button", "aria-label": `Cancel ${short(row.id)}`, onclick: () => cancel(row) }, "Cancel") }]
		: [];

	const waitingTable = (rows) => scrolling("Waiting", table({
		caption: "Waiting",
		sortable: false,
		columns: [
			{ key: "position", label: "Place", number: true, cell: ({ position }) => (position > 0 ? format.count(position) : format.NONE) },
			{ key: "id", label: "Request", cell: idOf },
			...SHARED,
			{ key: "waited_ms", label: "Waited", number: true, show: format.ms },
			{ key: "estimated_wait_ms", label: "Left", number: true, cell: ({ estimated_wait_ms: ms, times_out: isInVain }) => (ms > 0 ? `${format.ms(ms)}${isInVain ? ", in vain" : ""}` : format.NONE) },
			{ key: "reason", label: "Why it waits", wide: true, show: (v) => REASONS[v] ?? format.NONE },
			...acts,
		],
		rows,
	}));

	const runningTable = (rows) => scrolling("Running", table({
		caption: "Running",
		sortable: false,
		columns: [
			{ key: "id", label: "Request", cell: idOf },
			...SHARED,
			{ key: "state", label: "State", cell: ({ state }) => chip(format.title(state.toLowerCase()), state.toLowerCase() === "streaming" ? "good" : "") },
			{ key: "waited_ms", label: "Age", number: true, show: format.ms },
			...acts,
		],
		rows,
	}));

	function show({ queue: q }) {
		top.set({
			waiting: [format.count(q.queue_size), q.queue_size > 0 ? `the longest for ${format.ms(Math.max(...q.queued_requests.map((one) => one.waited_ms)))}` : ""],
			running: [format.count(q.processing_count), `of at most ${format.count(q.max_concurrent)}`],
			wait: q.total_processed > 0 ? [format.ms(q.wait_ms.p50), `${format.ms(q.avg_wait_time_ms)} on average`] : format.NONE,
			long: q.total_processed > 0 ? [format.ms(q.wait_ms.p99), `${format.ms(q.wait_ms.p90)} for 90 of 100`] : format.NONE,
			took: q.total_processed > 0 ? [format.ms(q.avg_processing_time_ms), "on average, upstream"] : format.NONE,
			ended: [format.count(q.total_processed), `${format.count(q.total_failed)} failed, ${format.count(q.total_refused)} refused, ${format.count(q.total_cancelled)} cancelled, since the start at ${format.recent(q.since)}`],
		});
		more.textContent = q.queue_size > SHOWN ? `the first ${SHOWN} of ${format.count(q.queue_size)}` : "";
		replace(byClass, classes(q.queue_by_priority));
		if (performance.now() - touched < HELD_MS) return;
		replace(waiting, q.queued_requests.length ? waitingTable(q.queued_requests) : empty("Nobody waits", "A request that fits the limits leaves at once; one that does not is listed here with its place."));
		replace(running, q.processing_requests.length
			? runningTable(q.processing_requests)
			: empty("Nothing runs", ["What is under way is listed here. What has ended is under ", h("a", { href: to("requests") }, "Requests"), "."]));
	}

	live({ on: { "queue-status": show }, place: problem });
}
