// The box stands in index.html, so that one can write before any module is here. The first
// chat is built around it: what is written, the caret and what is being composed stay as
// they are. Later ones are built around a copy.

import { replace } from "../dom.js";

let standing = document.querySelector(".standing");
const blank = standing.cloneNode(true);
blank.querySelector("form").reset();

/** A chat of nothing but its box, in its place in root. */
export function chatPlace(root) {
	const view = standing?.isConnected ? standing : replace(root, blank.cloneNode(true)).firstElementChild;
	standing = undefined;
	view.classList.remove("standing");
	return view;
}

/** What was to be sent before there was anybody who could; told once. */
export function wantedBefore() {
	const { dataset } = document.documentElement;
	const { wants } = dataset;
	delete dataset.wants;
	return wants;
}
