// Tokens: who may ask, how much each may, what each has used; made, changed, revoked.

import { confirm, show } from "../dialog.js";
import { h, replace } from "../dom.js";
import * as format from "../format.js";
import { notice } from "../notice.js";
import { card, chip, empty, facts, head, later, status, timeOf, trouble } from "../parts.js";
import { copyText } from "../clipboard.js";
import { scrolling, table } from "../table.js";
import { LIMITS } from "../token_limits.js";

const EVERY_MS = 10000;
const PAGE = 200;
const ROLES = [
	["chat", "chat: asks and reads its own chats"],
	["monitor", "monitor: reads all monitoring"],
	["admin", "admin: everything"],
];

async function allTokens(api, signal) {
	const all = [];
	for (let more = true; more; ) {
		const page = await api.get("/admin/tokens", { limit: PAGE, after: all.at(-1)?.id }, signal);
		all.push(...page.data);
		more = page.has_more && page.data.length > 0;
	}
	return all;
}

const none = (value) => value === null || value === undefined || value === 0 || value === "";

/** "3 of 60", or "–" where nothing bounds it. */
function used(token, name, shown) {
	const bound = token.in_force?.[name];
	if (none(bound)) return none(token.use?.[name]) ? format.NONE : shown(token.use[name]);
	return `${shown(token.use?.[name] ?? 0)} of ${shown(bound)}`;
}

/** Fields for every limit; values() has those that were changed, null = as [client] has it. */
function limitFields(limits = {}) {
	const fields = LIMITS.map(([name, label]) => [name, label, h("input", { value: none(limits[name]) && limits[name] !== 0 ? "" : String(limits[name]), placeholder: "as for all", autocomplete: "off" })]);
	return {
		element: [
			h("p.note", {}, "An empty field holds as for all, 0 is no limit."),
			h(".fields", {}, fields.map(([, label, input]) => h("label.field", {}, label, input))),
		],
		values: () => Object.fromEntries(fields
			.map(([name, , input]) => [name, input.value.trim() === "" ? null : input.value.trim()])
			.filter(([name, value]) => String(value ?? "") !== String(limits[name] ?? ""))),
	};
}

/** A model may come later, so it is no error; but it may be a slip. */
const unknown = ({ unknown_models: names }) => names.length > 0 &&
	status("warning", `Neither the catalogue nor a [model] section knows ${names.join(", ")}; the token may use ${names.length > 1 ? "them" : "it"} all the same.`);

