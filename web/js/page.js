// What all views share, and which of them the address names.

import { h, replace } from "./dom.js";
import { createFrame } from "./frame.js";
import { listenForKeys } from "./keys.js";
import { createLive } from "./live.js";
import { trouble } from "./parts.js";
import { createPulse } from "./pulse.js";
import { createRecent } from "./recent.js";
import { createStrip } from "./strip.js";
import { VIEWS } from "./views.js";

/** "#usage?hours=24" as { name, params }. */
function address() {
	const [name, query] = location.hash.slice(1).split("?");
	return { name, params: new URLSearchParams(query) };
}

/** content: where views are put; isOver(): the token is not known any more. */
export function createPage({ content, api, isOver }) {
	const pulse = createPulse(document.getElementById("live"), isOver);
	const frame = createFrame();

	function run(rights) {
		const views = VIEWS.filter((view) => rights[view.needs]);
		const live = createLive({ api, pulse, isOver });
		const recent = createRecent();
		let mounted;

		const context = (view, params, signal) => ({
			api,
			rights,
			params,
			signal,
			recent,
			watch: (plan) => pulse.watch({ ...plan, signal }),
			live: (plan) => live({ ...plan, signal }),
			href: (changes) => frame.href(view.name, { ...Object.fromEntries(params), ...changes }),
			go: (changes) => { location.hash = frame.href(view.name, { ...Object.fromEntries(params), ...changes }); },
			to: frame.href,
		});

		async function show() {
			const { name, params } = address();
			const view = views.find((one) => one.name === name) ?? views[0];
			if (!name) history.replaceState(null, "", frame.href(view.name));
			const isSame = mounted?.view === view;
			mounted?.end.abort();
			const end = new AbortController();
			mounted = { view, end };
			frame.select(views, view);
			const module = await view.load();
			if (end.signal.aborted) return;
			content.dataset.view = view.name;
			module.mount(content, context(view, params, end.signal));
			if (!isSame) content.scrollTop = 0;
		}

		addEventListener("hashchange", show);
		listenForKeys(views, frame.href);
		show().then(() => {
			frame.say(api);
			if (!rights.monitor) return;
			recent.listen(live);
			createStrip({ place: document.getElementById("strip"), live, href: frame.href("limits") });
		});
	}

	return {
		run,
		signedIn: frame.signedIn,
		fail: (error) => replace(content, h(".page", {}, trouble(error, () => location.reload()))),
	};
}
