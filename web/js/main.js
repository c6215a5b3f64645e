// The page begins: who is here is asked while the rest of it is still on its way. That rest
// is asked for when the box one types in is there, so that it does not keep it waiting.

import { createApi } from "./api.js";
import "./chat/standing.js"; // before anything else takes its place
import { h, replace, setText } from "./dom.js";
import { askRights, beginAs, dropToken, faultOf, keepOffered, takeToken, tokenHere, tokenOfAddress } from "./session.js";
import { ofTab } from "./storage.js";

const content = document.getElementById("content");

const FORGOTTEN = ofTab.isRefused()
	? "This browser keeps nothing for this page: a reload forgets the token, drafts and settings."
	: "The token stays in this tab and is forgotten with it.";

const UNKNOWN = "Atlas does not know this token; it may have been revoked.";
const AWAY = "Atlas cannot be reached, so nobody has looked at this token. Try again in a moment.";

/** A link is anybody's: it does not make somebody else of who is signed in. */
async function mayReplace() {
	const { confirm } = await import("./dialog.js");
	return confirm("Use the token of this link?",
		"You are signed in with another one. With the link's, what you ask here is asked and paid for in the name of whoever it belongs to, and they can read it.",
		{ yes: "Use the link's token", danger: true });
}

/** Begins again as whoever has this token, if Atlas knows it; else says why not. */
async function beginIfKnown(token, say) {
	const fault = faultOf(token);
	if (fault) return say(fault);
	try {
		await askRights(createApi({ token }));
		if (!tokenHere() || (await mayReplace())) beginAs(token);
	} catch (error) {
		say(error.status === 401 ? UNKNOWN : error.code === "offline" ? AWAY : error.message);
	}
}

/** A token of the address beside the one that is here. Where it is not known, nothing changes. */
async function offer(token) {
	const { notice } = await import("./notice.js");
	if (token !== tokenHere()) beginIfKnown(token, notice);
}

addEventListener("hashchange", (event) => {
	const token = tokenOfAddress(event.oldURL);
	if (!token) return;
	event.stopImmediatePropagation();
	offer(token);
});

/** Gives what says another sentence in the place of this one. */
function signIn(sentence) {
	const said = h("p", { role: "status" }, sentence);
	const field = h("input", { type: "password", name: "token", required: true, autocomplete: "off", spellcheck: "false" });
	const say = (why) => setText(said, why);
	const form = h("form.card.gate", {
		onsubmit: (event) => {
			event.preventDefault();
			beginIfKnown(field.value.trim(), say);
		},
	},
		h("h1", {}, "Sign in to Atlas"),
		said,
		h("label.field", {}, "Access token", field),
		h("button.primary", { type: "submit" }, "Sign in"),
		h("p.note", {}, FORGOTTEN, " An administrator makes one with ", h("code", {}, "atlasctl tokens create"), "."));
	replace(content, form);
	field.focus();
	return say;
}

async function start() {
	document.head.append(document.getElementById("next").content);
	const { token: given, offered } = takeToken();
	const fault = given && faultOf(given);
	const token = fault ? undefined : given;
	let isOver = false;
	const api = createApi({
		token,
		onUnknownToken: () => {
			isOver = true;
			dropToken();
			const say = signIn(UNKNOWN);
			if (offered) beginIfKnown(offered, say);
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
	if (rights && offered) offer(offered);
	if (rights) return page.run(rights);
	if (error.status === 401) return;
	if (offered) keepOffered(offered);
	page.fail(error);
}

start();
