// @openai/agents: the runner that talks to the Responses API and calls tools by itself.

import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import { MODEL, TOOL, TOOL_INPUT } from "./words.mjs";

export const name = "@openai/agents";

export function connect({ baseURL, apiKey }) {
	const modelProvider = new OpenAIProvider({ baseURL, apiKey, useResponses: true });
	const runner = new Runner({ modelProvider, tracingDisabled: true });
	const plain = new Agent({ name: "plain", model: MODEL });
	const tokensOf = (result) => result.state.usage.totalTokens;
	const chat = async (prompt) => {
		const result = await runner.run(plain, prompt);
		return { text: result.finalOutput, tokens: tokensOf(result) };
	};
	const stream = async (prompt, { onText = () => {}, signal } = {}) => {
		const result = await runner.run(plain, prompt, { stream: true, signal });
		for await (const piece of result.toTextStream()) onText(piece);
		await result.completed;
		if (result.error) throw result.error;
		if (signal?.aborted) throw new DOMException("aborted", "AbortError");
		return { text: result.finalOutput, tokens: tokensOf(result) };
	};
	/** The tool notes how it was called; that the model talks afterwards is a second turn. */
	const withTool = async (prompt, options) => {
		const calls = [];
		const weather = tool({
			name: TOOL.name,
			description: TOOL.description,
			parameters: TOOL_INPUT,
			execute: (args) => {
				calls.push({ name: TOOL.name, args });
				return "sunny";
			},
		});
		const agent = new Agent({ name: "weather", model: MODEL, tools: [weather] });
		const result = await runner.run(agent, prompt, options);
		if (options?.stream) await result.completed;
		return calls[0];
	};
	return {
		chat,
		stream,
		responses: chat,
		streamedResponses: stream,
		tools: (prompt) => withTool(prompt),
		streamedTools: (prompt) => withTool(prompt, { stream: true }),
	};
}

export const errorOf = (error) => ({
	status: error.status,
	code: error.code,
	isAbort: error.name === "AbortError",
});
