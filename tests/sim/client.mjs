// What the simulator's own tests need: one to start, and a client that sees every byte.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = path.resolve(root, process.env.ATLAS_BUILD || "build", "openai-sim");
const running = new Set();

export const stopAll = () => Promise.all([...running].map((s) => s.stop()));

export async function start(...args) {
	const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
	let err = "";
	child.stderr.on("data", (d) => (err += d));
	const exited = new Promise((done) => child.on("exit", (code) => done(code)));
	const line = await new Promise((done, fail) => {
		child.stdout.once("data", (d) => done(String(d)));
		exited.then((code) => fail(new Error(`exit ${code}: ${err}`)));
	});
	const at = /^openai-sim listening on 127\.0\.0\.1:(\d+) admin 127\.0\.0\.1:(\d+)\n$/.exec(
		line,
	);
	assert.ok(at, line);
	const sim = {
		port: Number(at[1]),
		url: `http://127.0.0.1:${at[1]}`,
		adminUrl: `http://127.0.0.1:${at[2]}`,
		async stop() {
			running.delete(sim);
			child.kill("SIGTERM");
			const code = await exited;
			assert.equal(err, "", "nothing on stderr");
			return code;
		},
		async admin(method, where, body) {
			const r = await fetch(sim.adminUrl + where, {
				method,
				body: body && JSON.stringify(body),
			});
			const text = await r.text();
			return where === "/bill"
				? text
						.split("\n")
						.filter(Boolean)
						.map((l) => JSON.parse(l))
				: JSON.parse(text);
		},
	};
	running.add(sim);
	return sim;
}

export const ask = (content, more = {}) => ({
	model: "gpt-4o-mini",
	messages: [{ role: "user", content }],
	...more,
});
export const streamed = { stream: true, stream_options: { include_usage: true } };

export function post(sim, body, headers = {}) {
	return fetch(`${sim.url}/v1/chat/completions`, {
		method: "POST",
		headers: {
			authorization: "Bearer sk-one",
			"content-type": "application/json",
			...headers,
		},
		body: typeof body === "string" ? body : JSON.stringify(body),
		redirect: "manual",
	});
}

export const wholeReply = async (sim, body) => (await post(sim, body)).json();

export const eventsOf = (text) =>
	text
		.split("\n\n")
		.filter(Boolean)
		.map((e) => {
			assert.match(e, /^data: /);
			return e === "data: [DONE]" ? "[DONE]" : JSON.parse(e.slice(6));
		});

export const textOf = (events) =>
	events.map((e) => e.choices?.[0]?.delta.content ?? "").join("");

export async function until(what, check, ms = 3000) {
	for (const end = Date.now() + ms; ;) {
		const value = await check();
		if (value) return value;
		assert.ok(Date.now() < end, `never: ${what}`);
		await new Promise((r) => setTimeout(r, 5));
	}
}

export const httpPost = (body, version = "1.1", more = "") => {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return (
		`POST /v1/chat/completions HTTP/${version}\r\nHost: sim\r\nAuthorization: Bearer sk-canary\r\n` +
		`Content-Length: ${Buffer.byteLength(text)}\r\n${more}\r\n${text}`
	);
};

// Send bytes, collect what comes until the peer closes, `enough` says so, or time is up.
export function raw(sim, bytes, { enough = () => false, ms = 3000, socket } = {}) {
	return new Promise((done, fail) => {
		const s = socket ?? net.connect(sim.port, "127.0.0.1");
		const got = {
			bytes: Buffer.alloc(0),
			closed: false,
			reset: false,
			reads: 0,
			socket: s,
		};
		const finish = () => {
			clearTimeout(timer);
			s.removeAllListeners();
			s.on("error", () => {});
			if (!socket && !got.keep) s.destroy();
			done(got);
		};
		const timer = setTimeout(finish, ms);
		s.on("data", (d) => {
			got.reads++;
			got.bytes = got.bytes.length ? Buffer.concat([got.bytes, d]) : d;
			if (enough(got.bytes)) finish();
		});
		s.on("error", (e) =>
			e.code === "ECONNRESET" || e.code === "EPIPE" ? (got.reset = true) : fail(e),
		);
		s.on("close", () => {
			got.closed = true;
			finish();
		});
		s.write(bytes);
	});
}

// A head and what its framing says of the body. end: how the body ended.
export function parse(bytes, closed) {
	const cut = bytes.indexOf("\r\n\r\n");
	assert.ok(cut > 0, "a head");
	const lines = bytes.subarray(0, cut).toString().split("\r\n");
	const headers = lines
		.slice(1)
		.map((l) => [l.slice(0, l.indexOf(":")).toLowerCase(), l.slice(l.indexOf(":") + 2)]);
	const get = (name) => headers.find(([n]) => n === name)?.[1];
	const rest = bytes.subarray(cut + 4);
	const reply = { status: Number(lines[0].split(" ")[1]), headers, get };
	if (get("transfer-encoding") === "chunked") return { ...reply, ...unchunk(rest) };
	const length = get("content-length");
	if (length === undefined) return { ...reply, body: rest, end: closed ? "close" : "open" };
	return {
		...reply,
		body: rest.subarray(0, Number(length)),
		end: rest.length >= Number(length) ? "whole" : "short",
	};
}

function unchunk(rest) {
	const parts = [];
	for (let at = 0; ;) {
		const eol = rest.indexOf("\r\n", at);
		if (eol < 0) return { body: Buffer.concat(parts), end: "short" };
		const n = parseInt(rest.subarray(at, eol).toString(), 16);
		if (n === 0) return { body: Buffer.concat(parts), end: "whole" };
		parts.push(rest.subarray(eol + 2, eol + 2 + n));
		if (rest.length < eol + 2 + n + 2) return { body: Buffer.concat(parts), end: "short" };
		at = eol + 2 + n + 2;
	}
}

export const isWhole = (bytes) =>
	bytes.includes("\r\n\r\n") && parse(bytes, false).end === "whole";

// The rule of the bill: the last line of a request holds.
export const lastLines = (lines) => [...new Map(lines.map((l) => [l.request_id, l])).values()];
