// The page: who is here, which view the address names, and what all views share.

import { createApi } from "./api.js";
import { h, replace } from "./dom.js";
import { createFrame } from "./frame.js";
import { listenForKeys } from "./keys.js";
import { createLive } from "./live.js";
import { trouble } from "./parts.js";
import { createPulse } from "./pulse.js";
import { askRights, dropToken, keepToken, takeToken } from "./session.js";
import { VIEWS } from "./views.js";

const content = document.getElementById("content");

/** "#usage?hours=24" as { name, params }. */
function address() {
	const [name, query] = location.hash.slice(1).split("?");
	return { name, params: new URLSearchParams(query) };
}

function signIn(sentence) {
	const field = h("input", { type: "password", name: "token", required: true, autocomplete: "off", spellcheck: "false" });
	const form = h("form.card.gate", {
		onsubmit: (event) => {
			event.preventDefault();
			keepToken(field.value);
			location.reload();
		},
	},
		h("h1", {}, "Sign in to Atlas"),
		h("p", { role: "status" }, sentence),
		h("label.field", {}, "Access token", field),
		h("button.primary", { type: "submit" }, "Sign in"),
		h("p.note", {}, "The token stays in this tab and is forgotten with it. An administrator makes one with ", h("code", {}, "atlasctl tokens create"), "."));
	replace(content, form);
	field.focus();
}

async function start() {
	const pulse = createPulse(document.getElementById("live"));
	const frame = createFrame();
	const token = takeToken();
	if (!token) {
		signIn("This page shows and asks nothing without a token. Paste yours:");
		return;
	}
	const api = createApi({
		token,
		onUnknownToken: () => {
			dropToken();
			pulse.stop();
			signIn("Atlas does not know this token; it may have been revoked. Paste another one:");
		},
	});
	frame.signedIn(() => {
		dropToken();
		location.reload();
	});
	let rights;
	try {
		rights = await askRights(api);
	} catch (error) {
		if (error.status !== 401) replace(content, h(".page", {}, trouble(error, () => location.reload())));
		return;
	}
	frame.say(api);
	run({ api, rights, pulse, frame });
}

function run({ api, rights, pulse, frame }) {
	const views = VIEWS.filter((view) => rights[view.needs]);
	const live = createLive({ api, pulse });
	let mounted;

	const context = (view, params, signal) => ({
		api,
		rights,
		params,
		signal,
		watch: (plan) => pulse.watch({ ...plan, signal }),
		live: (plan) => live({ ...plan, signal }),
		href: (changes) => frame.href(view.name, { ...Object.fromEntries(params), ...changes }),
		go: (changes) => { location.hash = frame.href(view.name, { ...Object.fromEntries(params), ...changes }); },
		to: frame.href,
	});

	async function show() {
		const { name, params } = address();
		const view = views.find((one) => one.name === name) ?? views[0];
		const isSame = mounted?.view === view;
		mounted?.end.abort();
		const end = new AbortController();
		mounted = { view, end };
		frame.select(views, view);
		const module = await view.load();
		if (end.signal.aborted) return;
		replace(content);
		module.mount(content, context(view, params, end.signal));
		if (!isSame) content.scrollTop = 0;
	}

	addEventListener("hashchange", show);
	listenForKeys(views, frame.href);
	show();
}

start();
