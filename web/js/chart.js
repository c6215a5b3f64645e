// Charts of values over time, drawn by dygraphs: bars (stacked) or lines. Every chart has a
// summary in words, can be read with the arrow keys, and shows itself as a table.
//
//	const chart = timeChart({ title: "Cost", kind: "bars", show: format.usd, onZoom });
//	chart.set({ times, step, series: [{ name: "gpt-4o", values }], mark });
//
// A value of null is a gap. All charts of a page share the cursor's instant.

import "../vendor/dygraph.js";
import "./trusted.js";
import { download, h, replace } from "./dom.js";
import * as format from "./format.js";
import { table, toCsv } from "./table.js";

const { Dygraph } = globalThis;

const LABEL_WIDTH = 56;
const TONES = 6;
const DAY = 86400000;
const PARTS = Dygraph.PLUGINS;
const all = new Set(); // charts of this page: { element, follow(time), draw(), end() }

// Axes and grid; legends and labels are the page's own.
Dygraph.PLUGINS = PARTS.filter((part) => ["Axes Plugin", "Gridline Plugin"].includes(part.prototype.toString()));

export const tone = (i) => `c${(i % TONES) + 1}`;

const redraw = () => all.forEach((one) => one.draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

function sweep() {
	for (const one of all)
		if (!one.element.isConnected) {
			one.end();
			all.delete(one);
		}
}

/** Bars from the ground up: dygraphs has stacked the values and draws the highest first. */
function barPlotter({ drawingContext: ctx, dygraph, plotArea, points, color }) {
	const wide = Math.max(1, (plotArea.w / Math.max(1, dygraph.numRows())) * 0.78);
	ctx.fillStyle = color;
	for (const { canvasx, canvasy, yval } of points)
		if (yval > 0) ctx.fillRect(canvasx - wide / 2, Math.min(canvasy, plotArea.y + plotArea.h - 1), wide, Math.max(1, plotArea.y + plotArea.h - canvasy));
}

/** The instant that is pointed at, as a line; on lines with a dot. */
function showCursor(dygraph, name, ctx, x, y, color, radius) {
	const { y: top, h: high } = dygraph.getArea();
	ctx.save();
	ctx.strokeStyle = colour(dygraph.graphDiv, "--edge");
	ctx.lineWidth = 1;
	ctx.setLineDash([3, 3]);
	ctx.beginPath();
	ctx.moveTo(Math.round(x) + 0.5, top);
	ctx.lineTo(Math.round(x) + 0.5, top + high);
	ctx.stroke();
	ctx.restore();
	if (dygraph.getBooleanOption("stackedGraph")) return;
	ctx.beginPath();
	ctx.arc(x, y, radius, 0, 2 * Math.PI);
	ctx.fill();
}

/** A colour of the theme as it is now: a canvas knows no custom properties. */
function colour(element, name) {
	const probe = element.parentNode.appendChild(h("i", { hidden: true, style: { color: `var(${name})` } }));
	const { color } = getComputedStyle(probe);
	probe.remove();
	return color;
}

export function timeChart({ title, kind = "bars", show = format.short, onZoom, fileName }) {
	const canvas = h(".canvas", { tabindex: 0, role: "img" });
	const tip = h(".tip", { hidden: true });
	const said = h("p.sr", { "aria-live": "polite" });
	const plot = h(".plot", {}, canvas, tip);
	const legend = h(".legend");
	const inTable = h(".scroll.tall", { hidden: true, tabindex: 0, role: "region", "aria-label": `${title}, as a table` });
	const toTable = h("button.quiet", { type: "button", "aria-pressed": "false", onclick: flip }, "Table");
	const toCsvFile = h("button.quiet", { type: "button", onclick: save }, "CSV");
	const element = h("figure.chart", {}, plot, inTable, legend, said);
	let data = { times: [], step: 3600000, series: [] };
	let graph;
	let cursor = null;

	// ---- drawing ----

	const from = () => data.times[0];
	const to = () => data.times.at(-1) + (kind === "bars" ? data.step : 0);
	const middle = (time) => time + (kind === "bars" ? data.step / 2 : 0);
	const isStacked = kind === "bars";

	function top() {
		const each = data.series.map(({ values }) => values.map((v) => v ?? 0));
		const heights = isStacked ? data.times.map((_, i) => each.reduce((sum, values) => sum + values[i], 0)) : each.flat();
		return Math.max(data.mark?.value ?? 0, ...heights);
	}

	const rowsOf = () => data.times.map((time, i) =>
		[new Date(middle(time)), ...data.series.map(({ values }) => (isStacked ? (values[i] ?? 0) : (values[i] ?? null)))]);

	function underlay(ctx, area) {
		if (!data.mark) return;
		const y = Math.round(graph.toDomYCoord(data.mark.value)) + 0.5;
		ctx.strokeStyle = ctx.fillStyle = colour(canvas, "--bad");
		ctx.setLineDash([6, 4]);
		ctx.beginPath();
		ctx.moveTo(area.x, y);
		ctx.lineTo(area.x + area.w, y);
		ctx.stroke();
		ctx.setLineDash([]);
		ctx.textAlign = "right";
		ctx.fillText(data.mark.label, area.x + area.w, y - 5);
	}

	function options() {
		const edge = colour(canvas, "--edge");
		const high = top();
		return {
			file: rowsOf(),
			labels: ["Time", ...data.series.map(({ name }, k) => `${k} ${name}`)],
			colors: data.series.map((_, k) => colour(canvas, `--${tone(k)}`)),
			dateWindow: [from(), to()],
			valueRange: [0, high > 0 ? high * 1.05 : 1],
			gridLineColor: colour(canvas, "--line"),
			axes: {
				x: { axisLineColor: edge, axisTickSize: 7, drawGrid: false, axisLabelWidth: 64, pixelsPerLabel: 80, axisLabelFormatter: (time, granularity) => format.tick(time, granularity >= Dygraph.DAILY ? DAY : 60000) },
				y: { axisLineColor: "transparent", axisLabelWidth: LABEL_WIDTH, pixelsPerLabel: 46, axisLabelFormatter: (v) => show(Number(v.toPrecision(12))) },
			},
		};
	}

	function draw() {
		if (!plot.clientWidth || !data.times.length) return;
		if (graph) {
			graph.updateOptions(options());
			return;
		}
		const { file, ...rest } = options();
		graph = new Dygraph(canvas, file, {
			...rest,
			stackedGraph: isStacked,
			plotter: isStacked ? barPlotter : undefined,
			strokeWidth: 2,
			axisLabelFontSize: 11,
			rightGap: 8,
			xAxisHeight: 26,
			highlightCircleSize: 4,
			drawHighlightPointCallback: showCursor,
			underlayCallback: underlay,
			highlightCallback: (event, x) => share(x),
			unhighlightCallback: () => share(null),
			zoomCallback: (a, b) => (a > from() || b < to()) && onZoom?.(Math.max(a, from()), Math.min(b, to())),
			// By mouse only: a finger on a chart scrolls the page.
			interactionModel: onZoom ? { mousedown: Dygraph.defaultInteractionModel.mousedown } : {},
		});
	}

	// ---- reading ----

	const rowOf = (i) => data.series.map((one, k) => [k, one.name, one.values[i]]);

	function point(i, speak) {
		cursor = i;
		if (i === null) {
			tip.hidden = true;
			graph?.clearSelection();
			return;
		}
		graph?.setSelection(i);
		const rows = rowOf(i).filter(([, , v]) => v !== null && v !== undefined);
		const name = format.when(data.times[i]);
		replace(tip, h("strong", {}, name), h("dl", {}, rows.map(([k, label, v]) => [
			h("dt", {}, h(`i.${tone(k)}`), label), h("dd", {}, show(v))])));
		tip.hidden = false;
		const left = graph ? graph.toDomXCoord(middle(data.times[i])) : 0;
		const flip = left > plot.clientWidth / 2;
		tip.style.setProperty("left", flip ? "auto" : `${left + 12}px`);
		tip.style.setProperty("right", flip ? `${plot.clientWidth - left + 12}px` : "auto");
		if (speak) said.textContent = `${name}: ${rows.map(([, label, v]) => `${label} ${show(v)}`).join(", ")}`;
	}

	function nearest(time) {
		const i = Math.floor((time - from()) / data.step + (kind === "bars" ? 0 : 0.5));
		return Math.min(data.times.length - 1, Math.max(0, i));
	}

	// Selecting calls back: the same instant again is not passed on.
	let shared = null;
	function share(time) {
		if (shared === time) return;
		all.forEach((one) => one.follow(time));
	}

	function follow(time) {
		if (!data.times.length || shared === time) return;
		shared = time;
		const i = time === null ? null : nearest(time);
		if (i !== cursor) point(i, false);
	}

	canvas.addEventListener("blur", () => share(null));
	canvas.addEventListener("keydown", (event) => {
		const last = data.times.length - 1;
		const next = { ArrowLeft: (cursor ?? last + 1) - 1, ArrowRight: (cursor ?? -1) + 1, Home: 0, End: last }[event.key];
		if (next === undefined || last < 0) return;
		event.preventDefault();
		shared = middle(data.times[Math.min(last, Math.max(0, next))]);
		point(Math.min(last, Math.max(0, next)), true);
	});

	// ---- the same as a table and as a file ----

	const columns = () => [
		{ key: "time", label: "From", show: format.when },
		...data.series.map((one, k) => ({ key: `v${k}`, label: one.name, number: true, show })),
	];
	const rows = () => data.times.map((time, i) =>
		Object.assign({ time: new Date(time).toISOString() }, ...rowOf(i).map(([k, , v]) => ({ [`v${k}`]: v }))));

	function flip() {
		const open = inTable.hidden;
		toTable.setAttribute("aria-pressed", String(open));
		inTable.hidden = !open;
		plot.hidden = open;
		if (open) replace(inTable, table({ caption: title, columns: columns(), rows: rows().reverse() }));
		else draw();
	}

	function save() {
		download(`${fileName ?? title}.csv`, toCsv(columns(), rows()), "text/csv");
	}

	function summary() {
		if (!data.times.length) return `${title}: nothing yet`;
		const each = data.series.map((one) => {
			const values = one.values.filter((v) => v !== null && v !== undefined);
			return `${one.name} up to ${show(Math.max(0, ...values))}, last ${show(values.at(-1))}`;
		});
		return `${title}, ${format.when(from())} to ${format.when(data.times.at(-1))}: ${each.join("; ")}. Arrow keys read single values.`;
	}

	const size = new ResizeObserver(() => (graph ? graph.resize() : draw()));
	size.observe(canvas);
	sweep();
	all.add({
		element,
		follow,
		draw,
		end() {
			size.disconnect();
			graph?.destroy();
			graph = undefined;
		},
	});

	return {
		element,
		tools: [toTable, toCsvFile],
		set(next) {
			data = next;
			cursor = null;
			tip.hidden = true;
			shared = null;
			canvas.setAttribute("aria-label", summary());
			replace(legend, data.series.length > 1 && data.series.map((one, k) => h("span", {}, h(`i.${tone(k)}`), one.name)));
			draw();
			if (!inTable.hidden) replace(inTable, table({ caption: title, columns: columns(), rows: rows().reverse() }));
		},
	};
}
