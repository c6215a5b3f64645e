// One turn: the path of a chat goes to /v1/chat/completions, the answer comes back piece by
// piece. Nothing here touches the page.
//
//	for await (const event of turn({ api, chat, messages, signal })) …
//	   { is: "begun", requestId }  { is: "text", text }  { is: "usage", usage }
//	   { is: "end", finish }       the stream said that it ends; else ApiError is thrown

import { ApiError } from "../api.js";

const CUT = "The connection broke before the answer was complete. What stands above is a part of it.";

function bodyOf(chat, messages) {
	const system = chat.system.trim();
	return {
		model: chat.model,
		stream: true,
		stream_options: { include_usage: true },
		messages: [
			...(system ? [{ role: "system", content: system }] : []),
			...messages.map(({ role, text }) => ({ role, content: text })),
		],
		...(chat.temperature !== "" && { temperature: Number(chat.temperature) }),
		...(chat.maxTokens !== "" && { max_completion_tokens: Number(chat.maxTokens) }),
	};
}

function read(data) {
	try {
		return JSON.parse(data);
	} catch {
		throw new ApiError("The answer could not be read.", { code: "unreadable" });
	}
}

export async function* turn({ api, chat, messages, signal }) {
	const { requestId, events } = await api.stream("POST", "/v1/chat/completions", {
		signal,
		body: bodyOf(chat, messages),
		headers: { "x-atlas-session": chat.id, "x-atlas-priority": chat.priority },
	});
	yield { is: "begun", requestId };
	let finish = "";
	try {
		for await (const { data } of events) {
			if (data === "[DONE]") {
				yield { is: "end", finish };
				return;
			}
			const chunk = read(data);
			if (chunk.error) throw new ApiError(chunk.error.message, { code: chunk.error.code, requestId });
			const choice = chunk.choices?.[0];
			if (choice?.finish_reason) finish = choice.finish_reason;
			if (choice?.delta?.content) yield { is: "text", text: choice.delta.content };
			if (chunk.usage) yield { is: "usage", usage: plain(chunk.usage) };
		}
	} catch (error) {
		if (error instanceof ApiError || error.name === "AbortError") throw error;
		throw new ApiError(CUT, { code: "cut", requestId });
	}
	throw new ApiError(CUT, { code: "cut", requestId });
}

const plain = (usage) => ({
	prompt_tokens: usage.prompt_tokens,
	completion_tokens: usage.completion_tokens,
	total_tokens: usage.total_tokens,
	cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
	reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
});

const LOOKS = 12;
const LOOK_MS = 250;
const ROW = [
	"prompt_tokens", "cached_tokens", "reasoning_tokens", "completion_tokens", "total_tokens", "cost_usd",
	"queue_ms", "first_token_ms", "duration_ms", "retries", "outcome", "model_served",
];

/** What the ledger says of a request once it is settled; undefined if it does not in time. */
export async function settled({ api, chat, requestId, signal }) {
	for (let look = 0; look < LOOKS && !signal.aborted; look++) {
		const { requests } = await api.get(`/monitoring/session-usage/${chat.id}`, undefined, signal);
		const row = requests.find((one) => one.id === requestId);
		if (row?.done_at) return Object.fromEntries(ROW.map((name) => [name, row[name]]));
		await new Promise((go) => setTimeout(go, LOOK_MS));
	}
	return undefined;
}

/** A guess at the tokens of a text: it is said to be one. */
export const guessTokens = (text) => Math.ceil(text.length / 4);
