// The page begins: who is here is asked while the rest of it is still on its way. That rest
// is asked for when the box one types in is there, so that it does not keep it waiting.

import { createApi } from "./api.js";
import "./chat/standing.js"; // before anything else takes its place
import { h, replace } from "./dom.js";
import { askRights, beginAs, dropToken, takeToken } from "./session.js";
import { ofTab } from "./storage.js";

const content = document.getElementById("content");

const FORGOTTEN = ofTab.isRefused()
	? "This browser keeps nothing for this page: a reload forgets the token, drafts and settings."
	: "The token stays in this tab and is forgotten with it.";

function signIn(sentence) {
	const field = h("input", { type: "password", name: "token", required: true, autocomplete: "off", spellcheck: "false" });
	const form = h("form.card.gate", {
		onsubmit: (event) => {
			event.preventDefault();
			beginAs(field.value.trim());
		},
	},
		h("h1", {}, "Sign in to Atlas"),
		h("p", { role: "status" }, sentence),
		h("label.field", {}, "Access token", field),
		h("button.primary", { type: "submit" }, "Sign in"),
		h("p.note", {}, FORGOTTEN, " An administrator makes one with ", h("code", {}, "atlasctl tokens create"), "."));
	replace(content, form);
	field.focus();
}

async function start() {
	document.head.append(document.getElementById("next").content);
	const token = takeToken();
	let isOver = false;
	const api = createApi({
		token,
		onUnknownToken: () => {
			isOver = true;
			dropToken();
			signIn("Atlas does not know this token; it may have been revoked. Paste another one:");
		},
	});
	const asked = token && askRights(api).then((rights) => ({ rights }), (error) => ({ error }));
	const { createPage } = await import("./page.js");
	const page = createPage({ content, api, isOver: () => isOver });
	if (!token) {
		signIn("This page shows and asks nothing without a token. Paste yours:");
		return;
	}
	page.signedIn(() => {
		dropToken();
		location.reload();
	});
	const { rights, error } = await asked;
	if (rights && ofTab.isRefused()) import("./notice.js").then(({ notice }) => notice(FORGOTTEN));
	if (rights) page.run(rights);
	else if (error.status !== 401) page.fail(error);
}

start();
