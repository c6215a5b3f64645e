// The chat: a list of chats, the log of one, the box to write in, the monitoring beside it.

import { confirm, show } from "../dialog.js";
import { download, h, setText } from "../dom.js";
import * as format from "../format.js";
import { icon } from "../icons.js";
import { notice } from "../notice.js";
import { bringProse } from "../prose.js";
import { ofAll } from "../storage.js";
import { composer } from "../chat/composer.js";
import { createLog } from "../chat/log.js";
import { modelPicker } from "../chat/models.js";
import { createRunner } from "../chat/runner.js";
import { sidebar } from "../chat/sidebar.js";
import { chatPlace, wantedBefore } from "../chat/standing.js";
import * as chats from "../chat/store.js";

const CURRENT = "atlas.chat";
const MODEL = "atlas.model";
const TOOLS = "atlas.tools";
const FIRST_MODEL = "gpt-4o-mini";
const UNDO_MS = 8000;
const SPENT = "What did I spend today, by model?";
// Any upstream has an answer to these that fits, the simulator too.
const SAMPLES = [
	"What should I think of before I begin something new?",
	"What makes a good plan?",
	"Give me some advice for a long project.",
];

const SEND_KEY = /^Mac|^iP/.test(navigator.platform) ? "Cmd" : "Ctrl";

/** In a field of a dialog, where Enter alone begins a line. */
function sendByKey(event) {
	if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
	event.preventDefault();
	event.target.form.requestSubmit(event.target.form.querySelector(".primary"));
}

let runner; // of this page: what was asked goes on while another view is open

