// A client that sends exactly these bytes, in these pieces, and takes whatever comes.

import net from "node:net";
import tls from "node:tls";

/**
 * Sends bytes (text, a Buffer, or an array of either: one write each) and gives
 *   { bytes, text, answers, ended }
 * answers: the HTTP answers in what came, see parseAnswers(); ended: "end" (the server
 * closed), "reset", or "open" when it had done neither.
 *
 *   split: n      writes of n bytes each
 *   halfClose     say FIN after the last byte
 *   answers: n    done once n final answers are whole, also if the connection stays open
 *   settleMs      not before so long after them, so that an answer too many is seen
 *   ms            done in any case after this long
 *   host          127.0.0.1 unless given
 *   tls           over TLS, with these of node's options
 *   head          true = the answers are to HEAD, without bodies; a list: which ones are
 */
export function raw(port, bytes, options = {}) {
	const { split, halfClose = false, answers: wanted = Infinity, settleMs = 0, ms = 5000 } =
		options;
	return new Promise((resolve, reject) => {
		const to = { port, host: options.host ?? "127.0.0.1", noDelay: true };
		const socket = options.tls ? tls.connect({ ...to, ...options.tls }) : net.connect(to);
		let got = Buffer.alloc(0);
		const finish = (ended) => {
			clearTimeout(timer);
			socket.destroy();
			try {
				const answers = parseAnswers(got, { ...options, closed: ended === "end" });
				resolve({ bytes: got, text: got.toString("latin1"), answers, ended });
			} catch (error) {
				reject(error);
			}
		};
		let timer = setTimeout(finish, ms, "open");
		let isSettling = false;
		const settle = () => {
			if (isSettling) return;
			isSettling = true;
			clearTimeout(timer);
			timer = setTimeout(finish, settleMs, "open");
		};
		socket.on("data", (piece) => {
			got = Buffer.concat([got, piece]);
			if (wanted !== Infinity && countWhole(got, options) >= wanted) settle();
		});
		socket.on("end", () => finish("end"));
		socket.on("error", () => finish("reset"));
		socket.on(options.tls ? "secureConnect" : "connect", () => sendPieces(socket, pieces(bytes, split), halfClose));
	});
}

// Interim answers do not count. Bytes that are no answer are finish()'s to complain of.
function countWhole(bytes, options) {
	try {
		return parseAnswers(bytes, options).filter((a) => isFinal(a) && a.whole).length;
	} catch {
		return Infinity;
	}
}

const isFinal = (answer) => answer.status >= 200;

function pieces(bytes, split) {
	const list = [bytes].flat().map((b) => (Buffer.isBuffer(b) ? b : Buffer.from(b, "latin1")));
	if (!split) return list;
	const all = Buffer.concat(list);
	const out = [];
	for (let at = 0; at < all.length; at += split) out.push(all.subarray(at, at + split));
	return out;
}

// One segment a piece: the next leaves when the kernel has the last one and the event loop
// has turned.
function sendPieces(socket, list, halfClose, at = 0) {
	if (socket.destroyed) return;
	if (at === list.length) {
		if (halfClose) socket.end();
		return;
	}
	socket.write(list[at], () => setImmediate(sendPieces, socket, list, halfClose, at + 1));
}

/**
 * The answers in these bytes, each { status, reason, headers, body, whole }. closed: the
 * connection has ended, so a body without a length is whole. A last one whose head is not
 * complete is left out.
 */
export function parseAnswers(bytes, { head = false, closed = false } = {}) {
	const answers = [];
	for (let at = 0; at < bytes.length; ) {
		const end = bytes.indexOf("\r\n\r\n", at);
		if (end < 0) break;
		const [first, ...lines] = bytes.toString("latin1", at, end).split("\r\n");
		const [, status, reason] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(first) ?? [];
		if (!status) throw new Error(`no HTTP answer: ${JSON.stringify(first)}`);
		const headers = {};
		for (const line of lines) {
			const colon = line.indexOf(":");
			headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
		}
		const rest = bytes.subarray(end + 4);
		const isHead = Array.isArray(head) ? head[answers.filter(isFinal).length] : head;
		const none = isHead || status < 200 || status === "204" || status === "304";
		const body = none ? { bytes: "", used: 0, whole: true } : parseBody(headers, rest, closed);
		answers.push({
			status: Number(status),
			reason,
			headers,
			body: body.bytes.toString("utf8"),
			whole: body.whole,
		});
		at = end + 4 + body.used;
		if (!body.whole) break;
	}
	return answers;
}

function parseBody(headers, rest, closed) {
	if (/\bchunked\b/i.test(headers["transfer-encoding"] ?? "")) return parseChunks(rest);
	if (headers["content-length"] === undefined)
		return { bytes: rest, used: rest.length, whole: closed };
	const n = Number(headers["content-length"]);
	const bytes = rest.subarray(0, n);
	return { bytes, used: bytes.length, whole: bytes.length === n };
}

function parseChunks(rest) {
	const chunks = [];
	for (let at = 0; ; ) {
		const end = rest.indexOf("\r\n", at);
		const n = end < 0 ? NaN : parseInt(rest.toString("latin1", at, end), 16);
		// The last chunk's empty trailer is two bytes more, like the end of any chunk.
		const next = end + 2 + n + 2;
		if (Number.isNaN(n) || next > rest.length)
			return { bytes: Buffer.concat(chunks), used: rest.length, whole: false };
		if (n === 0) return { bytes: Buffer.concat(chunks), used: next, whole: true };
		chunks.push(rest.subarray(end + 2, end + 2 + n));
		at = next;
	}
}

/** Head and body of a chat request, as two pieces; text instead of a body of JSON. */
export function chatBytes(atlas, { head = "", body = {}, token = atlas.token, text } = {}) {
	const json = text ?? JSON.stringify({
		model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hello" }], ...body,
	});
	return [
		`POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
			`Content-Type: application/json\r\nContent-Length: ${json.length}\r\n${head}\r\n`,
		json,
	];
}
