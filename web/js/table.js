// Tables that are tables: a caption, heads that sort, numbers to the right; and their CSV.
//
//	column: { key, label, show, number, sort, cell(row), text, wide, raw(row) }
//
// show formats row[key]; cell makes an element instead; text is a name, and wide what has a line
// of its own where rows are blocks. A row that can be opened has onOpen: Enter or a click on its
// first cell calls it. With a pager, an element that stands under the table, it is shown fifty
// rows at a time.

import { h, replace } from "./dom.js";
import { fadeEdge } from "./edge.js";
import { count, NONE, plain } from "./format.js";
import { iconButton } from "./icons.js";

const PAGE = 50;
const LONG = 13; // characters: more have a line of their own where there is little room
const MANY = 4; // columns: so many stand below each other there

const valueOf = (column, row) => (column.raw ? column.raw(row) : row[column.key]);

function compare(column) {
	return (a, b) => {
		const [va, vb] = [valueOf(column, a), valueOf(column, b)];
		const [na, nb] = [Number(va), Number(vb)];
		if (column.number) return (Number.isFinite(na) ? na : -Infinity) - (Number.isFinite(nb) ? nb : -Infinity);
		return String(va ?? "").localeCompare(String(vb ?? ""));
	};
}

const isLong = (column, row) => column.wide || (column.text && String(valueOf(column, row)).length > LONG);

function cellOf(column, row, onOpen) {
	const value = valueOf(column, row);
	const shown = column.cell ? column.cell(row) : column.show ? column.show(value) : plain(value ?? NONE);
	return onOpen ? h("button.link", { type: "button", onclick: () => onOpen(row) }, shown) : shown;
}

// Tables are made anew when their numbers change: how one was sorted, which page is shown, how
// far it was scrolled and which of its heads has the focus stays, by its name.
const orders = new Map();
const pages = new Map();
const places = new Map();

/** Which rows of how many are shown, and the way to the others; nothing where it is all. */
function showPager(place, at, n, go) {
	const last = Math.ceil(n / PAGE) - 1;
	const focused = place.contains(document.activeElement) && document.activeElement.ariaLabel;
	replace(place, last > 0 && [
		iconButton("left", "Rows before", () => go(at - 1), { disabled: at === 0 }),
		h("span", { role: "status" }, `${count(at * PAGE + 1)} to ${count(Math.min(n, (at + 1) * PAGE))} of ${count(n)}`),
		iconButton("right", "Rows after", () => go(at + 1), { disabled: at === last }),
	]);
	if (focused) [...place.querySelectorAll("button:enabled")].sort((a) => (a.ariaLabel === focused ? -1 : 1))[0]?.focus();
}

/** sort: [key, "ascending" | "descending"]; without, rows stay as given. */
export function table({ caption, columns, rows, sort, onOpen, foot, pager, sortable = true }) {
	let order = orders.get(caption) ?? sort;
	const focused = document.activeElement?.dataset.sort;
	const body = h("tbody");
	const heads = columns.map((column) =>
		h(`th${column.number ? ".num" : ""}`, { scope: "col" },
			sortable && column.label ? h("button", { type: "button", "data-sort": `${caption} ${column.key}`, onclick: () => choose(column) }, column.label) : column.label));

	function choose(column) {
		const down = order?.[0] === column.key ? order[1] === "ascending" : column.number;
		order = [column.key, down ? "descending" : "ascending"];
		orders.set(caption, order);
		turn(0);
	}

	function turn(page) {
		pages.set(caption, page);
		fill();
	}

	function pageOf(sorted) {
		if (!pager) return sorted;
		const at = Math.min(pages.get(caption) ?? 0, Math.max(0, Math.ceil(rows.length / PAGE) - 1));
		showPager(pager, at, rows.length, turn);
		return sorted.slice(at * PAGE, (at + 1) * PAGE);
	}

	function fill() {
		const column = columns.find((one) => one.key === order?.[0]);
		const sorted = column ? [...rows].sort(compare(column)) : rows;
		if (column && order[1] === "descending") sorted.reverse();
		heads.forEach((head, i) => {
			if (columns[i] === column) head.setAttribute("aria-sort", order[1]);
			else head.removeAttribute("aria-sort");
		});
		replace(body, pageOf(sorted).map((row) => h("tr", {}, columns.map((one, i) =>
			h(`td${one.number ? ".num" : ""}${one.text ? ".text" : ""}${isLong(one, row) ? ".long" : ""}`,
				{ title: one.text ? plain(valueOf(one, row)) : null, "data-label": one.label },
				cellOf(one, row, i === 0 ? onOpen : undefined))))));
	}

	fill();
	requestAnimationFrame(() => {
		if (document.activeElement === document.body) heads.find((head) => focused && head.firstChild?.dataset?.sort === focused)?.firstChild.focus();
	});
	return h(`table${columns.length < MANY ? "" : ".many"}`, {}, h("caption.sr", {}, caption), h("thead", {}, h("tr", {}, heads)), body,
		foot && h("tfoot", {}, h("tr", {}, columns.map((one, i) =>
			h(i ? `td${one.number ? ".num" : ""}` : "th", i ? { "data-label": one.label } : { scope: "row" }, foot[one.key] ?? "")))));
}

/** A table that scrolls inside its card and can be reached by keyboard to do so. */
export function scrolling(label, element) {
	const frame = h(".scroll", { tabindex: 0, role: "region", "aria-label": label, onscroll: () => places.set(label, frame.scrollLeft) }, element);
	if (places.get(label)) requestAnimationFrame(() => { frame.scrollLeft = places.get(label); });
	return fadeEdge(frame);
}

const MONEY_PLACES = 9; // of nano-dollars: nothing here is smaller

// Never with an exponent: what is so small is money.
const written = (value) => (/e-/.test(value) && typeof value === "number" ? value.toFixed(MONEY_PLACES) : String(value));

// A cell that a spreadsheet would take for a formula is marked as text.
function quoted(value) {
	let text = value === null || value === undefined ? "" : written(value);
	if (/^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))) text = `'${text}`;
	return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Raw values, times in UTC, as RFC 4180 has it. */
export const toCsv = (columns, rows) =>
	[columns.map((one) => one.label), ...rows.map((row) => columns.map((one) => valueOf(one, row)))]
		.map((line) => line.map(quoted).join(","))
		.join("\r\n") + "\r\n";
