// The chats of this token, as Atlas keeps them, and what only this browser knows of each:
// the draft, the settings, the branch that is shown, what was asked and not answered. A chat
// that Atlas does not have is known to this tab, as its token is.
//
//	chat: { id, title, created, updated, model, tokens, cost, unknownCost, isKept, isLoaded,
//	        system, temperature, maxTokens, priority, usesTools, draft, head, nodes: [node],
//	        unkept: [node], until it is loaded }
//	node: { id, parent, role, text, at, … } — a tree: what was regenerated or edited keeps
//	      its older branch; head is the leaf that is shown. An answer's id is its turn's.

import { ofAll, ofTab } from "../storage.js";

const LOCAL = ["system", "temperature", "maxTokens", "priority", "usesTools", "draft", "head", "model"];
const PLACE = "atlas.chat.";
const place = (id) => PLACE + id;

function localOf(id) {
	try {
		return JSON.parse(ofAll.get(place(id)) ?? ofTab.get(place(id)) ?? "{}");
	} catch {
		return {};
	}
}

/** An answer that broke before it had a word: Atlas has neither it nor what was asked. */
const isUnkept = ({ role, text, error, isStopped, isRunning }) => role === "assistant" && !text && Boolean(error || isStopped || isRunning);

const unkeptOf = (chat) => (chat.isLoaded ? chat.nodes.filter(isUnkept).flatMap((node) => [nodeOf(chat, node.parent), node]) : chat.unkept);

const LEFT = { isRunning: false, error: "This page was left before there was a word of an answer.", mayPass: true };

const foundAgain = (unkept = []) => unkept.map((node) => (node.isRunning ? { ...node, ...LEFT } : node));

/** Keeps what only this browser knows, if there is anything. */
export function keepLocal(chat) {
	const [kept, other] = chat.isKept ? [ofAll, ofTab] : [ofTab, ofAll];
	if (!chat.isKept && !chat.draft && !chat.system && !chat.nodes.length) return forgetLocal(chat);
	const names = chat.isKept ? LOCAL : [...LOCAL, "title", "created", "updated"];
	const some = Object.fromEntries(names.map((name) => [name, chat[name]]));
	kept.set(place(chat.id), JSON.stringify({ ...some, unkept: unkeptOf(chat) }));
	other.remove(place(chat.id));
}

const fresh = { title: "New chat", tokens: 0, cost: 0, unknownCost: 0, isKept: false, isLoaded: true, system: "", temperature: "", maxTokens: "", priority: "normal", usesTools: false, draft: "", head: null };

export const newId = () => {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

export const newChat = (given, now) => ({ ...fresh, ...given, id: `chat_${newId()}`, created: now, updated: now, nodes: [] });

const chatOf = (session) => ({
	...fresh,
	id: session.session_id,
	title: session.title,
	created: Date.parse(session.created_at),
	updated: Date.parse(session.updated_at),
	model: session.model,
	tokens: session.total_tokens,
	cost: Number(session.total_cost_usd),
	isKept: true,
	isLoaded: false,
	newest: session.newest,
	nodes: [],
	...localOf(session.session_id),
});

/** One that Atlas does not have. */
function unkeptChat(id) {
	const { unkept, ...local } = localOf(id);
	return { ...fresh, id, ...local, nodes: foundAgain(unkept) };
}

/** Text of a message: a string, or the texts among its parts. */
const textOf = (content) =>
	typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? `[${part.type}]`).join("\n");

const ENDS = {
	stopped: { note: "Stopped. What had been written until then is billed." },
	failed: { error: "The answer broke off here.", mayPass: true },
};

