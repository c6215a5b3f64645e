// The page begins: who is here is asked while the rest of it is still on its way. That rest
// is asked for when the box one types in is there, so that it does not keep it waiting.

import { createApi } from "./api.js";
import "./chat/standing.js"; // before anything else takes its place
import { h, replace, setText } from "./dom.js";
import { askRights, beginAs, dropToken, faultOf, takeToken, tokenOfAddress } from "./session.js";
import { ofTab } from "./storage.js";

const content = document.getElementById("content");

const FORGOTTEN = ofTab.isRefused()
	? "This browser keeps nothing for this page: a reload forgets the token, drafts and settings."
	: "The token stays in this tab and is forgotten with it.";

const UNKNOWN = "Atlas does not know this token; it may have been revoked.";
const AWAY = "Atlas cannot be reached, so nobody has looked at this token. Try again in a moment.";

/** Begins again as whoever has this token, if Atlas knows it; else says why not. */
async function beginIfKnown(token, say) {
	const fault = faultOf(token);
	if (fault) return say(fault);
	try {
		await askRights(createApi({ token }));
		beginAs(token);
	} catch (error) {
		say(error.status === 401 ? UNKNOWN : error.code === "offline" ? AWAY : error.message);
	}
}

// A token pasted into the address later on. Where it is not known, nothing else changes.
addEventListener("hashchange", async (event) => {
	const token = tokenOfAddress(event.oldURL);
	if (!token) return;
	event.stopImmediatePropagation();
	const { notice } = await import("./notice.js");
	beginIfKnown(token, notice);
});

function signIn(sentence) {
	const said = h("p", { role: "status" }, sentence);
	const field = h("input", { type: "password", name: "token", required: true, autocomplete: "off", spellcheck: "false" });
	const form = h("form.card.gate", {
		onsubmit: (event) => {
			event.preventDefault();
			beginIfKnown(field.value.trim(), (why) => setText(said, why));
		},
	},
		h("h1", {}, "Sign in to Atlas"),
		said,
		h("label.field", {}, "Access token", field),
		h("button.primary", { type: "submit" }, "Sign in"),
		h("p.note", {}, FORGOTTEN, " An administrator makes one with ", h("code", {}, "atlasctl tokens create"), "."));
	replace(content, form);
	field.focus();
}

async function start() {
	document.head.append(document.getElementById("next").content);
	const given = takeToken();
	const fault = given && faultOf(given);
	const token = fault ? undefined : given;
	let isOver = false;
	const api = createApi({
		token,
		onUnknownToken: () => {
			isOver = true;
			dropToken();
			signIn(UNKNOWN);
		},
	});
	const asked = token && askRights(api).then((rights) => ({ rights }), (error) => ({ error }));
	const { createPage } = await import("./page.js");
	const page = createPage({ content, api, isOver: () => isOver });
	if (!token) {
		dropToken();
		signIn(fault ?? "This page shows and asks nothing without a token. Paste yours:");
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
