// Performance: the score and what moves it, how long things take, what fails and why.

import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { card, empty, head, later, periodName, PERIODS, segments, tiles, verdictOf } from "../parts.js";
import { scrolling, table } from "../table.js";

const EVERY_MS = 15000;
const TIMES = [
	["queue_wait_ms", "Wait in the queue", format.ms],
	["processing_ms", "At the upstream", format.ms],
	["first_token_ms", "Until the first token", format.ms],
	["tokens_per_second", "Tokens a second", format.short],
];

const timesTable = (metrics) =>
	scrolling("Times", table({
		caption: "How long things take",
		sortable: false,
		columns: [
			{ key: "label", label: "" },
			...["p50", "p90", "p99", "max", "mean"].map((key) => ({ key, label: { max: "At most", mean: "On average" }[key] ?? `${key.slice(1)}% within`, number: true, cell: (row) => (row.count ? row.show(row[key]) : format.NONE) })),
			{ key: "count", label: "Measured", number: true, show: format.count },
		],
		rows: TIMES.map(([key, label, show]) => ({ label, show, ...metrics[key] })),
	}));

const errorsTable = (errors) =>
	scrolling("Errors", table({
		caption: "Errors by type",
		sort: ["attempts", "descending"],
		columns: [
			{ key: "type", label: "Type", raw: (row) => format.named("type", row.type, row.names), show: format.title },
			{ key: "attempts", label: "Attempts", number: true, show: format.count },
			{ key: "retried", label: "Retries called for", number: true, show: format.count },
			{ key: "requests_failed", label: "Requests failed", number: true, show: format.count },
			{ key: "total_cost_usd", label: "Cost", number: true, show: format.cost },
		],
		rows: errors,
	}));

// The score and what was taken off it, as a list that adds up.
const scoreParts = (parts) =>
	h("dl.facts.sums", {}, h("dt", {}, "Begins at"), h("dd", {}, "100"),
		Object.entries(parts).map(([name, points]) => [h("dt", {}, format.title(name)), h("dd", {}, points ? `−${format.decimal(2)(Math.abs(points))}` : "0")]));

const sentences = (list, none) =>
	list.length ? h("ul.items", {}, list.map((text) => h("li", {}, format.sentence(text)))) : h("p.note", {}, none);

/** What the success is a part of, and how many requests it says nothing about. */
function judgedOf({ answered, failed, refused, cancelled }) {
	const others = refused + cancelled;
	return `${format.count(answered)} of ${format.count(answered + failed)}${others ? `; ${format.count(others)} refused or cancelled` : ""}`;
}

export function mount(root, { api, params, href, watch }) {
	const hours = Math.min(8760, Math.max(1, Number(params.get("hours")) || 24));
	const problem = h("div");
	const top = tiles([
		["score", "Score of 100"],
		["success", "Requests that succeeded", "Of those that were answered or failed; who was refused or cancelled is not judged"],
		["retries", "Retries called for", "Whether they were sent, or their requests ended before"],
		["wait", "Wait in the queue, 99%"],
		["first", "First token, 50%"],
		["errors", "Cost without an answer", "Of attempts that failed, were refused or cancelled"],
	]);
	const [parts, issues, times, errors] = [6, 4, 5, 2].map(later);
	const body = h(".page", {},
		head("Performance", `How well requests went in ${periodName(hours)}.`, segments("Period", hours, PERIODS, (value) => href({ hours: value }))),
		problem, top.element,
		h(".columns", {},
			card("What makes the score", parts),
			card("What stands out", issues),
			card("Times", times, { flush: true, wide: true }),
			card("Errors by type", errors, { flush: true, wide: true })));
	replace(root, body);

	watch({
		ms: EVERY_MS,
		place: problem,
		ask: (signal) => api.get("/monitoring/performance", { hours }, signal),
		show({ performance_score: score, score_parts: taken, issues: found, suggestions, metrics, errors: failed, retries, success_rate: success, endings, cost_analysis: cost }) {
			const isQuiet = !metrics.attempt_count;
			top.set({
				score: isQuiet ? [format.NONE, "nothing to judge yet"] : [format.decimal(2)(score), verdictOf(score)],
				success: [endings.answered + endings.failed ? format.percent(success) : format.NONE, judgedOf(endings)],
				retries: [format.count(retries.attempts_retried), `${format.decimal(2)(retries.average_retries_per_request)} a request`],
				wait: [format.ms(metrics.queue_wait_ms.count ? metrics.queue_wait_ms.p99 : undefined), metrics.queue_wait_ms.count ? `at most ${format.ms(metrics.queue_wait_ms.max)}` : ""],
				first: [format.ms(metrics.first_token_ms.count ? metrics.first_token_ms.p50 : undefined), metrics.first_token_ms.count ? `99% within ${format.ms(metrics.first_token_ms.p99)}` : ""],
				errors: [format.usd(cost.cost_of_errors_usd), `of ${format.usd(cost.total_cost_usd)}`],
			});
			replace(parts, scoreParts(taken));
			replace(issues, sentences([...found, ...suggestions], "Nothing does: no error, no long wait, no limit that is near."));
			replace(times, timesTable(metrics));
			replace(errors, failed.length ? errorsTable(failed) : empty("No errors", "Every attempt in this period was answered."));
		},
	});
}
