// Atlas's HTTP interface as the page uses it: the token goes along, every refusal becomes
// an ApiError with a sentence for people and, where there is one, the request's id.

import { events } from "./sse.js";

export class ApiError extends Error {
	constructor(message, { status = 0, code = "", requestId = "", retryAfterMs = 0 } = {}) {
		super(message);
		Object.assign(this, { status, code, requestId, retryAfterMs });
	}
}

const OFFLINE = "Atlas cannot be reached; it may be restarting.";

async function refusal(response) {
	const head = (name) => response.headers.get(name) ?? "";
	let error = {};
	try {
		error = (await response.json()).error ?? {};
	} catch {
		error = {};
	}
	return new ApiError(error.message ?? `The answer was ${response.status}.`, {
		status: response.status,
		code: error.code ?? "",
		requestId: head("x-atlas-request-id"),
		retryAfterMs: Number(head("retry-after-ms")) || 1000 * Number(head("retry-after")) || 0,
	});
}

const query = (params) => {
	const given = Object.entries(params ?? {}).filter(([, v]) => v !== undefined && v !== "");
	return given.length ? `?${new URLSearchParams(given)}` : "";
};

/** onUnknownToken is called when Atlas does not know the token (any more). */
export function createApi({ token, onUnknownToken = () => {} }) {
	async function open(method, path, { params, body, headers, signal, keepalive } = {}) {
		let response;
		try {
			response = await fetch(path + query(params), {
				method,
				signal,
				keepalive, // goes out although the page is left
				cache: "no-store",
				credentials: "omit",
				redirect: "error",
				headers: {
					authorization: `Bearer ${token}`,
					...(body !== undefined && { "content-type": "application/json" }),
					...headers,
				},
				body: body === undefined ? undefined : JSON.stringify(body),
			});
		} catch (error) {
			if (error.name === "AbortError") throw error;
			throw new ApiError(OFFLINE, { code: "offline" });
		}
		if (response.ok) return response;
		const error = await refusal(response);
		if (error.status === 401) onUnknownToken(error);
		throw error;
	}

	const json = async (method, path, options) => (await open(method, path, options)).json();

	return {
		get: (path, params, signal) => json("GET", path, { params, signal }),
		post: (path, body = {}, signal) => json("POST", path, { body, signal }),
		patch: (path, body, signal) => json("PATCH", path, { body, signal }),
		remove: (path, signal) => json("DELETE", path, { signal, keepalive: true }),
		text: async (path, params, signal) => (await open("GET", path, { params, signal })).text(),

		/** What /readyz says, also where that is no; undefined when nobody answers. */
		ready: (signal) => fetch("/readyz", { cache: "no-store", signal }).then((response) => response.json()).catch(() => undefined),

		/** { requestId, events }: events are { event, data }. */
		async stream(method, path, options) {
			const response = await open(method, path, options);
			return {
				requestId: response.headers.get("x-atlas-request-id") ?? "",
				events: events(response.body),
			};
		},
	};
}
