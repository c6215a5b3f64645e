// A model's text in the page. Blocks that have not changed keep their elements while an
// answer is being written, so that nothing jumps and a selection stays. What reads Markdown
// is fetched when there is a text; until it is here, the text stands as it was written.

import { copyText } from "./clipboard.js";
import { h } from "./dom.js";
import { fadeEdge } from "./edge.js";

const LONG = 24; // characters of a cell that may have several lines

let markdown;
let coming;

/** Fetches what prose is made with; resolves when it is here. */
export const bringProse = () =>
	(coming ??= import("./markdown.js").then((module) => {
		markdown = module;
	}));

/** An element whose text grows: { element, set(text) }. */
export function prose() {
	const element = h(".prose");
	let shown = []; // { source, nodes }
	let known = "";

	function showPlain() {
		element.classList.add("plain");
		element.textContent = known;
		bringProse().then(() => {
			if (!element.classList.contains("plain")) return;
			element.classList.remove("plain");
			element.textContent = "";
			show();
		});
	}

	function show() {
		const { sources, links } = markdown.split(known);
		let same = 0;
		while (same < shown.length && shown[same].source === sources[same]) same++;
		for (const { nodes } of shown.splice(same)) for (const node of nodes) node.remove();
		for (const source of sources.slice(same)) {
			const nodes = [...dressed(markdown.fragmentOf(source, links)).childNodes];
			element.append(...nodes);
			shown.push({ source, nodes });
		}
	}

	return {
		element,
		set(text) {
			if (text === known) return;
			known = text;
			if (markdown) show();
			else showPlain();
		},
	};
}

/** What only the page adds: heads of code, tables that scroll, links that lead nowhere. */
function dressed(fragment) {
	for (const link of fragment.querySelectorAll("a:not([href])")) link.replaceWith(h("span", {}, ...link.childNodes));
	for (const cell of fragment.querySelectorAll("td, th")) cell.classList.toggle("wrap", cell.textContent.length > LONG);
	for (const cell of fragment.querySelectorAll("th")) cell.scope = "col";
	for (const pre of fragment.querySelectorAll("pre")) pre.replaceWith(codeOf(pre));
	for (const table of fragment.querySelectorAll("table")) {
		const frame = h(".scroll", { tabindex: 0, role: "region", "aria-label": "Table" });
		table.replaceWith(frame);
		frame.append(table);
		fadeEdge(frame);
	}
	return fragment;
}

function codeOf(pre) {
	const code = pre.querySelector("code");
	const language = code?.className.replace(/^language-/, "") ?? "";
	const text = pre.textContent.replace(/\n$/, "");
	const copy = h("button.quiet", { type: "button", onclick: () => copyText(text, copy) }, "Copy");
	return h("figure.code", {},
		h("figcaption", {}, h("span", {}, language || "text"), copy),
		fadeEdge(h("pre.scroll", { tabindex: 0, "aria-label": `Code${language ? `, ${language}` : ""}` }, h("code", {}, text))));
}