function argumentsOf(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** What was called, with its results, from the messages of an answer. */
const toolsOf = (messages) =>
	messages.flatMap(({ tool_calls: calls }) => calls ?? []).map(({ id, function: { name, arguments: args } }) => {
		const answer = messages.find((one) => one.tool_call_id === id);
		return { name, arguments: argumentsOf(args), result: answer && argumentsOf(textOf(answer.content)) };
	});

/** Where the answer begins: with what was called for it. */
function answerAt(messages) {
	let at = messages.length - 1;
	while (at > 0 && (messages[at - 1].role === "tool" || messages[at - 1].tool_calls)) at--;
	return at;
}

/** A turn's messages as nodes, each behind the one before it; the answer is one. */
function nodesOf(turn) {
	const at = Date.parse(turn.asked_at);
	const first = answerAt(turn.messages);
	const answer = turn.messages.slice(first);
	let parent = turn.after;
	const asked = turn.messages.slice(0, first).map((message, i) => {
		const node = { id: `${turn.id}.${i}`, parent, role: message.role, text: textOf(message.content), at };
		parent = node.id;
		return node;
	});
	const text = answer.filter(({ role }) => role === "assistant").map(({ content }) => textOf(content)).filter(Boolean).join("\n\n");
	return [...asked, { id: turn.id, parent, role: "assistant", text, at, model: turn.model, usage: turn.usage, requestId: turn.id, tools: toolsOf(answer), ...ENDS[turn.outcome] }];
}

/** The newest first. */
export async function listChats(api, signal) {
	const { sessions } = await api.get("/chat/sessions", undefined, signal);
	const kept = new Set(sessions.map(({ session_id }) => session_id));
	const others = ofTab.keys().filter((key) => key.startsWith(PLACE)).map((key) => key.slice(PLACE.length)).filter((id) => !kept.has(id));
	return [...others.map(unkeptChat), ...sessions.map(chatOf)].sort((a, b) => b.updated - a.updated);
}

/** The ids of those with this text in their title or in a message. */
export const searchChats = async (api, search, signal) => new Set((await api.get("/chat/sessions", { search }, signal)).sessions.map(({ session_id }) => session_id));

/** Brings the turns of a chat, once. */
export async function loadChat(api, chat, signal) {
	if (chat.isLoaded) return;
	const { turns, ...session } = await api.get(`/chat/sessions/${chat.id}`, undefined, signal);
	chat.nodes = turns.flatMap(nodesOf);
	putBack(chat, foundAgain(chat.unkept));
	if (!chat.nodes.some(({ id }) => id === chat.head)) chat.head = session.newest;
	chat.isLoaded = true;
}

/** What Atlas does not have. Where it has the same question after all, somebody has asked again. */
function putBack(chat, unkept) {
	const kept = chat.nodes.filter(({ role }) => role === "user");
	chat.nodes.push(...unkept);
	const isAskedAgain = (asked) => kept.some((one) => one.text === asked.text && turnBefore(chat, one) === turnBefore(chat, asked));
	const again = unkept.filter(({ role }) => role === "user").filter(isAskedAgain);
	takeOut(chat, unkept.filter((node) => again.some((asked) => node === asked || node.parent === asked.id)));
	chat.unkept = undefined;
}

/** What an answer of the chat is billed with, once that is written down. */
export async function usageOf(api, chat, id, signal) {
	const { turns } = await api.get(`/chat/sessions/${chat.id}`, undefined, signal);
	return turns.find((turn) => turn.id === id)?.usage;
}

/**
 * What the chat's questions whose end nobody knows may have cost. They have no turn: only the
 * monitoring tells of them. Gives whether that is more than was known.
 */
export async function findUnknown(api, chat, signal) {
	const { usage } = await api.get(`/monitoring/session-usage/${chat.id}`, undefined, signal);
	const before = chat.unknownCost;
	chat.unknownCost = Number(usage.unknown_cost_usd);
	return chat.unknownCost > before;
}

export async function renameChat(api, chat, title) {
	if (chat.isKept) await api.patch(`/chat/sessions/${chat.id}`, { title });
	chat.title = title;
}

export function forgetLocal(chat) {
	for (const kept of [ofAll, ofTab]) kept.remove(place(chat.id));
}

export async function removeChat(api, chat) {
	forgetLocal(chat);
	if (chat.isKept) await api.remove(`/chat/sessions/${chat.id}`);
}

// ---- the tree, pure ----

const nodeOf = (chat, id) => chat.nodes.find((node) => node.id === id);

/** From the first message to the leaf that is shown. */
export function path(chat) {
	const out = [];
	for (let node = nodeOf(chat, chat.head); node; node = nodeOf(chat, node.parent)) out.unshift(node);
	return out;
}

/** The versions of a message: it and what was regenerated or edited in its place. */
export const versions = (chat, node) => chat.nodes.filter((one) => one.parent === node.parent);

/** Adds a message behind `parent` and shows it. */
export function add(chat, parent, fields) {
	const node = { id: newId(), parent, text: "", at: Date.now(), ...fields };
	chat.nodes.push(node);
	chat.head = node.id;
	return node;
}

/** Takes nodes out of the tree: what followed them follows what was before them. */
export function takeOut(chat, gone) {
	chat.nodes = chat.nodes.filter((node) => !gone.includes(node));
	const before = (id) => {
		const one = nodeOf(chat, id) ? undefined : gone.find((node) => node.id === id);
		return one ? before(one.parent) : id;
	};
	for (const node of chat.nodes) node.parent = before(node.parent);
}

/** The turn that a message follows: what broke before it had a word is none. */
export function turnBefore(chat, asked) {
	let answer = nodeOf(chat, asked.parent);
	while (answer && isUnkept(answer)) answer = nodeOf(chat, nodeOf(chat, answer.parent).parent);
	return answer?.id;
}

/** The answer has its turn's id now: what follows will name it. */
export function nameNode(chat, node, id) {
	if (chat.head === node.id) chat.head = id;
	node.id = id;
}

/** Shows another version, with the newest of what follows it. */
export function choose(chat, node) {
	let leaf = node;
	for (let next; (next = chat.nodes.findLast((one) => one.parent === leaf.id)); ) leaf = next;
	chat.head = leaf.id;
}

/** A title from the first words that were asked. */
export function titleOf(text) {
	const line = text.trim().split("\n")[0].replace(/\s+/g, " ");
	return line.length > 60 ? `${line.slice(0, 59).trimEnd()}…` : line || "New chat";
}

/** What can be said of it without asking Atlas. */
export const matches = (chat, wanted) => {
	const text = wanted.toLowerCase();
	return !text || chat.title.toLowerCase().includes(text) || chat.nodes.some((node) => node.text.toLowerCase().includes(text));
};

/** Tokens and dollars of all answers, of the hidden branches too: they were paid for. */
export function totals(chat) {
	const { unknownCost } = chat;
	if (!chat.isLoaded) return { tokens: chat.tokens, cost: chat.cost, unknownCost };
	const paid = chat.nodes.filter(({ usage }) => usage);
	const sum = (name) => paid.reduce((all, { usage }) => all + Number(usage[name] ?? 0), 0);
	return { answers: paid.length, tokens: sum("total_tokens"), cost: sum("cost_usd"), unknownCost };
}

const speaker = { user: "You", assistant: "Model", system: "System" };

export const toMarkdown = (chat) =>
	[`# ${chat.title}`, ...(chat.system ? [`**System:** ${chat.system}`] : []),
		...path(chat).map((node) => `**${speaker[node.role] ?? node.role}**\n\n${node.text}`)].join("\n\n") + "\n";
