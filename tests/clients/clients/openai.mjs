// openai, OpenAI's own SDK, as it comes: two retries of its own.

import OpenAI from "openai";
import { MODEL, EMBEDDING_MODEL, TOOL } from "./words.mjs";

export const name = "openai";

const asks = (content) => ({ model: MODEL, messages: [{ role: "user", content }] });
const tool = { type: "function", function: TOOL };

export function connect({ baseURL, apiKey }) {
	const client = new OpenAI({ baseURL, apiKey });
	const streamed = { stream: true, stream_options: { include_usage: true } };
	return {
		async chat(prompt) {
			const answer = await client.chat.completions.create(asks(prompt));
			return { text: answer.choices[0].message.content, tokens: answer.usage.total_tokens };
		},
		async stream(prompt, { onText = () => {}, signal } = {}) {
			const all = { text: "", tokens: 0 };
			const body = { ...asks(prompt), ...streamed };
			for await (const chunk of await client.chat.completions.create(body, { signal })) {
				const piece = chunk.choices[0]?.delta?.content ?? "";
				all.text += piece;
				all.tokens = chunk.usage?.total_tokens ?? all.tokens;
				if (piece) onText(piece);
			}
			if (signal?.aborted) throw new OpenAI.APIUserAbortError();
			return all;
		},
		async tools(prompt) {
			const answer = await client.chat.completions.create({ ...asks(prompt), tools: [tool] });
			const [{ function: called }] = answer.choices[0].message.tool_calls;
			return { name: called.name, args: JSON.parse(called.arguments) };
		},
		async streamedTools(prompt) {
			const body = { ...asks(prompt), tools: [tool], stream: true };
			const called = { name: "", args: "" };
			for await (const chunk of await client.chat.completions.create(body)) {
				const [call] = chunk.choices[0]?.delta?.tool_calls ?? [];
				called.name += call?.function?.name ?? "";
				called.args += call?.function?.arguments ?? "";
			}
			return { name: called.name, args: JSON.parse(called.args) };
		},
		async responses(prompt) {
			const answer = await client.responses.create({ model: MODEL, input: prompt });
			return { text: answer.output_text, tokens: answer.usage.total_tokens };
		},
		async streamedResponses(prompt) {
			const all = { text: "", tokens: undefined };
			const body = { model: MODEL, input: prompt, stream: true };
			for await (const event of await client.responses.create(body)) {
				if (event.type === "response.output_text.delta") all.text += event.delta;
				if (event.type === "response.completed") all.tokens = event.response.usage.total_tokens;
			}
			if (all.tokens === undefined) throw new Error("the stream ended before response.completed");
			return all;
		},
		async embed(input) {
			const { data } = await client.embeddings.create({ model: EMBEDDING_MODEL, input });
			return data[0].embedding;
		},
	};
}

/** What a program would look at: the status and OpenAI's code. */
export const errorOf = (error) => ({
	status: error.status,
	code: error.code,
	isAbort: error instanceof OpenAI.APIUserAbortError,
});
