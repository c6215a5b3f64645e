// What each mode does, seen on a raw socket: one row each, tried whole and streamed.
//
//   also       checks the whole reply, and the streamed one unless `stream` does
//   stream     checks the streamed reply
//   end, streamEnd   how the framing ends: "whole", "short" or "close"
//   closes     the connection must be closed behind it
//   bytes      checks what came as it came
//   enough     when to stop listening to what never ends; ms: or how long
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { eventsOf, isWhole } from "./client.mjs";

const jsonOf = (r) => JSON.parse(r.body);
const error = (status, code, also = () => {}) => ({
	also: (r) => {
		assert.equal(r.status, status);
		assert.equal(jsonOf(r).error.code, code);
		also(r);
	},
});
const usages = (check) => ({
	also: (r) => check(jsonOf(r).usage),
	stream: (r) => check(eventsOf(r.body.toString()).at(-2).usage),
});
const bodyLength = (b) => (b.includes("\r\n\r\n") ? b.length - b.indexOf("\r\n\r\n") - 4 : 0);
const allCounts = (u, v) =>
	assert.deepEqual([u.prompt_tokens, u.completion_tokens, u.total_tokens], [v, v, v]);

export const modes = {
	ok: { also: (r) => assert.equal(r.status, 200), end: "whole" },
	429: error(429, "rate_limit_exceeded", (r) =>
		assert.equal(r.get("retry-after"), undefined),
	),
	slow_down_429: error(429, "slow_down"),
	insufficient_quota: error(429, "insufficient_quota"),
	"429-tokens": error(429, "rate_limit_exceeded", (r) =>
		assert.match(jsonOf(r).error.message, /tokens per min/),
	),
	"too-large": error(429, "rate_limit_exceeded", (r) =>
		assert.match(jsonOf(r).error.message, /^Request too large .* Requested 30062\./),
	),
	credit_balance_exhausted: error(429, "credit_balance_exhausted"),
	organization_spend_limit_exceeded: error(429, "organization_spend_limit_exceeded"),
	project_spend_limit_exceeded: error(429, "project_spend_limit_exceeded"),
	organization_usage_limit_exceeded: error(429, "organization_usage_limit_exceeded"),
	500: error(500, null),
	502: error(502, null),
	503: error(503, null),
	504: error(504, null),
	slow_down: error(503, "slow_down", (r) =>
		assert.match(jsonOf(r).error.message, /at least 15 minutes/),
	),
	overloaded: error(503, "server_is_overloaded"),
	400: error(400, "invalid_value"),
	401: error(401, "invalid_api_key"),
	403: error(403, "unsupported_country_region_territory"),
	404: error(404, "model_not_found"),
	422: error(422, null),
	"error-200": error(200, null),
	"limit-200": error(200, "rate_limit_exceeded"),
	"quota-200": error(200, "credit_balance_exhausted"),
	408: error(408, null),
	409: error(409, null),
	"echo-auth": error(401, "invalid_api_key", (r) =>
		assert.match(jsonOf(r).error.message, /Bearer sk-canary$/),
	),
	"html-error": {
		also: (r) => {
			assert.deepEqual([r.status, r.get("content-type")], [502, "text/html"]);
			assert.match(r.body.toString(), /^<html>/);
		},
	},
	"empty-error": { also: (r) => assert.deepEqual([r.status, r.body.length], [500, 0]) },
	"redirect:99": error(307, null, (r) =>
		assert.equal(r.get("location"), "http://127.0.0.1:99/v1/chat/completions"),
	),
	"die-after-read": {
		bytes: (g) => assert.deepEqual([g.bytes.length, g.closed], [0, true]),
	},
	"black-hole": {
		ms: 60,
		bytes: (g) => assert.deepEqual([g.bytes.length, g.closed], [0, false]),
	},
	stall: {
		ms: 500,
		bytes: (g) => assert.ok(!g.closed && g.bytes.length > 400 && !isWhole(g.bytes)),
	},
	"truncated-cl": { end: "short", streamEnd: "short", closes: true },
	"truncated-chunked": { end: "short", streamEnd: "short", closes: true },
	"truncated-close": {
		end: "close",
		streamEnd: "close",
		also: (r) => assert.throws(() => jsonOf(r)),
		stream: (r) => assert.doesNotMatch(r.body.toString(), /DONE/),
	},
	"cut-at:77": {
		end: "short",
		streamEnd: "short",
		closes: true,
		also: (r) => assert.equal(r.body.length, 77),
	},
	"close-after": {
		end: "whole",
		streamEnd: "whole",
		closes: true,
		also: (r) => assert.equal(r.get("connection"), undefined),
	},
	garbage: {
		bytes: (g) =>
			assert.ok(g.closed && g.bytes.length === 4096 && !g.bytes.includes("HTTP/")),
	},
	http09: { bytes: (g) => assert.ok(g.closed && /^(\{|data: )/.test(g.bytes.toString())) },
	"duplicate-cl": {
		also: (r) =>
			assert.equal(
				new Set(r.headers.filter(([n]) => n === "content-length").map(([, v]) => v))
					.size,
				2,
			),
	},
	"cl-and-te": {
		end: "whole",
		also: (r) => assert.ok(r.get("content-length") && r.get("transfer-encoding")),
	},
	"gzip-bomb:3": {
		also: (r) => {
			const plain = gunzipSync(r.body);
			assert.ok(plain.length === 3 << 20 && plain.every((b) => b === 32));
			assert.ok(r.body.length < 25000);
		},
		stream: (r) => assert.equal(r.get("content-encoding"), "gzip"),
	},
	gzip: { also: (r) => assert.equal(r.get("content-encoding"), "gzip") },
	"encoding-chain": {
		also: (r) => assert.equal(r.get("content-encoding"), "br, deflate, gzip"),
	},
	"wrong-content-type": { also: (r) => assert.equal(r.get("content-type"), "text/html") },
	"huge-header": { also: (r) => assert.equal(r.get("x-long").length, 2 << 20) },
	"endless-headers": {
		enough: (b) => b.length > 3 << 20,
		bytes: (g) => assert.ok(!g.bytes.includes("\r\n\r\n")),
	},
	"endless-100": {
		enough: (b) => b.length > 3 << 20,
		bytes: (g) => assert.ok(!g.bytes.includes("HTTP/1.1 200")),
	},
	"drip:10": {
		ms: 10000,
		enough: (b) => bodyLength(b) >= 8,
		bytes: (g) => assert.ok(!g.closed && !isWhole(g.bytes)),
	},
	"drip-head:10": {
		ms: 10000,
		enough: (b) => b.length >= 8,
		bytes: (g) => assert.ok(!g.closed && !isWhole(g.bytes)),
	},
	"split-every-byte": { ms: 20000, end: "whole", streamEnd: "whole" },
	"split-every-byte:1000": {
		ms: 10000,
		enough: (b) => bodyLength(b) >= 20,
		bytes: (g) => assert.ok(!g.closed && !isWhole(g.bytes)),
	},
	"long-line:1": {
		also: (r) => assert.ok(jsonOf(r).choices[0].message.content.length > 1 << 20),
		stream: (r) =>
			assert.ok(
				Math.max(
					...r.body
						.toString()
						.split("\n")
						.map((l) => l.length),
				) >
					1 << 20,
			),
	},
	"bad-json": {
		also: (r) => assert.throws(() => jsonOf(r)),
		stream: (r) => assert.match(r.body.toString(), /"finish_reason":null}],"usage":null\n\n/),
	},
	"bad-utf8": { also: (r) => assert.ok(r.body.includes(0xff)) },
	"deep-json:300": {
		also: (r) => assert.equal(JSON.stringify(jsonOf(r).deep).length, 600),
		stream: (r) => assert.match(r.body.toString(), /"deep":\[{300}\]{300}\}\n\n/),
	},
	"endless-comments": {
		enough: (b) => b.length > 3 << 20,
		bytes: (g) => assert.ok(!g.bytes.includes("data:")),
	},
	"no-done": {
		stream: (r) => assert.match(r.body.toString(), /"usage":\{[^\n]*\n\n$/),
		streamEnd: "whole",
	},
	"done-twice": {
		stream: (r) => assert.match(r.body.toString(), /(data: \[DONE\]\n\n){2}$/),
	},
	"usage-missing": { also: (r) => assert.doesNotMatch(r.body.toString(), /usage/) },
	"usage-null": usages((u) => assert.equal(u, null)),
	"usage-zero": usages((u) => allCounts(u, 0)),
	"usage-negative": usages((u) => allCounts(u, -1)),
	"usage-huge": {
		also: (r) => assert.match(r.body.toString(), /"prompt_tokens": ?99999999999999999999,/),
	},
	"error-event": {
		also: (r) => assert.equal(r.status, 200),
		stream: (r) => {
			const events = eventsOf(r.body.toString());
			assert.equal(events.at(-1).error.type, "server_error");
			assert.ok(events.length > 3);
		},
		streamEnd: "whole",
	},
	failed: {
		also: (r) => assert.equal(r.status, 200),
		stream: (r) => assert.ok(eventsOf(r.body.toString()).at(-1).error),
		streamEnd: "whole",
	},
	bom: { also: (r) => assert.deepEqual([...r.body.subarray(0, 3)], [0xef, 0xbb, 0xbf]) },
	"cr-only": {
		stream: (r) =>
			assert.ok(
				!r.body.includes("\n") && r.body.toString().endsWith("data: [DONE]\r\r"),
			),
	},
};
