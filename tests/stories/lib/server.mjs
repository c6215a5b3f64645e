// An HTTP server of a story's own: an upstream that misbehaves, a receiver of webhooks.

import http from "node:http";

/**
 * Serves on a free port of this machine until close(); handler(request, body, response) has
 * the whole body. Gives { port, base, close() }; base is a base_url for Atlas.
 */
export async function serve(handler) {
	const server = http.createServer(async (request, response) => {
		const pieces = [];
		for await (const piece of request) pieces.push(piece);
		await handler(request, Buffer.concat(pieces).toString(), response);
	});
	server.unref();
	server.keepAliveTimeout = 0; // Atlas must not find closed what it takes again
	await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
	const { port } = server.address();
	const close = () => {
		server.close();
		server.closeAllConnections();
	};
	return { port, base: `http://127.0.0.1:${port}/v1`, close };
}
