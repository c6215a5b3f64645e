// What a library makes HTML of without being asked: dygraphs clears its place and writes the
// labels of its axes that way. Here any such string becomes the text that it is.

globalThis.trustedTypes?.createPolicy("default", {
	createHTML: (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`),
});
