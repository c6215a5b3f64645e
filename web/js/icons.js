// The few signs of the page, drawn in the colour of the text beside them. They say nothing to
// a screen reader: what bears one has a name of its own.

import { h, s } from "./dom.js";

const PATHS = {
	again: "M15.6 7.2A6.2 6.2 0 1 0 16.2 11M16.2 3.4v4h-4",
	attach: "M14 8 8.4 13.6a2 2 0 0 1-2.8-2.8L12 4.4a3.3 3.3 0 0 1 4.6 4.6l-6.5 6.6a4.7 4.7 0 0 1-6.6-6.6L8.8 3.7",
	bin: "M3.5 6h13M8 6V3.8h4V6M5.4 6l.7 10.2h7.8L14.6 6M8.6 9v4.4M11.4 9v4.4",
	check: "M4.5 10.5 8.3 14.5 15.5 6",
	chevron: "M6 8l4 4 4-4",
	close: "M5.5 5.5l9 9M14.5 5.5l-9 9",
	copy: "M7.5 7.5h8.7v8.7H7.5zM12.5 7.5V3.8H3.8v8.7h3.7",
	dark: "M16.4 11.8A6.8 6.8 0 0 1 8.2 3.6a6.8 6.8 0 1 0 8.2 8.2z",
	up: "M10 15.8V4.4M5.4 8.8 10 4.2l4.6 4.6",
	down: "M10 3.5v9M6.2 8.9 10 12.7l3.8-3.8M4 16.5h12",
	edit: "M3.8 16.2l.8-3.6 8.3-8.3 2.8 2.8-8.3 8.3zM11 6.2 13.8 9",
	leave: "M8 3.8H3.8v12.4H8M8.5 10h8M13.4 6.8 16.6 10l-3.2 3.2",
	left: "M12 5.5 7.5 10l4.5 4.5",
	light: "M10 6.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8zM10 2.2v1.6M10 16.2v1.6M2.2 10h1.6M16.2 10h1.6M4.5 4.5l1.1 1.1M14.4 14.4l1.1 1.1M4.5 15.5l1.1-1.1M14.4 5.6l1.1-1.1",
	list: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
	plus: "M10 4.2v11.6M4.2 10h11.6",
	right: "M8 5.5l4.5 4.5L8 14.5",
	search: "M9 3.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 9 3.8zM12.8 12.8l3.6 3.6",
	sliders: "M3.5 6.2h6M13.5 6.2h3M11.5 4.2v4M3.5 13.8h3M10.5 13.8h6M8.5 11.8v4",
	stop: "M6 6h8v8H6z",
	system: "M3 4h14v9.2H3zM7 16.5h6M10 13.2v3.3",
};

export const icon = (name) =>
	s("svg.icon", { viewBox: "0 0 20 20", width: 16, height: 16, "aria-hidden": "true" }, s("path", { d: PATHS[name] }));

/** A button that is only a sign; its name is what a pointer and a screen reader are told. */
export const iconButton = (name, label, onclick, more) =>
	h("button.quiet.sign", { type: "button", "aria-label": label, title: label, onclick, ...more }, icon(name));
