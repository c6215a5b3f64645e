// What models write, as a tree: a subset of Markdown, read in linear time. Pure: no DOM.
// HTML has no meaning here, it stays text; an image is only its description and a link.
//
//	blocks: heading {level, text}  paragraph  code {language, text, open}  quote {blocks}
//	        list {ordered, start, items: [{ checked, blocks }]}  table {align, head, rows}  rule
//	inline: texts and { is: strong|em|del|code|link|break, … }
//
// A code block whose fence has not come yet is `open`: the answer is still being written.

const DEPTH = 8;
const FENCE = /^ {0,3}(```+|~~~+)\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$/;
const RULE = /^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(?:[ \t]+|$)/;
const DIVIDER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** The blocks of a text; each has `source`, the lines it came from. */
export function parse(text, depth = 0) {
	const lines = text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n");
	const out = [];
	for (let at = 0; at < lines.length; ) {
		if (!lines[at].trim()) {
			at++;
			continue;
		}
		const [block, next] = blockAt(lines, at, depth);
		block.source = lines.slice(at, next).join("\n");
		out.push(block);
		at = next;
	}
	return out;
}

function blockAt(lines, at, depth) {
	const line = lines[at];
	const fence = FENCE.exec(line);
	if (fence) return codeAt(lines, at, fence);
	const heading = HEADING.exec(line);
	if (heading) return [{ is: "heading", level: heading[1].length, text: heading[2] }, at + 1];
	if (RULE.test(line)) return [{ is: "rule" }, at + 1];
	if (depth < DEPTH && QUOTE.test(line)) return quoteAt(lines, at, depth);
	if (depth < DEPTH && ITEM.test(line)) return listAt(lines, at, depth);
	if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "") && lines[at + 1].includes("-"))
		return tableAt(lines, at);
	return paragraphAt(lines, at, depth);
}

function codeAt(lines, at, [, mark, language]) {
	const closes = (line) => {
		const text = line.trim();
		return text.length >= mark.length && text === mark[0].repeat(text.length);
	};
	let end = at + 1;
	while (end < lines.length && !closes(lines[end])) end++;
	const open = end === lines.length;
	return [{ is: "code", language, text: lines.slice(at + 1, end).join("\n"), open }, open ? end : end + 1];
}

function quoteAt(lines, at, depth) {
	let end = at;
	while (end < lines.length && QUOTE.test(lines[end])) end++;
	const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
	return [{ is: "quote", blocks: parse(inner.join("\n"), depth + 1) }, end];
}

const isOrdered = (mark) => /\d/.test(mark);

function listAt(lines, at, depth) {
	const [, , first] = ITEM.exec(lines[at]);
	const list = { is: "list", ordered: isOrdered(first), start: parseInt(first, 10) || 1, items: [] };
	const base = ITEM.exec(lines[at])[1].length;
	while (at < lines.length) {
		const item = ITEM.exec(lines[at]);
		if (!item || item[1].length > base + 1 || item[1].length < base || isOrdered(item[2]) !== list.ordered) break;
		if (RULE.test(lines[at])) break;
		const indent = Math.min(item[0].length, item[1].length + item[2].length + 4);
		const inner = [lines[at].slice(item[0].length)];
		at++;
		while (at < lines.length && belongs(lines, at, base)) {
			const own = lines[at].length - lines[at].trimStart().length;
			inner.push(lines[at].slice(Math.min(own, indent)));
			at++;
		}
		list.items.push(itemOf(inner, depth));
	}
	return [list, at];
}

// Indented lines, and blank ones before such, go on with an item; so does a lazy line of
// text right behind text.
function belongs(lines, at, base) {
	const line = lines[at];
	if (!line.trim()) {
		const next = lines[at + 1];
		return next !== undefined && next.startsWith(" ".repeat(base + 2)) && next.trim() !== "";
	}
	if (line.startsWith(" ".repeat(base + 2))) return true;
	const isText = !ITEM.test(line) && !HEADING.test(line) && !FENCE.test(line) && !QUOTE.test(line) && !RULE.test(line);
	return isText && lines[at - 1].trim() !== "";
}

function itemOf(inner, depth) {
	const box = /^\[([ xX])\] /.exec(inner[0]);
	if (box) inner[0] = inner[0].slice(4);
	return { checked: box ? box[1] !== " " : undefined, blocks: parse(inner.join("\n"), depth + 1) };
}

function cells(line) {
	const text = line.trim().replace(/^\|/, "").replace(/\|$/, "");
	return text.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function tableAt(lines, at) {
	const head = cells(lines[at]);
	const align = cells(lines[at + 1]).map((cell) =>
		cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left");
	let end = at + 2;
	while (end < lines.length && lines[end].includes("|") && lines[end].trim()) end++;
	const rows = lines.slice(at + 2, end).map((line) => head.map((_, i) => cells(line)[i] ?? ""));
	return [{ is: "table", align, head, rows }, end];
}

function paragraphAt(lines, at, depth) {
	let end = at + 1;
	while (end < lines.length && lines[end].trim() && !interrupts(lines[end], depth)) end++;
	return [{ is: "paragraph", text: lines.slice(at, end).map((line) => line.trimStart()).join("\n") }, end];
}

const interrupts = (line, depth) =>
	FENCE.test(line) || HEADING.test(line) || RULE.test(line) ||
	(depth < DEPTH && (QUOTE.test(line) || (ITEM.test(line) && !/^ *(?!1[.)])\d/.test(line))));

// ---- inside a line ----

const MARKS = [["**", "strong"], ["__", "strong"], ["~~", "del"], ["*", "em"], ["_", "em"]];
const ADDRESS = /https?:\/\/[^\s<>"'`]+/y;
const PLAIN = /[^\\`*_~[!h\n]+/y;

/** The pieces of a text: strings and { is, … }. */
export function inline(text, depth = 0) {
	const out = [];
	const absent = new Set(); // marks that do not come again: looked for once
	const say = (piece) => {
		if (typeof piece === "string" && typeof out.at(-1) === "string") out.push(out.pop() + piece);
		else out.push(piece);
	};
	for (let at = 0; at < text.length; ) {
		const [piece, next] = pieceAt(text, at, depth, absent);
		say(piece);
		at = next;
	}
	return out;
}

function pieceAt(text, at, depth, absent) {
	const c = text[at];
	PLAIN.lastIndex = at;
	const plain = PLAIN.exec(text);
	if (plain) {
		const end = at + plain[0].length;
		if (text[end] === "\n" && plain[0].endsWith("  ")) return [plain[0].trimEnd(), end];
		return [plain[0], end];
	}
	if (c === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) return [text[at + 1], at + 2];
	if (c === "\n") return [text.slice(at - 2, at) === "  " || text[at - 1] === "\\" ? { is: "break" } : "\n", at + 1];
	if (c === "`") return codeSpan(text, at, absent);
	if (c === "h") return addressAt(text, at);
	if (depth < DEPTH) {
		const found = c === "[" || c === "!" ? linkAt(text, at, depth, absent) : emphasisAt(text, at, depth, absent);
		if (found) return found;
	}
	return [c, at + 1];
}

