// Hostile models and hostile neighbours: whatever is written in an answer stays text, and
// no other page can make this one, or Atlas, do anything.

import assert from "node:assert/strict";
import http from "node:http";
import { describe, test } from "node:test";
import { chat, startAtlas, until } from "../stories/lib/index.mjs";
import { enter, go, isCalm, openPage, startBrowser } from "./lib/browser.mjs";
import { atlas, browser, sim, stage } from "./lib/stage.mjs";
import { PAYLOADS } from "./payloads.mjs";

stage();

// All that prose may consist of, and what may stand on it.
const ALLOWED = {
	elements:
		"A BLOCKQUOTE BR BUTTON CODE DEL DIV EM FIGCAPTION FIGURE H3 H4 H5 H6 HR LI OL P PRE " +
		"SPAN STRONG TABLE TBODY TD TH THEAD TR UL",
	attributes: "aria-label class href rel role scope start tabindex target type",
};

/** In the page: what of these trees is not allowed, or leads where it must not. */
function judge([roots, { elements, attributes }]) {
	const bad = [];
	for (const root of document.querySelectorAll(roots))
		for (const one of root.querySelectorAll("*")) {
			if (!elements.split(" ").includes(one.nodeName)) bad.push(`<${one.nodeName}>`);
			for (const { name, value } of one.attributes) {
				if (!attributes.split(" ").includes(name)) bad.push(`${one.nodeName} ${name}=${value}`);
				if (name === "href" && !/^(https?:\/\/|mailto:)/i.test(value)) bad.push(`href ${value}`);
			}
			if (one.nodeName === "A" && !/noopener noreferrer/.test(one.rel)) bad.push(`opener ${one.href}`);
		}
	return bad;
}

/** In the page: shows each text as it would grow, cut at every place. */
async function growEach(payloads) {
	const { bringProse, prose } = await import("/app/js/prose.js");
	await bringProse();
	const place = document.body.appendChild(document.createElement("div"));
	place.id = "grown";
	for (const text of payloads) {
		const one = prose();
		place.append(one.element);
		for (let n = 1; n <= text.length; n++) one.set(text.slice(0, n));
	}
	return place.childElementCount;
}

describe("answers of a hostile model", () => {
	test(`${PAYLOADS.length} texts, cut at every place: none runs, asks or leads anywhere`, async () => {
		assert.ok(PAYLOADS.length >= 200);
		const page = await enter(await openPage(browser, atlas), atlas, "chat");
		assert.equal(await page.evaluate(growEach, PAYLOADS), PAYLOADS.length);
		assert.deepEqual(await page.evaluate(judge, ["#grown", ALLOWED]), []);
		assert.equal(await page.evaluate(() => globalThis.executed), undefined);
		await isCalm(page);
		await page.context().close();
	});

	test("the same through Atlas, streamed by an upstream a few bytes at a time", async () => {
		const text = PAYLOADS.join("\n\n");
		const upstream = await hostileUpstream(text);
		const own = await startAtlas({ workers: 1, conf: { openai: { base_url: `http://127.0.0.1:${upstream.port}/v1` } } });
		const page = await enter(await openPage(browser, own), own, "chat");
		await page.getByLabel("Message", { exact: true }).fill("Be nice");
		await page.getByRole("button", { name: "Send", exact: true }).click();
		const answer = page.getByRole("article", { name: "Answer" });
		// Send stands there before the answer begins, too: the words must be all there as well.
		await until(async () =>
			/constructor\.constructor/.test(await answer.locator(".prose").innerText()) &&
			await page.getByRole("button", { name: "Send", exact: true }).isVisible(), { ms: 20000 });
		assert.deepEqual(await page.evaluate(judge, ["#content .answer .prose", ALLOWED]), []);
		assert.equal(await page.evaluate(() => globalThis.executed), undefined);
		await isCalm(page);
		await page.context().close();
		assert.equal(await own.stop(), 0);
		upstream.close();
	});
});

/** In the page: how long the slowest look at one of these takes, shown as it grows. */
async function growSlow(texts) {
	const { bringProse, prose } = await import("/app/js/prose.js");
	await bringProse();
	let slowest = 0;
	for (const text of texts) {
		const one = prose();
		for (let part = 1; part <= 4; part++) {
			const begun = performance.now();
			one.set(text.slice(0, (text.length * part) / 4));
			slowest = Math.max(slowest, performance.now() - begun);
		}
	}
	return slowest;
}

test("no text makes the page think for long, or fail", async () => {
	const pieces = [">", "[", "*a ", "**a", "_a__", "`a``", "<", "[a](", "![", "~~a", "- ", "1. > ", "|a", "&", "\\", "a@", "http://a", "<a ", "\n"];
	const texts = pieces.map((piece) => piece.repeat(20000 / piece.length));
	texts.push(Array.from({ length: 200 }, (_, i) => `${" ".repeat(2 * i)}- a`).join("\n"));
	const page = await enter(await openPage(browser, atlas), atlas, "chat");
	const ms = await page.evaluate(growSlow, texts);
	console.log(`the slowest look at a hostile text took ${Math.round(ms)} ms`);
	assert.ok(ms < 5000, `${ms} ms`);
	await isCalm(page);
	await page.context().close();
});

