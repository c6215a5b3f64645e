// LangChain's ChatOpenAI, by way of chat completions and of the Responses API. It does not
// heed x-should-retry, so its own retries are off.

import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { EMBEDDING_MODEL, MODEL, TOOL } from "./words.mjs";

const tool = { type: "function", function: TOOL };
const textOf = (message) => message.text ?? message.content;

function talk({ baseURL, apiKey }, useResponsesApi) {
	const configuration = { baseURL };
	const model = new ChatOpenAI({ model: MODEL, apiKey, maxRetries: 0, useResponsesApi, configuration });
	const embedder = new OpenAIEmbeddings({
		model: EMBEDDING_MODEL,
		apiKey,
		maxRetries: 0,
		configuration,
	});
	const chat = async (prompt) => {
		const answer = await model.invoke(prompt);
		return { text: textOf(answer), tokens: answer.usage_metadata.total_tokens };
	};
	const gather = async (chunks, onText = () => {}) => {
		let all;
		for await (const chunk of chunks) {
			all = all ? all.concat(chunk) : chunk;
			if (textOf(chunk)) onText(textOf(chunk));
		}
		return all;
	};
	const stream = async (prompt, { onText, signal } = {}) => {
		const all = await gather(await model.stream(prompt, { signal }), onText);
		return { text: textOf(all), tokens: all.usage_metadata?.total_tokens ?? 0 };
	};
	const called = ({ tool_calls: [first] }) => ({ name: first.name, args: first.args });
	return {
		chat,
		stream,
		tools: async (prompt) => called(await model.bindTools([tool]).invoke(prompt)),
		streamedTools: async (prompt) =>
			called(await gather(await model.bindTools([tool]).stream(prompt))),
		embed: (text) => embedder.embedQuery(text),
	};
}

const errorOf = (error) => ({
	status: error.status,
	code: error.code ?? error.error?.code,
	isAbort: error.name === "AbortError" || /abort/i.test(error.message),
});

export const langchainChat = { name: "@langchain/openai", connect: (where) => talk(where, false), errorOf };

export const langchainResponses = {
	// It passes over response.failed: a failed stream ends like a short answer, without usage.
	hidesFailures: true,
	name: "@langchain/openai, useResponsesApi",
	connect(where) {
		const { chat, stream, ...rest } = talk(where, true);
		return { chat, stream, responses: chat, streamedResponses: stream, ...rest };
	},
	errorOf,
};
