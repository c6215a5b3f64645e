// The two upstreams, in one vocabulary: openai-sim, ours, and @copilotkit/aimock, which is
// not. What is wanted is said in the prompt, so that a client cannot tell it apart.

import { LLMock } from "@copilotkit/aimock";
import { startSim } from "../stories/lib/index.mjs";

const CITY = JSON.stringify({ city: "Paris" });

class SimUpstream {
	name = "openai-sim";
	prompts = {
		plain: "Tell me about the sea [[sim tokens=40]]",
		call: `What is the weather in Paris? [[sim call=get_weather(${CITY})]]`,
		slow: "Go on and on [[sim tokens=400 tps=60]]",
		cut: "This will break off [[sim tokens=200 mode=cut-at:1200]]",
	};

	async start() {
		this.sim = await startSim();
		this.base = this.sim.base;
		this.apiKey = this.sim.apiKey;
		return this;
	}
	/** The next request, or all until calm(), get that error: 429, 503, quota. */
	weather(error, { once = false } = {}) {
		const mode = { 429: "429", 503: "503", quota: "insufficient_quota" }[error];
		return this.sim.weather({ mode, ...(once && { count: 1 }) });
	}
	calm() {
		return this.sim.clearWeather();
	}
	async asked() {
		return (await this.sim.billSummary()).requests;
	}
	/** How many requests their client left before the end; undefined: it does not tell. */
	async left() {
		return (await this.sim.bill()).filter(({ event }) => event === "abort").length;
	}
	async stop() {}
}

const ERRORS = {
	429: {
		status: 429,
		error: { message: "Rate limit reached.", type: "requests", code: "rate_limit_exceeded" },
	},
	503: { status: 503, error: { message: "The engine is overloaded.", type: "server_error" } },
	quota: {
		status: 429,
		error: {
			message: "You exceeded your current quota.",
			type: "insufficient_quota",
			code: "insufficient_quota",
		},
	},
};

class MockUpstream {
	name = "aimock";
	apiKey = "sk-mock";
	prompts = {
		plain: "Tell me about the sea",
		call: "What is the weather in Paris?",
		slow: "Go on and on",
		cut: "This will break off",
	};
	#error;
	#left = 0; // requests that still get it

	async start() {
		this.mock = new LLMock({ port: 0, logLevel: "silent" });
		this.#addFixtures();
		await this.mock.start();
		this.base = `${this.mock.url}/v1`;
		return this;
	}
	#addFixtures() {
		const { plain, call, slow, cut } = this.prompts;
		const isStruck = () => this.#left-- > 0;
		this.mock.addFixture({ match: { predicate: isStruck }, response: () => this.#error });
		this.mock.addFixture({
			match: { userMessage: call, hasToolResult: false },
			response: { toolCalls: [{ name: "get_weather", arguments: CITY }] },
		});
		this.mock.addFixture({ match: { userMessage: call }, response: { content: "Sunny." } });
		this.mock.onMessage(plain, { content: "The sea is deep, wide and cold in most places." });
		this.mock.onMessage(slow, { content: "wave after wave ".repeat(200) }, { latency: 20 });
		this.mock.onMessage(cut, { content: "never to be read to its end ".repeat(20) }, {
			latency: 5,
			truncateAfterChunks: 8,
		});
		this.mock.onEmbedding(plain, { embedding: Array.from({ length: 8 }, (_, i) => i / 8) });
	}
	async weather(error, { once = false } = {}) {
		this.#error = ERRORS[error];
		this.#left = once ? 1 : Infinity;
	}
	async calm() {
		this.#left = 0;
	}
	async asked() {
		return this.mock.getRequests().length;
	}
	async left() {
		return undefined;
	}
	async stop() {
		await this.mock.stop();
	}
}

export const upstreams = { "openai-sim": SimUpstream, aimock: MockUpstream };
