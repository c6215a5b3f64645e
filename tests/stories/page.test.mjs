// The web page as files: what is served, with which headers, and what is never served.

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
	get,
	leaks,
	makeFolder,
	program,
	raw,
	request,
	runToEnd,
	startAtlas,
	until,
} from "./lib/index.mjs";

const INDEX = "<!doctype html><title>story</title>";
const MAIN = `export const text = "${"x".repeat(500)}";\n`;

let atlas;

/** A web folder with what belongs into one and what does not. */
function makeWeb() {
	const root = makeFolder(os.tmpdir());
	const web = path.join(root, "web");
	mkdirSync(path.join(web, "js/views/deep/deeper"), { recursive: true });
	writeFileSync(path.join(root, "secret.html"), "secret");
	writeFileSync(path.join(web, "index.html"), INDEX);
	writeFileSync(path.join(web, "atlas.css"), "body{}");
	writeFileSync(path.join(web, "js/main.js"), MAIN);
	writeFileSync(path.join(web, "js/main.js.gz"), gzipSync(MAIN));
	writeFileSync(path.join(web, "js/views/limits.js"), "export {};");
	writeFileSync(path.join(web, "js/views/deep/deeper/x.js"), "too deep");
	writeFileSync(path.join(web, ".hidden.html"), "hidden");
	writeFileSync(path.join(web, "notes.txt"), "notes");
	symlinkSync(path.join(root, "secret.html"), path.join(web, "link.html"));
	return web;
}

