// Charts of values over time, drawn as SVG: bars (stacked), lines or areas. Every chart has
// a summary in words, can be read with the arrow keys, and shows itself as a table.
//
//	const chart = timeChart({ title: "Cost", kind: "bars", show: format.usd, onZoom });
//	chart.set({ times, step, series: [{ name: "gpt-4o", values }], mark });
//
// A value of null is a gap. All charts of a page share the cursor's instant.

import { download, h, replace, s } from "./dom.js";
import * as format from "./format.js";
import { timeTicks, valueTicks } from "./scale.js";
import { table, toCsv } from "./table.js";

const PAD = { left: 56, right: 8, top: 10, bottom: 22 };
const TONES = 6;
const together = new Set();

export const tone = (i) => `c${(i % TONES) + 1}`;

export function timeChart({ title, kind = "bars", show = format.short, small = false, onZoom, fileName }) {
	const svg = s("svg", { tabindex: 0, role: "img" });
	const tip = h(".tip", { hidden: true });
	const said = h("p.sr", { "aria-live": "polite" });
	const plot = h(".plot", {}, svg, tip);
	const legend = h(".legend");
	const inTable = h(".scroll.tall", { hidden: true, tabindex: 0, role: "region", "aria-label": `${title}, as a table` });
	const toTable = h("button.quiet", { type: "button", "aria-pressed": "false", onclick: flip }, "Table");
	const toCsvFile = h("button.quiet", { type: "button", onclick: save }, "CSV");
	const element = h(`figure.chart${small ? ".small" : ""}`, {}, plot, inTable, legend, said);
	let data = { times: [], step: 3600000, series: [] };
	let width = 0;
	let cursor = null;
	let drag = null;

	// ---- geometry ----

	const height = () => plot.clientHeight || (small ? 150 : 220);
	const inner = () => ({ w: Math.max(10, width - PAD.left - PAD.right), h: height() - PAD.top - PAD.bottom });
	const from = () => data.times[0];
	const to = () => data.times.at(-1) + (kind === "bars" ? data.step : 0);
	const x = (t) => PAD.left + ((t - from()) / Math.max(1, to() - from())) * inner().w;
	const instant = (px) => from() + ((px - PAD.left) / inner().w) * (to() - from());
	const total = (i) => data.series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0);
	const isStacked = () => kind !== "line";
	const top = () => {
		const all = isStacked()
			? data.times.map((_, i) => total(i))
			: data.series.flatMap((one) => one.values.map((v) => v ?? 0));
		return valueTicks(Math.max(0, data.mark?.value ?? 0, ...all), small ? 3 : 4);
	};

	// ---- drawing ----

	function draw() {
		width = plot.clientWidth;
		if (!width || !data.times.length) return;
		const axis = top();
		const y = (v) => PAD.top + inner().h * (1 - v / axis.max);
		const bottom = PAD.top + inner().h;
		const time = timeTicks(from(), to(), Math.max(2, Math.floor(inner().w / 90)));
		replace(svg,
			axis.ticks.map((v) => [
				s("line.grid", { x1: PAD.left, x2: width - PAD.right, y1: y(v), y2: y(v) }),
				s("text", { x: PAD.left - 8, y: y(v) + 4, "text-anchor": "end" }, show(v)),
			]),
			time.ticks.filter((t) => x(t) < width - 24).map((t) => s("text", { x: x(t), y: height() - 5, "text-anchor": "middle" }, format.tick(t, time.step))),
			kind === "bars" ? bars(y) : data.series.map((one, k) => curve(one, k, y, bottom)),
			data.mark && [
				s("line.mark", { x1: PAD.left, x2: width - PAD.right, y1: y(data.mark.value), y2: y(data.mark.value) }),
				s("text.mark-text", { x: width - PAD.right, y: y(data.mark.value) - 5, "text-anchor": "end" }, data.mark.label),
			],
			s("line.axis", { x1: PAD.left, x2: width - PAD.right, y1: bottom, y2: bottom }),
			cursor !== null && s("line.cursor", { x1: middle(cursor), x2: middle(cursor), y1: PAD.top, y2: bottom }),
			drag && s("rect.selection", { x: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from), y: PAD.top, height: inner().h }),
		);
	}

	const middle = (i) => x(data.times[i] + (kind === "bars" ? data.step / 2 : 0));

	function bars(y) {
		const wide = Math.max(1, (inner().w / data.times.length) * 0.78);
		return data.times.map((_, i) => {
			let base = 0;
			return data.series.map((one, k) => {
				const v = one.values[i] ?? 0;
				if (v <= 0) return null;
				const [low, high] = [y(base), y(base + v)];
				base += v;
				return s(`rect.fill.${tone(k)}`, { x: middle(i) - wide / 2, width: wide, y: high, height: Math.max(1, low - high) });
			});
		});
	}

	function curve(one, k, y, bottom) {
		const runs = [];
		one.values.forEach((v, i) => {
			if (v === null || v === undefined) return runs.push([]);
			if (!runs.length) runs.push([]);
			return runs.at(-1).push([x(data.times[i]), y(v)]);
		});
		return runs.filter((run) => run.length).map((run) => {
			const path = run.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
			const dot = run.length === 1 ? "h.01" : "";
			return [
				kind === "area" && s(`path.fill.area.${tone(k)}`, { d: `${path}L${run.at(-1)[0]} ${bottom}L${run[0][0]} ${bottom}Z` }),
				s(`path.line.${tone(k)}`, { d: path + dot, "stroke-linecap": "round" }),
			];
		});
	}

	// ---- reading ----

	const rowOf = (i) => data.series.map((one, k) => [k, one.name, one.values[i]]);

	function point(i, speak) {
		cursor = i;
		draw();
		if (i === null) {
			tip.hidden = true;
			return;
		}
		const rows = rowOf(i).filter(([, , v]) => v !== null && v !== undefined);
		const name = format.when(data.times[i]);
		replace(tip, h("strong", {}, name), h("dl", {}, rows.map(([k, label, v]) => [
			h("dt", {}, h(`i.${tone(k)}`), label), h("dd", {}, show(v))])));
		tip.hidden = false;
		const left = middle(i);
		const flip = left > width / 2;
		tip.style.setProperty("left", flip ? "auto" : `${left + 12}px`);
		tip.style.setProperty("right", flip ? `${width - left + 12}px` : "auto");
		tip.style.setProperty("top", `${PAD.top}px`);
		if (speak) said.textContent = `${name}: ${rows.map(([, label, v]) => `${label} ${show(v)}`).join(", ")}`;
	}

	function nearest(t) {
		const i = Math.floor((t - from()) / data.step + (kind === "bars" ? 0 : 0.5));
		return data.times.length ? Math.min(data.times.length - 1, Math.max(0, i)) : null;
	}

	const share = (t) => together.forEach((other) => other(t));

	function follow(t) {
		if (!element.isConnected) together.delete(follow);
		else if (data.times.length) point(t === null ? null : nearest(t), false);
	}

	svg.addEventListener("pointermove", (event) => {
		if (!data.times.length) return;
		if (drag) drag.to = event.offsetX;
		share(instant(event.offsetX));
	});
	svg.addEventListener("pointerleave", () => share(null));
	svg.addEventListener("blur", () => share(null));
	svg.addEventListener("pointerdown", (event) => {
		if (!onZoom || event.pointerType === "touch") return;
		drag = { from: event.offsetX, to: event.offsetX };
		svg.setPointerCapture(event.pointerId);
	});
	svg.addEventListener("pointerup", () => {
		const done = drag;
		drag = null;
		if (done && Math.abs(done.to - done.from) > 8)
			onZoom(...[instant(done.from), instant(done.to)].sort((a, b) => a - b));
	});
	svg.addEventListener("keydown", (event) => {
		const last = data.times.length - 1;
		const next = { ArrowLeft: (cursor ?? last + 1) - 1, ArrowRight: (cursor ?? -1) + 1, Home: 0, End: last }[event.key];
		if (next === undefined || last < 0) return;
		event.preventDefault();
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

	new ResizeObserver(() => plot.clientWidth !== width && draw()).observe(plot);
	together.add(follow);

	return {
		element,
		tools: [toTable, toCsvFile],
		set(next) {
			data = next;
			cursor = null;
			tip.hidden = true;
			svg.setAttribute("aria-label", summary());
			replace(legend, data.series.length > 1 && data.series.map((one, k) => h("span", {}, h(`i.${tone(k)}`), one.name)));
			draw();
			if (!inTable.hidden) replace(inTable, table({ caption: title, columns: columns(), rows: rows().reverse() }));
		},
	};
}
