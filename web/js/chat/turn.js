// One turn through /chat/stream, event by event. Nothing here touches the page.
//
//	for await (const event of turn({ api, chat, after, message, signal })) …
//	   { is: "session", … }  { is: "queue", … }  { is: "status", state }
//	   { is: "tool", name, arguments, result }  { is: "delta", text }  { is: "usage", … }
//	ends after done; what the stream calls an error, and one that breaks, is an ApiError

import { ApiError } from "../api.js";

const CUT = "The connection broke before the answer was complete. What stands above is a part of it.";

const bodyOf = ({ chat, after, message }) => ({
	message,
	session_id: chat.id,
	after: after ?? "",
	model: chat.model,
	priority: chat.priority,
	...(chat.system.trim() && { system: chat.system.trim() }),
	...(chat.temperature !== "" && { temperature: Number(chat.temperature) }),
	...(chat.usesTools && { tools: true }),
	...(chat.maxTokens !== "" && { max_tokens: Number(chat.maxTokens) }),
});

function read(data) {
	try {
		return JSON.parse(data);
	} catch {
		throw new ApiError("The answer could not be read.", { code: "unreadable" });
	}
}

export async function* turn({ api, signal, ...what }) {
	const { requestId, events } = await api.stream("POST", "/chat/stream", { signal, body: bodyOf(what) });
	let problem;
	try {
		for await (const { event, data } of events) {
			const fields = read(data);
			if (event === "error") problem = new ApiError(fields.message, { code: fields.code, requestId, retryAfterMs: fields.retry_after_ms });
			else if (event === "done" && problem) throw problem;
			else if (event === "done") return;
			else yield { is: event, ...fields };
		}
	} catch (error) {
		if (error instanceof ApiError || error.name === "AbortError") throw error;
		throw new ApiError(CUT, { code: "cut", requestId });
	}
	throw new ApiError(CUT, { code: "cut", requestId });
}

/** A guess at the tokens of a text: it is said to be one. */
export const guessTokens = (text) => Math.ceil(text.length / 4);
