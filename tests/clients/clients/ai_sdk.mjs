// The AI SDK with its providers for OpenAI, in the three ways it talks: the Responses API by
// default, chat completions with .chat(), and @ai-sdk/openai-compatible for everybody else.
// It does not heed x-should-retry and waits 2 s and 4 s, so its own retries are off.

import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embed, generateText, RetryError, streamText, tool } from "ai";
import { EMBEDDING_MODEL, MODEL, TOOL, TOOL_INPUT } from "./words.mjs";

const tools = { [TOOL.name]: tool({ description: TOOL.description, inputSchema: TOOL_INPUT }) };
const once = { maxRetries: 0 };

async function whole(model, prompt) {
	const { text, usage } = await generateText({ model, prompt, ...once });
	return { text, tokens: usage.totalTokens };
}

async function stream(model, prompt, { onText = () => {}, signal } = {}) {
	const all = { text: "", tokens: 0 };
	let failure;
	const run = streamText({ model, prompt, ...once, abortSignal: signal, onError: () => {} });
	for await (const part of run.fullStream) {
		if (part.type === "error") failure = part.error;
		if (part.type === "abort") failure = new DOMException("aborted", "AbortError");
		if (part.type === "text-delta") onText((all.text += part.text));
		if (part.type === "finish") all.tokens = part.totalUsage.totalTokens;
	}
	if (failure) throw failure;
	return all;
}

async function call(model, prompt) {
	const { toolCalls } = await generateText({ model, prompt, tools, ...once });
	return { name: toolCalls[0].toolName, args: toolCalls[0].input };
}

async function streamedCall(model, prompt) {
	const run = streamText({ model, prompt, tools, ...once });
	const [first] = await run.toolCalls;
	return { name: first.toolName, args: first.input };
}

const talk = (model, embedder) => ({
	chat: (prompt) => whole(model, prompt),
	stream: (prompt, options) => stream(model, prompt, options),
	tools: (prompt) => call(model, prompt),
	streamedTools: (prompt) => streamedCall(model, prompt),
	embed: async (value) => (await embed({ model: embedder, value, ...once })).embedding,
});

/** What lies under a retry's wrapping and in the body. */
function errorOf(error) {
	const inner = RetryError.isInstance(error) ? error.lastError : error;
	const body = APICallError.isInstance(inner) ? inner.responseBody : undefined;
	let said;
	try {
		said = JSON.parse(body).error;
	} catch {
		said = inner?.error ?? inner?.data?.error;
	}
	return { status: inner?.statusCode, code: said?.code, isAbort: inner?.name === "AbortError" };
}

export const aiSdkResponses = {
	name: "@ai-sdk/openai",
	connect(where) {
		const provider = createOpenAI(where);
		const model = provider(MODEL);
		const { chat, stream: streamed, ...rest } = talk(
			model,
			provider.textEmbeddingModel(EMBEDDING_MODEL),
		);
		return { chat, stream: streamed, responses: chat, streamedResponses: streamed, ...rest };
	},
	errorOf,
};

export const aiSdkChat = {
	name: "@ai-sdk/openai .chat()",
	connect(where) {
		const provider = createOpenAI(where);
		return talk(provider.chat(MODEL), provider.textEmbeddingModel(EMBEDDING_MODEL));
	},
	errorOf,
};

export const aiSdkCompatible = {
	name: "@ai-sdk/openai-compatible",
	connect(where) {
		const provider = createOpenAICompatible({ name: "atlas", includeUsage: true, ...where });
		return talk(provider(MODEL), provider.textEmbeddingModel(EMBEDDING_MODEL));
	},
	errorOf,
};
