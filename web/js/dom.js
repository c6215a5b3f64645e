// Elements without markup. What a model, a server or a user wrote only ever becomes a text
// node or an attribute's value; nothing in this page makes HTML from a string.

const SVG = "http://www.w3.org/2000/svg";

/**
 * h("button.primary", { onclick: send, disabled: true }, "Send")
 *
 * Properties: on… is a listener, true and false set and leave out an attribute, style is an
 * object of custom properties and properties, null is nothing. Children: elements, texts,
 * numbers, lists of them; null and false are left out.
 */
export function h(spec, props, ...children) {
	const [tag, ...classes] = spec.split(".");
	return fill(document.createElement(tag || "div"), classes, props, children);
}

/** The same for SVG. */
export function s(spec, props, ...children) {
	const [tag, ...classes] = spec.split(".");
	return fill(document.createElementNS(SVG, tag), classes, props, children);
}

function fill(element, classes, props, children) {
	if (classes.length) element.classList.add(...classes);
	for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
	append(element, children);
	return element;
}

function set(element, name, value) {
	if (value === null || value === undefined || value === false) return;
	if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
	else if (name === "style")
		for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
	else if (name === "value") element.value = value;
	else element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			element.append(child instanceof Node ? child : String(child));
}

/** Puts these children in place of whatever is there. */
export function replace(element, ...children) {
	element.replaceChildren();
	append(element, children);
	return element;
}

/** Sets a text only where it differs, so that nothing is announced or redrawn twice. */
export function setText(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

/** Saves text as a file of that name. */
export function download(name, text, type) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	h("a", { href: url, download: name }).click();
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}
