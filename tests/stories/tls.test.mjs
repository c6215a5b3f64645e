// TLS on the listener: the same service behind it, a certificate renewed under way, and what
// is no good handshake. What is wrong with certificates and keys themselves is a unit
// test's.

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import net from "node:net";
import test from "node:test";
import tls from "node:tls";
import {
	chat, chatStream, get, leaks, ledgerEqualsBill, makePair, program, request, runToEnd, startAtlas,
	startSim, tlsConf, until,
} from "./lib/index.mjs";
import { chatBytes, raw } from "./lib/raw.mjs";
import { CASES, judgeAll, SAMPLE } from "./lib/raw_cases.mjs";

/** Opens a TLS connection; gives the socket, or the error that ended the handshake. */
const shake = (atlas, options = {}) =>
	new Promise((resolve) => {
		const socket = tls.connect({ port: atlas.port, ...atlas.tls, ...options });
		socket.on("error", resolve);
		socket.on("secureConnect", () => resolve(socket));
	});

test("every raw request gets the same answer over TLS", async () => {
	const atlas = await startAtlas({ workers: 2, tls: true });
	await judgeAll(atlas, CASES);
	await judgeAll(atlas, SAMPLE, 1);
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

test("the SDK and curl take it as any HTTPS", async () => {
	const sim = await startSim({ ttftMs: 5 });
	const atlas = await startAtlas({ sim, tls: true });
	const ca = `${atlas.folder}/server.crt`;
	const script = `
		import OpenAI from "${import.meta.resolve("openai")}";
		const client = new OpenAI({ baseURL: "${atlas.base}/v1", apiKey: "${atlas.token}" });
		const body = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hello" }] };
		const whole = await client.chat.completions.create(body);
		let said = "";
		for await (const chunk of await client.chat.completions.create({ ...body, stream: true }))
			said += chunk.choices[0]?.delta?.content ?? "";
		console.log(said.length > 0 && said === whole.choices[0].message.content);`;
	const sdk = await runToEnd(process.execPath, ["--input-type=module", "-e", script], {
		env: { NODE_EXTRA_CA_CERTS: ca },
	});
	assert.equal(sdk.stdout, "true\n", sdk.stderr);
	// without a length, only TLS's own goodbye tells a whole answer from one cut off
	const curl = await runToEnd("curl", [
		"-sS", "--http1.0", "--cacert", ca, `${atlas.base}/v1/chat/completions`,
		"-H", `Authorization: Bearer ${atlas.token}`, "-H", "Content-Type: application/json",
		"-d", '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hello"}]}',
	]);
	assert.equal(curl.code, 0, curl.stderr);
	assert.match(curl.stdout, /data: \[DONE\]\n\n$/);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});

test("large bodies, long answers taken late and a flood of requests arrive whole", async () => {
	const sim = await startSim({ ttftMs: 5 });
	const atlas = await startAtlas({ sim, workers: 1, tls: true });
	const large = `[[sim tokens=5]] ${"words and more words ".repeat(50000)}`;
	assert.equal((await chat(atlas, { message: large })).status, 200);
	// one record holds the body's end and the request behind it
	const [head, body] = chatBytes(atlas, { body: { x: "y".repeat(100000) } });
	const health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
	const both = await raw(atlas.port, [head, body.slice(0, 50000), body.slice(50000) + health], {
		tls: atlas.tls, answers: 2,
	});
	assert.deepEqual(both.answers.map((a) => a.status), [200, 200]);
	// far more than a connection's input holds, while a stream still runs before it
	const stream = chatBytes(atlas, { body: { stream: true,
		messages: [{ role: "user", content: "[[sim tokens=50 tps=200]]" }] } }).join("");
	const last = health.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
	const flood = await raw(atlas.port, [stream, health.repeat(2500) + last], {
		tls: atlas.tls, ms: 20000,
	});
	assert.equal(flood.ended, "end");
	assert.equal(flood.answers.length, 2502);
	assert.match(flood.answers[0].body, /data: \[DONE\]\n\n$/);
	const late = await chatStream(atlas, { message: "[[sim tokens=20000 tps=0]]" });
	await until(async () => (await sim.billSummary()).requests === 4, { what: "all asked" });
	const { done, cut } = await late.collect();
	assert.deepEqual({ done, cut }, { done: true, cut: undefined });
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});

test("a client that leaves is noticed, with and without its goodbye", async () => {
	const sim = await startSim({ ttftMs: 5 });
	const atlas = await startAtlas({ sim, workers: 1, tls: true });
	const message = "[[sim tokens=4000 tps=20]]";
	const polite = await chatStream(atlas, { message, fresh: true });
	const socket = net.connect(atlas.port, "127.0.0.1");
	const rude = tls.connect({ socket, ...atlas.tls });
	rude.on("error", () => {});
	rude.write(chatBytes(atlas, { body: { stream: true, messages: [{ role: "user", content: message }] } }).join(""));
	await until(async () => (await sim.billSummary()).requests === 2, { what: "both asked" });
	polite.abort();
	socket.destroy();
	await until(async () => {
		const lines = await sim.bill();
		return lines.filter(({ event }) => event === "abort").length === 2;
	}, { what: "the upstream sees both leave" });
	assert.equal(await atlas.stop(), 0);
});

/** The name in the certificate that new connections get. */
async function served(atlas) {
	const socket = await shake(atlas, { rejectUnauthorized: false });
	const { CN } = socket.getPeerCertificate().subject;
	socket.destroy();
	return CN;
}

test("a renewed certificate is for new connections, a wrong one for none", async () => {
	const atlas = await startAtlas({ workers: 2, tls: true });
	const [renewed, other] = [await makePair(atlas.folder, "renewed"), await makePair(atlas.folder, "other")];
	const old = await shake(atlas);
	assert.equal(await served(atlas), "server");
	for (const [from, to] of [[renewed.certificate, "server.crt"], [renewed.key, "server.key"]])
		copyFileSync(from, `${atlas.folder}/${to}`);
	const renewal = await atlas.ctl("reload");
	assert.deepEqual(renewal.json.changed, [{ setting: "TLS certificate or key", old: null, new: null }]);
	for (let i = 0; i < 8; i++) assert.equal(await served(atlas), "renewed");
	let text = "";
	old.on("data", (piece) => (text += piece));
	old.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	await until(() => text.trimEnd().endsWith('{"status":"ok"}'), { what: "an answer on the old connection" });
	old.destroy();

	const wrong = [
		[{ certificate: other.certificate }, /\[server\] tls_key: .*server\.key: is the key of another/],
		[{ certificate: "/nowhere.pem" }, /:\d+: \[server\] tls_certificate: \/nowhere\.pem: cannot be/],
		[{ key: other.certificate }, /tls_key: .*all may read this key file/],
	];
	const good = { certificate: `${atlas.folder}/server.crt`, key: `${atlas.folder}/server.key` };
	for (const [pair, sentence] of wrong) {
		atlas.configure(tlsConf({ ...good, ...pair }));
		const { code, json } = await atlas.ctl("reload");
		assert.equal(code, 1);
		assert.match(json.error, sentence);
		const checked = await runToEnd(program("atlasd"), ["-c", atlas.conf, "-t"]);
		assert.equal(checked.code, 1);
		assert.match(checked.stderr, sentence);
		assert.equal(await served(atlas), "renewed");
	}
	// it may also come and go
	atlas.configure({ server: { tls_certificate: undefined, tls_key: undefined } });
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal((await get({ ...atlas, tls: undefined, token: null }, "/healthz")).status, 200);
	atlas.configure(tlsConf(other));
	assert.equal((await atlas.ctl("reload")).code, 0);
	assert.equal(await served(atlas), "other");
	assert.equal(await atlas.stop(), 0);
});

test("what is no good handshake ends, in time and with a word", async () => {
	const atlas = await startAtlas({ workers: 1, tls: true, conf: { server: { header_timeout: "1s" } } });
	const plain = await raw(atlas.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assert.notEqual(plain.ended, "open");
	assert.equal(plain.answers[0].status, 400);
	assert.equal(JSON.parse(plain.answers[0].body).error.code, "plain_http");
	for (const bytes of ["", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x00\x01garbage".repeat(99)]) {
		const seen = await raw(atlas.port, bytes, { ms: 5000 }).catch((error) => error);
		assert.notEqual(seen.ended, "open", JSON.stringify(bytes.slice(0, 9)));
	}
	const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
	assert.ok((await shake(atlas, old)) instanceof Error);
	assert.ok((await shake(atlas, { ALPNProtocols: ["h2"] })) instanceof Error);
	const cbc = { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" };
	assert.ok((await shake(atlas, cbc)) instanceof Error);
	const modern = await shake(atlas, { ALPNProtocols: ["h2", "http/1.1"] });
	assert.equal(modern.alpnProtocol, "http/1.1");
	assert.equal(modern.getProtocol(), "TLSv1.3");
	modern.destroy();
	const older = await shake(atlas, { maxVersion: "TLSv1.2" });
	assert.equal(older.getProtocol(), "TLSv1.2");
	assert.equal(older.getTLSTicket(), undefined);
	const again = await new Promise((resolve) => {
		older.on("error", resolve);
		if (!older.renegotiate({}, resolve)) resolve(new Error("refused"));
	});
	assert.ok(again instanceof Error);
	older.destroy();
	// and it still serves
	assert.equal((await request(atlas, { path: "/healthz", fresh: true })).status, 200);
	assert.equal(await atlas.stop(), 0);
});
