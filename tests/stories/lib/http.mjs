// Requests as an ordinary client makes them: node's own HTTP, connections kept alive.
//
// A target is whatever has { port, token }: an Atlas, or { ...atlas, token: other }. With
// tls ({ ca }) it is spoken to over TLS.

import http from "node:http";
import https from "node:https";

const agents = {
	http: new http.Agent({ keepAlive: true }),
	https: new https.Agent({ keepAlive: true }),
};

/**
 * Sends a request; gives node's IncomingMessage as soon as the head of the answer is in.
 *
 *   token      instead of the target's; null: none
 *   fresh      a connection of its own. After a kill a kept one may be the dead process's,
 *              and whether that is seen before the next request is sent is a race
 *   signal     an AbortSignal: the client leaves
 */
export function open(target, options) {
	const { method = "GET", path = "/", headers = {}, body, token, fresh, signal } = options;
	const bearer = token === undefined ? target.token : token;
	const bytes =
		body === undefined || typeof body === "string" || Buffer.isBuffer(body)
			? body
			: JSON.stringify(body);
	return new Promise((resolve, reject) => {
		const request = (target.tls ? https : http).request(
			{
				host: "127.0.0.1",
				port: target.port,
				method,
				path,
				agent: fresh ? false : (target.agent ?? agents[target.tls ? "https" : "http"]),
				...target.tls,
				signal,
				headers: {
					...(bearer && { authorization: `Bearer ${bearer}` }),
					...(bytes !== undefined && {
						"content-type": "application/json",
						"content-length": Buffer.byteLength(bytes),
					}),
					...headers,
				},
			},
			resolve,
		);
		request.on("error", reject);
		request.end(bytes);
	});
}

/** The rest of an answer: { status, headers, bytes, text, json }; json is undefined if it is none. */
export async function read(response) {
	const pieces = [];
	for await (const piece of response) pieces.push(piece);
	const bytes = Buffer.concat(pieces);
	const text = bytes.toString("utf8");
	let json;
	try {
		json = JSON.parse(text);
	} catch {
		json = undefined;
	}
	return { status: response.statusCode, headers: response.headers, bytes, text, json };
}

/** One request and its whole answer, with ms: how long it took. */
export async function request(target, options) {
	const begun = performance.now();
	const answer = await read(await open(target, options));
	return { ...answer, ms: performance.now() - begun };
}

export const get = (target, path, options = {}) => request(target, { path, ...options });

export const post = (target, path, body, options = {}) =>
	request(target, { method: "POST", path, body, ...options });
