// A model's text in the page. Blocks that have not changed keep their elements while an
// answer is being written, so that nothing jumps and a selection stays.

import { h } from "./dom.js";
import { inline, parse } from "./markdown.js";

/** An element whose text grows: { element, set(text) }. */
export function prose() {
	const element = h(".prose");
	let shown = [];
	return {
		element,
		set(text) {
			const next = parse(text);
			let same = 0;
			while (same < shown.length && same < next.length && isSame(shown[same], next[same])) same++;
			while (element.childNodes.length > same) element.lastChild.remove();
			for (const block of next.slice(same)) element.append(elementOf(block));
			shown = next;
		},
	};
}

const isSame = (a, b) => a.is === b.is && a.source === b.source && a.open === b.open;

const pieces = (text) => inline(text).map(pieceOf);

function pieceOf(piece) {
	if (typeof piece === "string") return piece;
	switch (piece.is) {
		case "break":
			return h("br");
		case "code":
			return h("code", {}, piece.text);
		case "link":
			return piece.url
				? h("a", { href: piece.url, rel: "noopener noreferrer nofollow", target: "_blank" }, piece.parts.map(pieceOf))
				: h("span", {}, piece.parts.map(pieceOf));
		default:
			return h(piece.is, {}, piece.parts.map(pieceOf));
	}
}

function elementOf(block) {
	switch (block.is) {
		case "heading":
			return h(`h${Math.min(6, block.level + 2)}`, {}, pieces(block.text));
		case "rule":
			return h("hr");
		case "quote":
			return h("blockquote", {}, block.blocks.map(elementOf));
		case "code":
			return codeOf(block);
		case "list":
			return listOf(block);
		case "table":
			return tableOf(block);
		default:
			return h("p", {}, pieces(block.text));
	}
}

function codeOf({ language, text }) {
	const copy = h("button.quiet", { type: "button", onclick: () => copyText(text, copy) }, "Copy");
	return h("figure.code", {},
		h("figcaption", {}, h("span", {}, language || "text"), copy),
		h("pre", { tabindex: 0, "aria-label": `Code${language ? `, ${language}` : ""}` }, h("code", {}, text)));
}

function listOf({ ordered, start, items }) {
	return h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null }, items.map((item) =>
		h(`li${item.checked === undefined ? "" : ".task"}`, {},
			item.checked !== undefined && (item.checked ? "☑ " : "☐ "),
			item.blocks.map((block, i) => (i === 0 && block.is === "paragraph" ? h("span", {}, pieces(block.text)) : elementOf(block))))));
}

function tableOf({ align, head, rows }) {
	const side = (i) => (align[i] === "right" ? ".num" : "");
	return h(".scroll", { tabindex: 0, role: "region", "aria-label": "Table" }, h("table", {},
		h("thead", {}, h("tr", {}, head.map((cell, i) => h(`th${side(i)}`, { scope: "col" }, pieces(cell))))),
		h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) => h(`td.wrap${side(i)}`, {}, pieces(cell))))))));
}

/** Copies, and says so on the button for a moment. */
export async function copyText(text, button) {
	await navigator.clipboard.writeText(text);
	const before = button.textContent;
	button.textContent = "Copied";
	setTimeout(() => (button.textContent = before), 1500);
}