export function mount(root, { api, watch }) {
	const problem = h("div");
	const list = later(4);
	const pager = h(".pager");
	const count = h("span.note");
	replace(root, h(".page", {},
		head("Tokens", "Each application and person asks with a token of its own. What is not said for one holds as [client] in the configuration has it.",
			h("button.primary", { type: "button", onclick: create }, "New token")),
		problem, card("Client tokens", [list, pager], { flush: true, tools: [count] })));

	const again = watch({
		ms: EVERY_MS,
		place: problem,
		ask: (signal) => allTokens(api, signal),
		show: fill,
	});

	function fill(tokens) {
		const live = tokens.filter((token) => !token.revoked_at);
		count.textContent = `${format.count(live.length)} in use, ${format.count(tokens.length - live.length)} revoked`;
		const columns = [
			{ key: "name", label: "Name", text: true },
			{ key: "role", label: "Role", cell: ({ role }) => chip(role, role === "admin" ? "accent" : "") },
			{ key: "state", label: "State", raw: ({ revoked_at: at }) => (at ? "revoked" : "in use"), cell: ({ revoked_at: at }) => (at ? chip("revoked", "bad") : chip("in use", "good")) },
			{ key: "requests", label: "Requests / min", number: true, raw: ({ use }) => use?.requests_per_minute, cell: (token) => used(token, "requests_per_minute", format.short) },
			{ key: "tokens", label: "Tokens / min", number: true, raw: ({ use }) => use?.tokens_per_minute, cell: (token) => used(token, "tokens_per_minute", format.short) },
			{ key: "running", label: "At a time", number: true, raw: ({ use }) => use?.concurrent, cell: (token) => used(token, "concurrent", format.short) },
			{ key: "day", label: "Spent today", number: true, wide: true, raw: ({ use }) => use?.budget_day, cell: (token) => used(token, "budget_day", format.cost) },
			{ key: "month", label: "Spent this month", number: true, wide: true, raw: ({ use }) => use?.budget_month, cell: (token) => used(token, "budget_month", format.cost) },
			{ key: "created_at", label: "Created", cell: ({ created_at: at }) => timeOf(at, format.recent) },
			{ key: "acts", label: "", cell: acts },
		];
		replace(list, tokens.length
			? scrolling("Client tokens", table({ caption: "Client tokens", columns, rows: tokens, pager, sort: ["name", "ascending"], onOpen: open }))
			: empty("No token yet", "Make one for the first application."));
	}

	const acts = (token) => !token.revoked_at && h("button.link", { type: "button", onclick: () => revoke(token), "aria-label": `Revoke ${token.name}` }, "Revoke");

	// What goes wrong is told in a dialog of its own; what was typed can be sent again.
	async function attempt(title, ask) {
		try {
			return await ask();
		} catch (error) {
			await show(title, trouble(error), [["Close", "", "primary"]]);
			return undefined;
		} finally {
			again();
		}
	}

	async function create() {
		const name = h("input", { required: true, maxlength: 47, pattern: "[A-Za-z0-9._@+\\-]+", title: "Letters, digits and . _ @ + -", autocomplete: "off" });
		const role = h("select", {}, ROLES.map(([value, text]) => h("option", { value }, text)));
		const limits = limitFields();
		const answer = await show("New token", [
			h("label.field", {}, "Name", name),
			h("label.field", {}, "Role", role),
			h("details", {}, h("summary", {}, "Limits and budgets"), limits.element),
		], [["Cancel", ""], ["Make it", "make", "primary"]]);
		if (answer !== "make") return;
		const made = await attempt("The token was not made", () =>
			api.post("/admin/tokens", { name: name.value, role: role.value, ...limits.values() }));
		if (!made) return;
		const copy = h("button", { type: "button", onclick: () => copyText(made.token, copy) }, "Copy");
		await show(`The token of ${made.name}`, [h("p", {}, "Keep it now: it is shown this once, and Atlas only knows its hash."), h(".secret", {}, made.token), copy, unknown(made)], [["I have it", "", "primary"]]);
	}

	async function open(token) {
		if (token.revoked_at) {
			await show(token.name, facts([["Role", token.role], ["Created", timeOf(token.created_at)], ["Revoked", timeOf(token.revoked_at)], ["Id", token.id]]), [["Close", "", "primary"]]);
			return;
		}
		const limits = limitFields(token.limits);
		const answer = await show(token.name, [
			facts([["Role", token.role], ["Created", timeOf(token.created_at)], ["Id", token.id]]),
			limits.element,
		], [["Cancel", ""], ["Save the limits", "save", "primary"]]);
		const changes = limits.values();
		if (answer !== "save" || !Object.keys(changes).length) return;
		const changed = await attempt("The limits were not changed", () => api.patch(`/admin/tokens/${token.id}`, changes));
		if (changed?.unknown_models.length) await show(token.name, unknown(changed), [["Close", "", "primary"]]);
		if (changed) notice(`${token.name}: ${changed.changes.map(({ limit, old, new: now }) => `${format.words(limit)} ${old} → ${now}`).join(", ")}`);
	}

	async function revoke(token) {
		const sure = await confirm(`Revoke ${token.name}?`, "From its next request on nobody gets in with it. It cannot be brought back; what it has spent stays in the ledger.", { yes: "Revoke it", danger: true });
		if (!sure) return;
		const done = await attempt("The token was not revoked", () => api.remove(`/admin/tokens/${token.id}`));
		if (done) notice(`${token.name} is revoked.`);
	}
}
