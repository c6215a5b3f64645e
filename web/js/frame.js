// The bar around the views: tabs, theme, simulator badge, sign out.

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { ofAll } from "./storage.js";

const THEMES = ["system", "light", "dark"];

export function createFrame() {
	const byId = (id) => document.getElementById(id);
	const tabs = byId("tabs");
	const content = byId("content");

	function showTheme() {
		const now = ofAll.get("atlas.theme") ?? "system";
		if (now === "system") delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = now;
		const button = byId("theme");
		replace(button, icon(now));
		button.setAttribute("aria-label", `Theme: ${now}`);
		button.title = `Theme: ${now}`;
	}

	byId("theme").addEventListener("click", () => {
		const now = ofAll.get("atlas.theme") ?? "system";
		ofAll.set("atlas.theme", THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
		showTheme();
	});
	showTheme();

	// The arrow keys move along the tabs, as in every tab list.
	tabs.addEventListener("keydown", (event) => {
		const all = [...tabs.children];
		const at = all.indexOf(document.activeElement);
		const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
		if (next === undefined || at < 0) return;
		event.preventDefault();
		const tab = all[(next + all.length) % all.length];
		tab.focus();
		tab.click();
	});

	const showMore = () => {
		const after = tabs.scrollWidth - tabs.clientWidth - tabs.scrollLeft;
		tabs.dataset.more = [tabs.scrollLeft > 1 && "before", after > 1 && "after"].filter(Boolean).join(" ");
	};
	const showChosen = () => {
		tabs.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
		showMore();
	};
	tabs.addEventListener("scroll", showMore, { passive: true });
	new ResizeObserver(showChosen).observe(tabs);

	const href = (name, params = {}) => {
		const given = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== "");
		return `#${name}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
	};

	return {
		href,

		/** The tabs, with this one chosen. Made once; then only marked. */
		select(views, chosen) {
			if (!tabs.children.length)
				replace(tabs, views.map((view) =>
					h("a", { role: "tab", id: `tab-${view.name}`, href: href(view.name), "aria-controls": "content" }, view.label)));
			for (const tab of tabs.children) {
				const is = tab.id === `tab-${chosen.name}`;
				tab.setAttribute("aria-selected", String(is));
				tab.tabIndex = is ? 0 : -1;
			}
			requestAnimationFrame(showChosen);
			content.setAttribute("aria-labelledby", `tab-${chosen.name}`);
			document.title = `${chosen.label} · Atlas`;
			document.body.dataset.view = chosen.name;
		},

		signedIn(leave) {
			replace(byId("leave"), icon("leave"));
			byId("leave").hidden = false;
			byId("leave").addEventListener("click", leave);
		},

		/** Says plainly when a simulator answers. */
		async say(api) {
			const ready = await api.ready();
			byId("simulated").hidden = !ready?.simulated;
		},
	};
}