before(async () => {
	atlas = await startAtlas({ workers: 1, conf: { server: { web_dir: makeWeb() } } });
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

const fetchPage = (path, headers = {}) => get(atlas, path, { token: null, headers });

describe("files", () => {
	test("the page and its files need no token and have their types", async () => {
		for (const [name, type, text] of [
			["/app/", "text/html; charset=utf-8", INDEX],
			["/app/index.html", "text/html; charset=utf-8", INDEX],
			["/app/atlas.css", "text/css; charset=utf-8", "body{}"],
			["/app/js/main.js", "text/javascript; charset=utf-8", MAIN],
			["/app/js/views/limits.js", "text/javascript; charset=utf-8", "export {};"],
		]) {
			const answer = await fetchPage(name);
			assert.equal(answer.status, 200, name);
			assert.equal(answer.headers["content-type"], type, name);
			assert.equal(answer.text, text, name);
		}
	});

	test("/ and /app lead to the page", async () => {
		for (const from of ["/", "/app"]) {
			const answer = await fetchPage(from);
			assert.equal(answer.status, 308);
			assert.equal(answer.headers.location, "/app/");
		}
	});

	test("what the page may do is said with everything of it", async () => {
		for (const from of ["/", "/app/", "/app/js/main.js"]) {
			const { headers } = await fetchPage(from);
			const policy = headers["content-security-policy"].split("; ");
			for (const rule of [
				"default-src 'none'",
				"script-src 'self'",
				"style-src 'self'",
				"connect-src 'self'",
				"base-uri 'none'",
				"form-action 'none'",
				"frame-ancestors 'none'",
				"require-trusted-types-for 'script'",
				"trusted-types dompurify default",
			])
				assert.ok(policy.includes(rule), `${from}: ${rule}`);
			assert.equal(headers["x-content-type-options"], "nosniff");
			assert.equal(headers["referrer-policy"], "no-referrer");
			assert.equal(headers["cross-origin-opener-policy"], "same-origin");
			assert.equal(headers["cross-origin-resource-policy"], "same-origin");
		}
	});

	test("a compressed twin goes to whoever takes it, under an ETag of its own", async () => {
		const plain = await fetchPage("/app/js/main.js");
		assert.equal(plain.headers["content-encoding"], undefined);
		assert.equal(plain.headers.vary, "Accept-Encoding");
		const response = await fetch(`${atlas.base}/app/js/main.js`, {
			headers: { "accept-encoding": "gzip" },
		});
		assert.equal(response.headers.get("content-encoding"), "gzip");
		assert.equal(await response.text(), MAIN);
		assert.notEqual(response.headers.get("etag"), plain.headers.etag);
		const refused = await fetchPage("/app/js/main.js", { "accept-encoding": "gzip;q=0" });
		assert.equal(refused.text, MAIN);
	});

	test("who has it already gets 304 and no body", async () => {
		const { headers } = await fetchPage("/app/js/main.js");
		for (const match of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, "*"]) {
			const again = await fetchPage("/app/js/main.js", { "if-none-match": match });
			assert.equal(again.status, 304, match);
			assert.equal(again.text, "");
			assert.equal(again.headers.etag, headers.etag);
		}
		const other = await fetchPage("/app/js/main.js", { "if-none-match": '"other"' });
		assert.equal(other.status, 200);
	});

	test("HEAD says what GET would bring, and the connection goes on", async () => {
		const head = await request(atlas, { method: "HEAD", path: "/app/js/main.js", token: null });
		assert.equal(head.status, 200);
		assert.equal(head.headers["content-length"], String(MAIN.length));
		assert.equal(head.text, "");
		const etag = head.headers.etag;
		const answers = await rawAnswers(
			`GET /app/js/main.js HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: ${etag}\r\n\r\n` +
				"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		);
		assert.deepEqual(answers.map(({ status }) => status), [304, 200]);
	});
});

async function rawAnswers(bytes) {
	const { answers } = await raw(atlas.port, bytes);
	return answers;
}

describe("what is never served", () => {
	test("other files of the folder, links, compressed twins and what is beyond it", async () => {
		for (const name of [
			"notes.txt",
			".hidden.html",
			"link.html",
			"js/main.js.gz",
			"js",
			"js/",
			"js/views",
			"js/views/deep/deeper/x.js",
			"nothing.html",
		])
			assert.equal((await fetchPage(`/app/${name}`)).status, 404, name);
	});

	test("no spelling of a path leaves the folder", async () => {
		for (const name of [
			"../secret.html",
			"..%2fsecret.html",
			"%2e%2e/secret.html",
			"js/../../secret.html",
			"js/..%5c..%5csecret.html",
			"//secret.html",
			"/etc/passwd",
			"index.html/..",
			"index%2ehtml",
			"./index.html",
			"js//main.js",
			"index.html%00.js",
			"INDEX.HTML",
			"index.html;.js",
		]) {
			const [answer] = await rawAnswers(
				`GET /app/${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
			);
			assert.ok([400, 404].includes(answer.status), `${name}: ${answer.status}`);
			assert.doesNotMatch(answer.body, /secret"?$|story|root:/);
		}
	});

	test("nobody may post to the page", async () => {
		const answer = await request(atlas, { method: "POST", path: "/app/", token: null, body: {} });
		assert.equal(answer.status, 405);
		assert.equal(answer.headers.allow, "GET, HEAD");
	});
});

describe("whom it is served by", () => {
	test("readiness says whether a simulator answers, and a reload changes it", async () => {
		const readyz = async () => (await get(atlas, "/readyz", { token: null })).json;
		assert.equal((await readyz()).simulated, false);
		atlas.configure({ openai: { simulated: "yes" } });
		assert.equal((await atlas.ctl("reload")).code, 0);
		await until(async () => (await readyz()).simulated === true);
	});
});

describe("where the page is", () => {
	test("a web_dir that is not there is refused by file and line", async () => {
		const conf = path.join(makeFolder(os.tmpdir()), "atlas.conf");
		writeFileSync(conf, "[server]\nweb_dir = /nowhere/at/all\n");
		const ended = await runToEnd(program("atlasd"), ["-t", "-c", conf]);
		assert.equal(ended.code, 1);
		assert.match(ended.stderr, /atlas\.conf:2: .*web_dir/);
	});

	test("without a setting it is the page built beside the program", async () => {
		const own = await startAtlas({ workers: 1 });
		const answer = await get(own, "/app/", { token: null });
		assert.equal(answer.status, 200);
		const named = [...answer.text.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, name]) => name);
		assert.ok(named.length > 10);
		for (const name of named) {
			const file = await get(own, `/app/${name}`, { token: null });
			assert.equal(file.status, 200, name);
		}
		assert.equal(await own.stop(), 0);
		assert.deepEqual(await leaks(own), []);
	});

	test("where no page is installed, all else is served and /app/ says so", async () => {
		const empty = makeFolder(os.tmpdir());
		const own = await startAtlas({ workers: 1, conf: { server: { web_dir: empty } } });
		const answer = await get(own, "/app/", { token: null });
		assert.equal(answer.status, 404);
		assert.equal(answer.json.error.code, "not_found");
		assert.equal((await get(own, "/healthz", { token: null })).status, 200);
		assert.equal(await own.stop(), 0);
		assert.deepEqual(await leaks(own), []);
	});
});
