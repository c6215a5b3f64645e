// LlamaIndex's OpenAI, which has an older SDK of OpenAI's inside. Its tools are given to the
// model by way of chat().

import { OpenAI, OpenAIEmbedding } from "@llamaindex/openai";
import { EMBEDDING_MODEL, MODEL, TOOL } from "./words.mjs";

export const name = "@llamaindex/openai";

/** Whoever leaves its loop leaves the connection open: the stream is read to its end. */
export const staysConnected = true;

const tool = { metadata: TOOL, call: () => "" };
const asks = (content) => [{ role: "user", content }];

export function connect({ baseURL, apiKey }) {
	const model = new OpenAI({ model: MODEL, apiKey, baseURL, maxRetries: 0 });
	const embedder = new OpenAIEmbedding({ model: EMBEDDING_MODEL, apiKey, baseURL, maxRetries: 0 });
	const called = ({ options }) => {
		const [first] = options.toolCall;
		const { input } = first;
		return { name: first.name, args: typeof input === "string" ? JSON.parse(input) : input };
	};
	return {
		async chat(prompt) {
			const { message, raw } = await model.chat({ messages: asks(prompt) });
			return { text: message.content, tokens: raw.usage.total_tokens };
		},
		async stream(prompt, { onText = () => {}, signal } = {}) {
			const all = { text: "" };
			const chunks = await model.chat({ messages: asks(prompt), stream: true });
			for await (const { delta } of chunks) {
				all.text += delta;
				if (delta) onText(delta);
				// it takes no signal: leaving the loop is how one leaves
				if (signal?.aborted) throw new DOMException("left", "AbortError");
			}
			return all;
		},
		tools: async (prompt) =>
			called((await model.chat({ messages: asks(prompt), tools: [tool] })).message),
		async streamedTools(prompt) {
			let last;
			const chunks = await model.chat({ messages: asks(prompt), tools: [tool], stream: true });
			for await (const chunk of chunks) if (chunk.options?.toolCall) last = chunk;
			return called(last);
		},
		embed: (text) => embedder.getTextEmbedding(text),
	};
}

export const errorOf = (error) => ({
	status: error.status,
	code: error.code,
	isAbort: error.name === "AbortError",
});