function find(text, mark, from, absent) {
	if (absent.has(mark)) return -1;
	const at = text.indexOf(mark, from);
	if (at < 0) absent.add(mark);
	return at;
}

function codeSpan(text, at, absent) {
	const mark = /`+/y;
	mark.lastIndex = at;
	const [ticks] = mark.exec(text);
	const end = find(text, ticks, at + ticks.length, absent);
	if (end < 0) return [ticks, at + ticks.length];
	const inner = text.slice(at + ticks.length, end).replaceAll("\n", " ");
	return [{ is: "code", text: /^ .* $/.test(inner) && inner.trim() ? inner.slice(1, -1) : inner }, end + ticks.length];
}

function addressAt(text, at) {
	ADDRESS.lastIndex = at;
	const found = at === 0 || /[\s(>*_]/.test(text[at - 1]) ? ADDRESS.exec(text) : null;
	if (!found) return ["h", at + 1];
	const url = found[0].replace(/[.,;:!?)\]*_]+$/, "");
	return [{ is: "link", url, parts: [url] }, at + url.length];
}

function emphasisAt(text, at, depth, absent) {
	for (const [mark, is] of MARKS) {
		if (!text.startsWith(mark, at)) continue;
		const from = at + mark.length;
		if (!text[from] || /\s/.test(text[from])) continue;
		if (mark[0] === "_" && /\w/.test(text[at - 1] ?? " ")) continue;
		const end = closing(text, mark, from, absent);
		if (end > from) return [{ is, parts: inline(text.slice(from, end), depth + 1) }, end + mark.length];
	}
	return undefined;
}

const TRIES = 16;

// Where the mark closes: behind a letter, not inside of a longer one, within reach.
function closing(text, mark, from, absent) {
	let end = from;
	for (let tries = 0; tries < TRIES; tries++) {
		end = find(text, mark, end + (tries ? mark.length : 0), absent);
		if (end < 0) return -1;
		while (mark.length === 2 && end > from && text[end + 2] === mark[0]) end++;
		const isLonger = mark.length === 1 && (text[end + 1] === mark || text[end - 1] === mark);
		const isInWord = mark[0] === "_" && /\w/.test(text[end + mark.length] ?? " ");
		if (end > from && !isLonger && !isInWord && !/\s/.test(text[end - 1])) return end;
		if (isLonger) end++;
	}
	return -1;
}

function linkAt(text, at, depth, absent) {
	const isImage = text[at] === "!";
	const from = at + (isImage ? 2 : 1);
	if (isImage && text[at + 1] !== "[") return undefined;
	const middle = find(text, "](", from, absent);
	if (middle < 0 || middle - from > 2000) return undefined;
	const end = text.indexOf(")", middle);
	if (end < 0 || end - middle > 2000) return undefined;
	const url = text.slice(middle + 2, end).trim().split(/\s/)[0].replace(/^<|>$/g, "");
	const label = text.slice(from, middle);
	const parts = isImage ? [label || url] : inline(label, depth + 1);
	return [{ is: "link", url: safeUrl(url), parts }, end + 1];
}

/** The address if a person may follow it: https, http or mailto, written out; else "". */
export function safeUrl(url) {
	if (!/^(?:https?:\/\/|mailto:)/i.test(url)) return "";
	try {
		return ["http:", "https:", "mailto:"].includes(new URL(url).protocol) ? url : "";
	} catch {
		return "";
	}
}