export function mount(root, context) {
	const { api, rights, signal, live } = context;
	const view = chatPlace(root);
	let models = [];
	let all = [];
	let chat = fresh();
	let begun; // resolves when the chat that was open is open again

	// ---- the parts ----

	const title = h("h1");
	const picker = modelPicker(chooseModel);
	const sum = h("span.sum");
	const panel = h("aside.panel", { "aria-label": "Monitoring", tabindex: 0, hidden: true });
	const inForce = h("p", { hidden: true });
	const spent = sample(SPENT, { hidden: true });
	const monitoring = h("input", { type: "checkbox", onchange: () => togglePanel() });
	const list = sidebar({ open: openChat, create, rename, remove, search: (text, end) => chats.searchChats(api, text, end) });
	const log = createLog({ regenerate, edit, step, retry, takeOver, stop: () => runner.stop(chat) });
	const box = composer(view.querySelector("form"), {
		send,
		stop: () => runner.stop(chat),
		draft: (text) => { chat.draft = text; keepSoon(); },
		editLast: () => { const last = chats.path(chat).findLast(({ role }) => role === "user"); if (last) edit(last); },
	}, picker.element);
	runner ??= createRunner({ api });
	runner.listen({ onChange, onEnd });
	const drawer = h("button.quiet.drawer", { type: "button", "aria-label": "Show chats", "aria-expanded": "false", onclick: () => toggleDrawer() }, icon("list"));
	const act = (name, label, onclick) => h("button.quiet", { type: "button", title: label, onclick }, icon(name), h("span.label", {}, label));

	view.querySelector(".talk").prepend(
		h("header.talk-head", {}, drawer, h(".talk-name", {}, title, sum),
			act("sliders", "Settings", settings), act("down", "Export", save),
			rights.monitor && h("label.check", {}, monitoring, h("span", {}, h("span.label", {}, "Show "), "monitoring"))),
		log.element);
	view.prepend(list.element);
	view.append(panel);

	// ---- keeping ----

	/** The first one, unless the token may not use it. */
	function firstModel() {
		return models.length === 0 || models.some(({ id }) => id === FIRST_MODEL) ? FIRST_MODEL : models[0].id;
	}

	function fresh() {
		return chats.newChat({ model: ofAll.get(MODEL) ?? firstModel(), usesTools: rights.monitor && ofAll.get(TOOLS) !== "off" }, Date.now());
	}

	let keeping;
	function keepSoon() {
		clearTimeout(keeping);
		keeping = setTimeout(keep, 300);
	}

	function keep() {
		clearTimeout(keeping);
		ofAll.set(CURRENT, chat.id);
		chats.keepLocal(chat);
	}

	/** Opens what was open; what was written before it is there is written in it. */
	async function begin() {
		const last = ofAll.get(CURRENT);
		const typed = chat;
		const going = runner.chats();
		const listed = await chats.listChats(api, signal);
		all = [...going, ...listed.filter(({ id }) => !going.some((one) => one.id === id))];
		const found = all.find((one) => one.id === last) ?? (last ? undefined : all[0]);
		if (!found || chat !== typed) return showChat();
		found.draft = [found.draft, typed.draft].filter(Boolean).join("\n");
		clearTimeout(keeping);
		chats.forgetLocal(typed);
		await openChat(found);
	}

	// ---- showing ----

	function showChat() {
		setText(title, chat.title);
		showSum();
		picker.show(models, chat.model);
		log.show(chat, beginning());
		box.running(runner.isRunning(chat));
		list.show(all, chat.id);
	}

	const modelOf = () => models.find(({ id }) => id === chat.model);

	// What the chat has come to, and how full the model's window is with it.
	function showSum() {
		const total = chats.totals(chat);
		const full = chats.path(chat).findLast(({ usage }) => usage)?.usage.total_tokens / modelOf()?.context_tokens;
		setText(sum, total.tokens || total.unknownCost
			? [format.many(total.tokens, "token", format.short), format.usdUpTo(total.cost, total.unknownCost), full > 0 && full < Infinity && `window ${full < 0.01 ? "under 1%" : format.percent(full)} full`].filter(Boolean).join(" · ")
			: "");
		box.price(modelOf()?.input_usd_per_million);
	}

	function chooseModel(name) {
		chat.model = name;
		ofAll.set(MODEL, name);
		keepSoon();
		picker.show(models, name);
		showSum();
	}

	function beginning() {
		return h(".beginning", {}, h("h2", {}, "What can I do for you?"),
			h("p", {}, "Answers come through Atlas: it keeps the limits, queues what does not fit yet, and counts every token."),
			inForce,
			h(".samples", {}, [...SAMPLES.map((text) => sample(text)), spent]));
	}

	function sample(text, how) {
		return h("button", { type: "button", onclick: () => send(text), ...how }, text);
	}

	// Which limits hold, for whoever begins.
	function showLimits(config) {
		const some = [["request", "minute"], ["token", "minute"], ["request", "hour"], ["token", "hour"]]
			.filter(([unit, period]) => config[`${unit}s_per_${period}`] > 0)
			.map(([unit, period]) => `${format.many(config[`${unit}s_per_${period}`], unit, format.short)} ${period === "hour" ? "an" : "a"} ${period}`);
		inForce.hidden = some.length === 0;
		setText(inForce, `In force: ${some.join(", ")}.`);
	}

	async function openChat(next) {
		chat = next;
		ofAll.set(CURRENT, chat.id);
		box.set(chat.draft);
		toggleDrawer(false);
		box.focus();
		try {
			await Promise.all([chats.loadChat(api, next, signal), bringProse(), tellUnknown(next)]);
		} catch (error) {
			if (signal.aborted) return;
			all = all.filter((one) => one !== next || error.status !== 404);
			notice(error.message);
		}
		if (chat !== next) return;
		showChat();
		log.toEnd();
	}

	function create() {
		openChat(fresh());
	}

	function toggleDrawer(open = !view.classList.contains("drawer-open")) {
		view.classList.toggle("drawer-open", open);
		drawer.setAttribute("aria-expanded", String(open));
	}

	async function togglePanel() {
		panel.hidden = !monitoring.checked;
		ofAll.set("atlas.panel", monitoring.checked ? "open" : "");
		if (panel.hidden || panel.childNodes.length) return;
		const { mountPanel } = await import("../chat/panel.js");
		mountPanel(panel, context, () => chat);
	}

	// ---- talking ----

	async function send(text) {
		await begun;
		if (runner.isRunning(chat)) {
			box.set(text);
			return;
		}
		const asked = chats.add(chat, chat.head, { role: "user", text });
		if (chat.nodes.length === 1) chat.title = chats.titleOf(text);
		chat.draft = "";
		await answer(asked);
	}

	async function answer(asked) {
		const node = chats.add(chat, asked.id, { role: "assistant", model: chat.model, isRunning: true });
		chat.updated = Date.now();
		all = [chat, ...all.filter((one) => one !== chat)];
		keep(); // at once: whoever reloads now comes back to this chat
		const ended = runner.run(chat, asked, node);
		showChat();
		log.toEnd();
		box.focus();
		await ended;
	}

	const parentOf = (node) => chat.nodes.find((one) => one.id === node.parent);

	const again = (asked) => answer(chats.add(chat, asked.parent, { role: "user", text: asked.text }));

	function regenerate(node) {
		if (!runner.isRunning(chat)) again(parentOf(node));
	}

	// What broke before it had a word was not kept: it makes room for the next try.
	async function retry(node) {
		if (runner.isRunning(chat)) return;
		const asked = parentOf(node);
		if (!node.text) chats.takeOut(chat, [node, asked]);
		await again(asked);
	}

	/** Ends the answer that another page or program waits for in this chat, and asks as soon as
	 * what there is of it has been written down. */
	async function takeOver(node) {
		const here = chat;
		try {
			await api.post(`/chat/sessions/${chat.id}/cancel`);
			for (let busy = node, tries = 20; busy?.errorCode === "session_busy" && chat === here && tries > 0; tries--) {
				if (busy !== node) await new Promise((go) => setTimeout(go, 100));
				await retry(busy);
				busy = chats.path(here).at(-1);
			}
		} catch (error) {
			notice(error.message);
		}
	}

	async function edit(node) {
		if (runner.isRunning(chat)) return;
		const field = h("textarea", { rows: 6, value: node.text, "aria-label": "Your message", onkeydown: sendByKey });
		const done = await show("Edit and send again", [field, h("p.note", {}, h("kbd", {}, SEND_KEY), " ", h("kbd", {}, "Enter"), " sends. The chat goes on from here; the older version stays and can be stepped back to.")],
			[["Cancel", ""], ["Send again", "send", "primary"]]);
		if (done !== "send" || !field.value.trim()) return;
		await answer(chats.add(chat, node.parent, { role: "user", text: field.value.trim() }));
	}

	function step(node, by) {
		const all = chats.versions(chat, node);
		chats.choose(chat, all[all.indexOf(node) + by]);
		keepSoon();
		showChat();
	}

	function onChange(where, node) {
		if (where === chat) log.update(node);
	}

	function onEnd(where, node) {
		where.updated = Date.now();
		where.isKept ||= Boolean(node.text);
		chats.keepLocal(where);
		if (where === chat) showChat();
		if (node.requestId && (node.isStopped || node.error)) tellBill(where, node);
	}

	/** Has a question been added that may have cost something? */
	async function tellUnknown(where) {
		const isMore = rights.monitor && (await chats.findUnknown(api, where, signal).catch(() => false));
		if (isMore && where === chat) showSum();
		return isMore;
	}

	// A stream that was stopped, or broke, does not say what it came to; the ledger does, a
	// moment later, with the chat if this was its first turn. Else it is told after a reload.
	async function tellBill(where, node) {
		const most = node.isStopped ? 15 : 3;
		for (let tries = 1; !node.usage && tries <= most && !signal.aborted; tries++) {
			await new Promise((go) => setTimeout(go, 150 * tries));
			if (await tellUnknown(where)) return;
			node.usage = await chats.usageOf(api, where, node.id, signal).catch(() => undefined);
		}
		if (where !== chat || !node.usage) return;
		log.update(node);
		showSum();
	}

	// ---- the rest ----

	async function settings() {
		const { editSettings } = await import("../chat/settings.js");
		if (!(await editSettings(api, chat))) return;
		ofAll.set(TOOLS, chat.usesTools ? "on" : "off");
		keep();
	}

	async function rename(one) {
		const field = h("input", { value: one.title, maxlength: 120, "aria-label": "Title" });
		if ((await show("Rename the chat", field, [["Cancel", ""], ["Rename", "yes", "primary"]])) !== "yes") return;
		await chats.renameChat(api, one, field.value.trim() || one.title);
		showChat();
	}

	// Gone from the list at once, from the ledger when nobody has wanted it back.
	async function remove(one) {
		if (runner.isRunning(one) && !(await confirm("Delete a running chat?", "Its answer is stopped first.", { yes: "Stop and delete", danger: true }))) return;
		runner.stop(one);
		all = all.filter((other) => other !== one);
		if (one === chat) openChat(all[0] ?? fresh());
		else showChat();
		const wanted = new AbortController();
		const go = () => {
			clearTimeout(timer);
			wanted.abort();
			chats.removeChat(api, one).catch((error) => notice(error.message));
		};
		const timer = setTimeout(go, UNDO_MS);
		addEventListener("pagehide", go, { signal: wanted.signal });
		notice(`“${one.title}” will be deleted.`, ["Undo", () => {
			clearTimeout(timer);
			wanted.abort();
			all = [one, ...all].sort((a, b) => b.updated - a.updated);
			openChat(one);
		}]);
	}

	async function save() {
		const form = await show("Export this chat", h("p", {}, "Markdown is for reading, JSON has every version and every figure."),
			[["Cancel", ""], ["JSON", "json"], ["Markdown", "md", "primary"]]);
		if (form === "md") download(`${format.plain(chat.title)}.md`, chats.toMarkdown(chat), "text/markdown");
		if (form === "json") download(`${format.plain(chat.title)}.json`, JSON.stringify(chat, null, "\t"), "application/json");
	}

	document.addEventListener("keydown", (event) => {
		if (document.querySelector("dialog[open]")) return;
		if ((event.ctrlKey || event.metaKey) && event.key === "k") {
			event.preventDefault();
			create();
		} else if (event.key === "Escape") {
			if (view.classList.contains("drawer-open")) toggleDrawer(false);
			else runner.stop(chat);
		}
	}, { signal });
	signal.addEventListener("abort", () => {
		keep();
		runner.listen({ onChange: () => {}, onEnd: (where) => chats.keepLocal(where) });
	});
	if (rights.monitor) live({ on: { "rate-limits": ({ config }) => showLimits(config) } });
	api.get("/chat/models", undefined, signal).then((answer) => {
		models = answer.models;
		if (!chat.nodes.length && chat.model === FIRST_MODEL) chat.model = firstModel();
		picker.show(models, chat.model);
		showSum();
	}, () => {}); // the model of the chat can still be used

	chat.draft = box.text();
	showChat();
	box.focus();
	begun = begin().catch((error) => signal.aborted || notice(error.message));
	performance.mark("ready"); // to send
	const wanted = wantedBefore();
	if (wanted) send(wanted);
	bringProse(); // while nobody waits for it
	// A simulator looks nothing up.
	if (rights.monitor) api.ready(signal).then((ready) => { spent.hidden = ready?.simulated !== false; });
	if (rights.monitor && ofAll.get("atlas.panel")) {
		monitoring.checked = true;
		togglePanel();
	}
}
