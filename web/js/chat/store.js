// The chats of this browser, in its IndexedDB: one record a chat, whole. Without one (a
// private window may refuse it) they live as long as the page.
//
//	chat: { id, title, created, updated, model, system, temperature, maxTokens, priority,
//	        draft, head, nodes: [node] }
//	node: { id, parent, role, text, at, … } — a tree: what was regenerated or edited keeps
//	      its older branch; head is the leaf that is shown.
//
// id goes along as X-Atlas-Session, so the ledger knows each chat's cost.

const DATABASE = "atlas-chats";
const STORE = "chats";

const wait = (request) =>
	new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});

function open() {
	const request = indexedDB.open(DATABASE, 1);
	request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
	return wait(request);
}

export async function openStore() {
	const inMemory = new Map();
	const database = await open().catch(() => undefined);
	const store = (mode) => database.transaction(STORE, mode).objectStore(STORE);
	return {
		isLasting: database !== undefined,
		async list() {
			const all = database ? await wait(store("readonly").getAll()) : [...inMemory.values()];
			return all.sort((a, b) => b.updated - a.updated);
		},
		async save(chat) {
			if (database) await wait(store("readwrite").put(chat));
			else inMemory.set(chat.id, structuredClone(chat));
		},
		async remove(id) {
			if (database) await wait(store("readwrite").delete(id));
			else inMemory.delete(id);
		},
	};
}

// ---- chats, pure ----

export const newId = () => {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

export const newChat = (model, now) => ({
	id: `chat-${newId()}`,
	title: "New chat",
	created: now,
	updated: now,
	model,
	system: "",
	temperature: "",
	maxTokens: "",
	priority: "normal",
	draft: "",
	head: null,
	nodes: [],
});

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

/** Shows another version, with the newest of what follows it. */
export function choose(chat, node) {
	let leaf = node;
	for (let next; (next = chat.nodes.findLast((one) => one.parent === leaf.id)); ) leaf = next;
	chat.head = leaf.id;
}

/** A title from the first words that were asked. */
export function titleOf(text) {
	const line = text.trim().split("\n")[0].replace(/\s+/g, " ");
	return line.length > 48 ? `${line.slice(0, 47).trimEnd()}…` : line || "New chat";
}

export const matches = (chat, wanted) => {
	const text = wanted.toLowerCase();
	return !text || chat.title.toLowerCase().includes(text) || chat.nodes.some((node) => node.text.toLowerCase().includes(text));
};

/** Tokens and dollars of all answers, of the hidden branches too: they were paid for. */
export function totals(chat) {
	const sum = { tokens: 0, cost: 0, answers: 0, isPriced: true };
	for (const { role, usage } of chat.nodes) {
		if (role !== "assistant" || !usage) continue;
		sum.answers++;
		sum.tokens += usage.total_tokens ?? 0;
		if (usage.cost_usd === undefined) sum.isPriced = false;
		else sum.cost += Number(usage.cost_usd);
	}
	return sum;
}

const speaker = { user: "You", assistant: "Model", system: "System" };

export const toMarkdown = (chat) =>
	[`# ${chat.title}`, ...(chat.system ? [`**System:** ${chat.system}`] : []),
		...path(chat).map((node) => `**${speaker[node.role]}**\n\n${node.text}`)].join("\n\n") + "\n";
