// Charts of values over time, drawn by dygraphs: bars (stacked) or lines. Every chart has a
// summary in words, can be read with the arrow keys, and shows itself as a table.
//
//	const chart = timeChart({ title: "Cost", kind: "bars", show: format.usd, onZoom });
//	chart.set({ times, step, series: [{ name: "gpt-4o", values }], mark });
//
// A value of null is a gap. A line's look may be "dashed", or "edge": what lies between two of
// those is a band. All charts of a page share the cursor's instant.

import "../vendor/dygraph.js";
import "./trusted.js";
import { download, h, replace } from "./dom.js";
import * as format from "./format.js";
import { table, toCsv } from "./table.js";

const { Dygraph } = globalThis;

const TONES = 6;
const MINUTE = 60000;
const DAY = 86400000;
const ROOT = 0.02; // of the axis: a line of zeros is seen above it
const LOOKS = { dashed: { strokePattern: [6, 5] }, edge: { strokeWidth: 1, strokePattern: [2, 3] } };
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

/** least: how high the axis is at least; of counts, so that half of one is no mark of it. */
export function timeChart({ title, kind = "bars", show = format.short, least = 0, onZoom, fileName }) {
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
	const isOfDays = () => data.step >= DAY;
	const name = (time) => (isOfDays() ? format.day : format.when)(time);

	function top() {
		const each = data.series.map(({ values }) => values.map((v) => v ?? 0));
		const heights = isStacked ? data.times.map((_, i) => each.reduce((sum, values) => sum + values[i], 0)) : each.flat();
		return Math.max(data.mark?.value ?? 0, ...heights);
	}

	const lastOf = ({ values }) => values.findLast((v) => v !== null);

	// Dygraphs puts the last one at the bottom of a stack, where the first belongs.
	const drawn = () => {
		const lines = data.series.map((one, k) => ({ ...one, k, label: `${k} ${one.name}` }));
		return isStacked ? lines.reverse() : lines;
	};

	const rowsOf = (lines) => data.times.map((time, i) =>
		[new Date(middle(time)), ...lines.map(({ values }) => (isStacked ? (values[i] ?? 0) : (values[i] ?? null)))]);

	function fillBand(ctx, dygraph) {
		const [low, high] = data.series.filter(({ look }) => look === "edge");
		if (!high) return;
		const at = ({ values }) => values.map((v, i) => v !== null && dygraph.toDomCoords(middle(data.times[i]), v)).filter(Boolean);
		ctx.save();
		ctx.globalAlpha = 0.14;
		ctx.fillStyle = colour(canvas, `--${tone(data.series.indexOf(low))}`);
		ctx.beginPath();
		for (const [x, y] of [...at(low), ...at(high).reverse()]) ctx.lineTo(x, y);
		ctx.fill();
		ctx.restore();
	}

	function underlay(ctx, area, dygraph) {
		fillBand(ctx, dygraph);
		if (!data.mark) return;
		const y = Math.round(dygraph.toDomYCoord(data.mark.value)) + 0.5;
		ctx.strokeStyle = ctx.fillStyle = colour(canvas, "--bad");
		ctx.setLineDash([6, 4]);
		ctx.beginPath();
		ctx.moveTo(area.x, y);
		ctx.lineTo(area.x + area.w, y);
		ctx.stroke();
		ctx.setLineDash([]);
		ctx.textAlign = "right";
		ctx.fillText(data.mark.label, area.x + area.w, y + 12);
	}

	// As wide as what may stand there, in the reader's way to write it.
	const timeWidth = () => (data.step < MINUTE ? 7 * format.time(to()).length + 7 : 64);
	const labelWidth = (high) => Math.max(28, 7 * Math.max(...[high, high / 2, high / 5].map((v) => show(Number(v.toPrecision(1))).length)) + 6);

	function options() {
		const edge = colour(canvas, "--edge");
		const high = Math.max(top(), least) || 1;
		const isOfSeconds = data.step < MINUTE;
		const lines = drawn();
		return {
			file: rowsOf(lines),
			labelsUTC: isOfDays(),
			labels: ["Time", ...lines.map(({ label }) => label)],
			colors: lines.map(({ k }) => colour(canvas, `--${tone(k)}`)),
			series: Object.fromEntries(lines.map(({ label, look }) => [label, LOOKS[look] ?? {}])),
			dateWindow: [from(), to()],
			valueRange: [isStacked ? 0 : -ROOT * high, high * 1.05],
			gridLineColor: colour(canvas, "--line"),
			axes: {
				x: { axisLineColor: edge, axisTickSize: 7, drawGrid: false, axisLabelWidth: timeWidth(), pixelsPerLabel: timeWidth() + (isOfSeconds ? 12 : 0), axisLabelFormatter: isOfDays() ? (time) => format.dayTick(Number(time)) : (time, granularity) => format.tick(time, granularity >= Dygraph.DAILY ? DAY : isOfSeconds ? 1000 : MINUTE) },
				y: { axisLineColor: "transparent", axisLabelWidth: labelWidth(high), pixelsPerLabel: 30, axisLabelFormatter: (v) => show(Number(v.toPrecision(12))) },
			},
		};
	}

	function draw() {
		if (!plot.clientWidth || !data.times.length || !data.series.length) return;
		if (graph) {
			graph.updateOptions(options());
			return;
		}
		const { file, ...rest } = options();
		graph = new Dygraph(canvas, file, {
			...rest,
			stackedGraph: isStacked,
			...(isStacked && { plotter: barPlotter }),
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
		const at = name(data.times[i]);
		replace(tip, h("strong", {}, at), h("dl", {}, rows.map(([k, label, v]) => [
			h("dt", {}, h(`i.${tone(k)}`), label), h("dd", {}, show(v))])));
		tip.hidden = false;
		const left = graph ? graph.toDomXCoord(middle(data.times[i])) : 0;
		const flip = left > plot.clientWidth / 2;
		tip.style.setProperty("left", flip ? "auto" : `${left + 12}px`);
		tip.style.setProperty("right", flip ? `${plot.clientWidth - left + 12}px` : "auto");
		if (speak) said.textContent = `${at}: ${rows.map(([, label, v]) => `${label} ${show(v)}`).join(", ")}`;
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
		{ key: "time", label: isOfDays() ? "Day" : "From", show: name },
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
		return `${title}, ${name(from())} to ${name(data.times.at(-1))}: ${each.join("; ")}. Arrow keys read single values.`;
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
			const read = cursor === null ? undefined : data.times[cursor];
			data = next;
			cursor = null;
			tip.hidden = true;
			shared = null;
			canvas.setAttribute("aria-label", summary());
			replace(legend, data.series.length > 1 && data.series.map((one, k) => h("span", {}, h(`i.${tone(k)}`), one.name, !isStacked && h("b", {}, show(lastOf(one))))));
			draw();
			if (read >= from()) point(nearest(read), false); // it is still pointed at
			if (!inTable.hidden) replace(inTable, table({ caption: title, columns: columns(), rows: rows().reverse() }));
		},
	};
}