/** An upstream that answers every request with this text, in pieces of 1 to 40 characters. */
async function hostileUpstream(text) {
	const pieces = [];
	for (let at = 0, n = 1; at < text.length; at += n, n = (n * 7) % 41 || 1) pieces.push(text.slice(at, at + n));
	const chunk = (delta, finish) =>
		`data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", model: "gpt-4o-mini", choices: [{ index: 0, delta, finish_reason: finish ?? null }] })}\n\n`;
	const server = http.createServer((request, response) => {
		request.resume().on("end", () => {
			response.writeHead(200, { "content-type": "text/event-stream" });
			for (const piece of pieces) response.write(chunk({ content: piece }));
			response.write(chunk({}, "stop"));
			response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } })}\n\n`);
			response.end("data: [DONE]\n\n");
		});
	});
	server.unref(); // a test that fails before close() must not keep the others waiting
	await new Promise((go) => server.listen(0, "127.0.0.1", go));
	return { port: server.address().port, close: () => server.close() };
}

const UNSEEN = "[\\u0080-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]";

/** In the page: what it shows or says of an element that has such a sign in it. */
function unseen(signs) {
	const found = [...document.querySelectorAll("body, body [title], body [aria-label]")].flatMap((one) => [one.title, one.ariaLabel]);
	return [document.body.innerText, ...found].filter((text) => new RegExp(signs).test(text ?? ""));
}

test("a name that turns its direction is shown sign by sign, in every view", async () => {
	const model = "gpt-\u202eo4-tpg\u009b";
	assert.equal((await chat(atlas, { model, headers: { "x-atlas-session": "a\u0085b" } })).status, 404);
	const page = await enter(await openPage(browser, atlas), atlas);
	for (const view of ["overview", "usage?by=model", "usage?by=session", "performance", "requests", "insight"]) {
		await go(page, view);
		await page.waitForFunction(() => document.querySelector("#content h1") && !document.querySelector("#content .waiting"));
		if (!/session|performance/.test(view)) await page.getByText(String.raw`gpt-\u202eo4-tpg\u009b`).first().waitFor({ timeout: 5000 });
		if (/session|requests/.test(view)) await page.getByText(String.raw`a\u0085b`).first().waitFor({ timeout: 5000 });
		assert.deepEqual(await page.evaluate(unseen, UNSEEN), [], view);
	}
	await go(page, "requests");
	await page.getByRole("table", { name: "Requests" }).getByRole("button", { name: /^…/ }).first().click();
	await page.getByRole("region", { name: "The story of one request" }).waitFor();
	assert.deepEqual(await page.evaluate(unseen, UNSEEN), []);
	await isCalm(page);
	await page.context().close();
});

describe("hostile neighbours", () => {
	const body = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "stolen" }] });

	test("a page of another origin can make nothing happen, not even with the token", async () => {
		const site = http.createServer((request, response) => {
			response.writeHead(200, { "content-type": "text/html" });
			response.end("<!doctype html><title>neighbour</title>");
		});
		site.unref();
		await new Promise((go) => site.listen(0, "127.0.0.1", go));
		const page = await openPage(browser, atlas);
		await page.goto(`http://127.0.0.1:${site.address().port}/`);
		const before = (await sim.billSummary()).requests;
		const seen = await page.evaluate(async ({ base, token, body }) => {
			const attempts = [
				{ method: "POST", body, headers: { "content-type": "text/plain" } },
				{ method: "POST", body, mode: "no-cors", headers: { "content-type": "text/plain" } },
				{ method: "POST", body, headers: { "content-type": "application/json", authorization: `Bearer ${token}` } },
			];
			const out = [];
			for (const options of attempts)
				out.push(await fetch(`${base}/v1/chat/completions`, options).then((r) => r.type === "opaque" ? "opaque" : r.status, () => "refused"));
			out.push(await fetch(`${base}/monitoring/token-usage`, { headers: { authorization: `Bearer ${token}` } }).then((r) => r.status, () => "refused"));
			const form = document.createElement("form");
			form.action = `${base}/v1/chat/completions`;
			form.method = "post";
			form.enctype = "text/plain";
			form.target = "frame";
			const frame = document.createElement("iframe");
			frame.name = "frame";
			const field = document.createElement("input");
			field.name = body.slice(0, -1) + ',"x":"';
			field.value = '"}';
			form.append(field);
			document.body.append(frame, form);
			form.submit();
			const image = new Image();
			image.src = `${base}/monitoring/reset-rate-limits`;
			await new Promise((go) => (frame.onload = go));
			return out;
		}, { base: atlas.base, token: atlas.token, body });
		assert.deepEqual(seen, ["refused", "opaque", "refused", "refused"]);
		assert.equal((await sim.billSummary()).requests, before);
		await page.context().close();
		site.close();
	});

	test("the page cannot be put into a frame", async () => {
		const page = await openPage(browser, atlas);
		const site = http.createServer((request, response) => {
			response.writeHead(200, { "content-type": "text/html" });
			response.end(`<!doctype html><title>neighbour</title><iframe src="${atlas.base}/app/"></iframe>`);
		});
		site.unref();
		await new Promise((go) => site.listen(0, "127.0.0.1", go));
		await page.goto(`http://127.0.0.1:${site.address().port}/`);
		assert.equal(await page.frameLocator("iframe").getByText("Sign in to Atlas").count(), 0);
		await page.context().close();
		site.close();
	});

	test("a name that is rebound to this machine is refused", async () => {
		const rebound = await startBrowser({ args: ["--host-resolver-rules=MAP evil.example 127.0.0.1"] });
		const page = await openPage(rebound, { base: `http://evil.example:${atlas.port}` });
		const response = await page.goto(`http://evil.example:${atlas.port}/app/`);
		assert.equal(response.status(), 421);
		await rebound.close();
	});
});
