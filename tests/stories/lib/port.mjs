// TCP ports on loopback.

import dgram from "node:dgram";
import net from "node:net";

// Below the range the kernel takes outgoing connections' ports from: one of those could
// sit on the port between our look and the server's bind.
const FIRST = 20000;
const LAST = 32000;

/** Ours for as long as this process lives: others that look for a port have the same mark, a
 * socket of another protocol, in the way. A server may come to it much later. */
const reserve = (port) =>
	new Promise((resolve) => {
		const mark = dgram.createSocket("udp4");
		mark.once("error", () => resolve(false));
		mark.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(Boolean(mark.unref())));
	});

const canListen = (port) =>
	new Promise((resolve) => {
		const server = net.createServer();
		server.once("error", () => resolve(false));
		server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
			server.close(() => resolve(true)));
	});

export async function freePort() {
	for (let tries = 0; tries < 100; tries++) {
		const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
		if ((await reserve(port)) && (await canListen(port))) return port;
	}
	throw new Error("no free port found");
}

/** Does anybody accept connections there? */
export const isListening = (port) =>
	new Promise((resolve) => {
		const socket = net.connect(port, "127.0.0.1");
		const answer = (yes) => {
			socket.destroy();
			resolve(yes);
		};
		socket.once("connect", () => answer(true));
		socket.once("error", () => answer(false));
	});
