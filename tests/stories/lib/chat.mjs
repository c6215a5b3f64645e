// Chat requests, whole and streamed, on /v1/chat/completions or Atlas's own /chat paths.

import { open, post, read } from "./http.mjs";
import { events } from "./sse.mjs";

const MODEL = "gpt-4o-mini";

// Options: message or messages, model, body (more fields), and what http.mjs takes.
function chatBody({ message = "Say hello", messages, model = MODEL, body = {} }) {
	return { model, messages: messages ?? [{ role: "user", content: message }], ...body };
}

/** A whole answer: what http.mjs's request() gives, and said: what the model said. */
export async function chat(target, options = {}) {
	const { path = "/v1/chat/completions", headers, token, fresh, signal } = options;
	const body = chatBody(options);
	const answer = await post(target, path, body, { headers, token, fresh, signal });
	const said = answer.json?.choices?.[0]?.message?.content ?? answer.json?.text;
	return { ...answer, said };
}

/**
 * A streamed answer, given as soon as its head is in:
 *   status, headers     of the answer; refusal: the whole answer when it is no stream
 *   events()            its events, one by one: { event, data, json }
 *   collect()           reads it to the end, see below
 *   abort()             the client leaves
 */
export async function chatStream(target, options = {}) {
	const { path = "/v1/chat/completions", headers, token, fresh } = options;
	const leave = new AbortController();
	const begun = performance.now();
	const response = await open(target, {
		method: "POST",
		path,
		headers,
		token,
		fresh,
		signal: leave.signal,
		body: { ...chatBody(options), ...(path.startsWith("/v1/") && { stream: true }) },
	});
	const isStream = /^text\/event-stream\b/.test(response.headers["content-type"] ?? "");
	const stream = {
		status: response.statusCode,
		headers: response.headers,
		refusal: isStream ? undefined : await read(response),
		events: () => parsed(response),
		collect: () => collect(response, begun),
		abort: () => leave.abort(),
	};
	return stream;
}

async function* parsed(response) {
	for await (const { event, data } of events(response)) {
		if (data === undefined) continue; // a comment keeps the connection alive
		let json;
		try {
			json = JSON.parse(data);
		} catch {
			json = undefined;
		}
		yield { event, data, json };
	}
}

/**
 * { said, events, usage, finish, error, done, cut, firstMs, ms }: done is true when the
 * stream said that it ends, cut holds the error that ended the connection instead.
 */
async function collect(response, begun) {
	const all = { said: "", events: [], done: false };
	const take = ({ event, data, json }) => {
		const choice = json?.choices?.[0];
		const text = choice?.delta?.content ?? (event === "delta" ? json?.text : undefined);
		if (text) {
			all.firstMs ??= performance.now() - begun;
			all.said += text;
		}
		if (choice?.finish_reason) all.finish = choice.finish_reason;
		if (json?.usage) all.usage = json.usage;
		if (event === "usage") all.usage = json;
		if (json?.error || event === "error") all.error = json?.error ?? json;
		if (data === "[DONE]" || event === "done") all.done = true;
	};
	try {
		for await (const event of parsed(response)) {
			all.events.push(event);
			take(event);
		}
	} catch (error) {
		all.cut = error;
	}
	all.ms = performance.now() - begun;
	return all;
}
