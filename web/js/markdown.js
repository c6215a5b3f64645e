// What models write, as elements: read by marked, cleaned by DOMPurify. HTML has no meaning
// here, it stays text; an image is only its description and a link.
//
// The one place of the page where HTML is made from a string: DOMPurify parses it by its own
// Trusted Types policy, the only one that the page's headers name, and hands out elements.

import "../vendor/marked.js";
import "../vendor/purify.js";

const { marked, DOMPurify } = globalThis;

// Debian's DOMPurify 2.4.1 (deb12u1) looks at a variable that it declares in another of its
// functions, before it begins, and would fail there. What it compares is a depth of 0; the
// depth of each element is checked behind that, as ever.
globalThis.shadowNode ??= Object.freeze({ __depth: 0 });

const DEPTH = 12; // of quotes and lists in one another; deeper ones stay text
const EFFORT = 2e6; // marks × characters: what emphasis may cost to find in one block
const MARKS = /[*_~`[!]/g;

/** What may come out; everything else of a text's HTML is dropped. */
export const ALLOWED = Object.freeze({
	ALLOWED_TAGS: [
		"a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
		"pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
	],
	ALLOWED_ATTR: ["class", "href", "start"],
	ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
	ALLOW_ARIA_ATTR: false,
	ALLOW_DATA_ATTR: false,
	RETURN_DOM_FRAGMENT: true,
});

DOMPurify.setConfig(ALLOWED);
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
	if (node.nodeName !== "A" || !node.hasAttribute("href")) return;
	node.setAttribute("rel", "noopener noreferrer nofollow");
	node.setAttribute("target", "_blank");
});

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// ---- reading ----

class Tokenizer extends marked.Tokenizer {
	depth = 0;

	html() {} // no HTML of theirs, neither as a block …
	tag() {} // … nor in a line

	blockquote(src) {
		return this.#within(() => super.blockquote(src));
	}

	list(src) {
		return this.#within(() => super.list(src));
	}

	#within(read) {
		if (this.depth === DEPTH) return undefined;
		this.depth++;
		try {
			return read();
		} finally {
			this.depth--;
		}
	}
}

class Lexer extends marked.Lexer {
	effort = EFFORT;

	inlineTokens(src, tokens = []) {
		this.effort -= (src.match(MARKS)?.length ?? 0) * src.length;
		if (this.effort >= 0) return super.inlineTokens(src, tokens);
		tokens.push({ type: "text", raw: src, text: escape(src) });
		return tokens;
	}
}

const side = (align) => (align === "right" ? ' class="num"' : "");

class Renderer extends marked.Renderer {
	checkbox(checked) {
		return checked ? "☑ " : "☐ ";
	}

	heading(text, level) {
		const tag = `h${Math.min(6, level + 2)}`;
		return `<${tag}>${text}</${tag}>`;
	}

	image(href, title, text) {
		return this.link(href, title, text || href);
	}

	tablecell(content, { header, align }) {
		const tag = header ? "th" : "td";
		return `<${tag}${side(align)}>${content}</${tag}>`;
	}
}

const options = () => ({
	...marked.defaults,
	gfm: true,
	headerIds: false,
	mangle: false,
	renderer: new Renderer(),
	tokenizer: new Tokenizer(),
});

/** The blocks of a text: { sources: [text], links }. What defines links is of no block. */
export function split(text) {
	const lexer = new Lexer(options());
	lexer.blockTokens(text.replace(/\r\n?/g, "\n"), lexer.tokens);
	const sources = lexer.tokens.filter(({ type }) => type !== "space" && type !== "def").map(({ raw }) => raw);
	return { sources, links: lexer.tokens.links };
}

/** A block as a fragment of elements, all of them allowed. */
export function fragmentOf(source, links) {
	const own = options();
	const lexer = new Lexer(own);
	Object.assign(lexer.tokens.links, links);
	return DOMPurify.sanitize(marked.Parser.parse(lexer.lex(source), own));
}
