// Who may do what: every route of the table with every kind of credential and every
// method, as the table says; tricks with paths change nothing; no request can name another
// upstream; and another account of this machine gets nowhere.

import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { AS_ROOT, chat, get, post, program, raw, runToEnd, startAtlas, startSim } from "./lib/index.mjs";
import { open } from "./lib/http.mjs";

const METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"];
const ROLES = { CHAT: ["chat", "admin"], MONITOR: ["monitor", "admin"], OWN: ["chat", "monitor", "admin"], ADMIN: ["admin"] };

// What a route answers is its own affair; that it lets in or does not is the table's.
const ROUTES = [...readFileSync("daemons/front/routes.def", "utf8")
	.matchAll(/^ROUTE\((\w+), "([^"]+)", (\w+),/gm)]
	.map(([, method, pattern, role]) => ({ method, pattern, role }));
const PATHS = [...new Set(ROUTES.map(({ pattern }) => pattern))];
const sample = (pattern) => pattern.replaceAll("**", "x.js").replaceAll("*", "x");

let sim, atlas;
const tokens = {};

before(async () => {
	sim = await startSim();
	atlas = await startAtlas({ sim, workers: 1 });
	for (const role of ["chat", "monitor", "revoked"]) {
		const made = await atlas.ctl("tokens", "create", "--name", role,
			"--role", role === "revoked" ? "admin" : role);
		tokens[role] = made.json.token;
	}
	tokens.admin = atlas.token;
	assert.equal((await atlas.ctl("tokens", "revoke", "revoked")).code, 0);
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
});

const flipped = (text) =>
	text.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));

/** By name: the role it stands for, the headers, and what stands behind the path. */
const credentials = () => {
	const bearer = (token, scheme = "Bearer") => ({ authorization: `${scheme} ${token}` });
	const { admin } = tokens;
	return {
		none: {},
		chat: { role: "chat", headers: bearer(tokens.chat) },
		monitor: { role: "monitor", headers: bearer(tokens.monitor) },
		admin: { role: "admin", headers: bearer(admin) },
		"scheme in small letters": { role: "admin", headers: bearer(admin, "bearer") },
		revoked: { headers: bearer(tokens.revoked) },
		"wrong case": { headers: bearer(flipped(admin)) },
		"one letter more": { headers: bearer(`${admin}x`) },
		"one letter less": { headers: bearer(admin.slice(0, -1)) },
		empty: { headers: { authorization: "Bearer " } },
		"no scheme": { headers: { authorization: admin } },
		basic: { headers: bearer(Buffer.from(`admin:${admin}`).toString("base64"), "Basic") },
		"x-api-key": { headers: { "x-api-key": admin, "api-key": admin } },
		cookie: { headers: { cookie: `token=${admin}; authorization=Bearer ${admin}` } },
		query: { query: `?token=${admin}&access_token=${admin}&api_key=${admin}` },
	};
};

/** The head alone: a live feed has no end. */
async function statusOf(options) {
	const response = await open(atlas, { token: null, ...options });
	if (/event-stream/.test(response.headers["content-type"] ?? "")) response.destroy();
	else response.resume();
	return response.statusCode;
}

/** 405, 401, 403, or "in". */
function wanted(pattern, method, role) {
	const asked = method === "HEAD" ? "GET" : method;
	const row = ROUTES.find((one) => one.pattern === pattern && one.method === asked);
	if (!row) return 405;
	if (row.role === "PUBLIC") return "in";
	if (!role) return 401;
	return ROLES[row.role].includes(role) ? "in" : 403;
}

/** What `work` makes of each, so many at a time. */
async function each(list, work, atATime = 16) {
	const rest = [...list];
	const worker = async () => {
		for (let one; (one = rest.shift()); ) await work(one);
	};
	await Promise.all(Array.from({ length: atATime }, worker));
}

test("every route, every credential, every method: as the table says", async () => {
	const cases = [];
	for (const pattern of PATHS)
		for (const method of METHODS)
			for (const [name, credential] of Object.entries(credentials()))
				cases.push({ pattern, method, name, ...credential });
	const wrong = [];
	await each(cases, async ({ pattern, method, name, role, headers, query = "" }) => {
		const status = await statusOf({ method, path: sample(pattern) + query, headers });
		const seen = [401, 403, 405].includes(status) ? status : "in";
		// A method that HTTP does not ask of a server may be refused as such.
		const expected = wanted(pattern, method, role);
		if (seen !== expected && !(expected === 405 && status === 501))
			wrong.push(`${method} ${pattern} with ${name}: ${status}, not ${expected}`);
	});
	assert.deepEqual(wrong, []);
	assert.ok(cases.length > 3000, `${cases.length} cases`);
});

/** Other spellings of a path, none of which is the path. */
const spellings = (p) => {
	const [, first, ...rest] = p.split("/");
	const tail = rest.join("/");
	return [
		p.replace(first, `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`),
		p.replace("/", "//"), `/.${p}`, `/x/..${p}`, `/app/..${p}`, `/app/%2e%2e${p}`,
		`/app/..%2f${p.slice(1)}`, `/healthz/..${p}`, `/healthz/%2e%2e${p}`, `${p}/`, `${p}/.`,
		`${p};x=1`, `${p};`, `/healthz;${p}`, `${p}%00`, `${p}%00.js`, `/app/%00${p}`, `${p}%20`,
		p.toUpperCase(), p.replaceAll("/", "\\"), `/${first}%2f${tail}`, `${p}#`, `/healthz?${p}`,
		`http://127.0.0.1:${atlas.port}${p}`, `http://localhost${p}`, `HTTP://LOCALHOST${p}`,
		`http://admin@localhost${p}`, `//localhost${p}`, `${p}?x=/healthz`, `/healthz/..;${p}`,
	];
};

test("another spelling of a path never lets in whom the path does not", async () => {
	const cases = [];
	for (const { method, pattern, role } of ROUTES.filter((route) => route.role !== "PUBLIC"))
		for (const spelling of spellings(sample(pattern)))
			for (const as of [undefined, "chat", "monitor"])
				if (!as || !ROLES[role].includes(as)) cases.push({ method, spelling, as });
	const wrong = [];
	await each(cases, async ({ method, spelling, as }) => {
		const headers = as && { authorization: `Bearer ${tokens[as]}` };
		const status = await statusOf({ method, path: spelling, headers }).catch((error) => error.code);
		const isHealth = spelling.startsWith("/healthz?");
		if (status < 400 && !isHealth) wrong.push(`${method} ${spelling} as ${as}: ${status}`);
	});
	assert.deepEqual(wrong, []);
	assert.ok(cases.length > 1000, `${cases.length} cases`);
});

test("60 attempts to name another upstream: no connection elsewhere", async () => {
	let connections = 0;
	const elsewhere = net.createServer((socket) => (connections++, socket.destroy()));
	await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${elsewhere.address().port}/v1`;
	const host = `127.0.0.1:${elsewhere.address().port}`;
	const body = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hi" }], max_tokens: 5 };
	let attempts = 0;
	const attempt = async (options) => {
		attempts++;
		await statusOf({ method: "POST", path: "/v1/chat/completions", token: undefined, body, ...options })
			.catch(() => "closed");
	};
	for (const name of ["base_url", "api_base", "baseURL", "endpoint", "host", "url", "proxy",
		"upstream", "api_url", "base", "server", "target", "callback_url", "webhook", "azure_endpoint"])
		await attempt({ body: { ...body, [name]: url } });
	for (const name of ["extra_body", "metadata", "options", "config"])
		await attempt({ body: { ...body, [name]: { base_url: url, api_base: url } } });
	await attempt({ body: { ...body, model: url } });
	await attempt({ body: { ...body, model: `gpt-4o-mini@${host}` } });
	await attempt({ body: { ...body, user: url } });
	for (const part of [{ type: "image_url", image_url: { url } }, { type: "file", file: { file_url: url } }])
		await attempt({ body: { ...body, messages: [{ role: "user", content: [part] }] } });
	for (const name of ["x-forwarded-host", "x-forwarded-server", "forwarded", "x-original-url",
		"x-rewrite-url", "x-upstream", "x-base-url", "openai-base-url", "openai-organization",
		"x-http-host-override", "proxy", "x-proxy-url", "referer", "origin", "via", "x-real-ip",
		"x-envoy-original-dst-host", "x-atlas-session", "location", "destination"])
		await attempt({ headers: { [name]: name === "forwarded" ? `host=${host}` : url } });
	await attempt({ headers: { host } });
	for (const p of [`/v1/${url}`, `/v1/chat/completions?base_url=${url}`, `${url}/chat/completions`,
		`/v1/chat/completions@${host}`, `//${host}/v1/chat/completions`, `/v1/models/${url}`,
		`/v1/../${host}`, `/v1/chat/completions#${url}`, `http://localhost@${host}/v1/chat/completions`])
		await attempt({ path: p });
	for (const p of ["/v1/responses", "/v1/completions", "/v1/embeddings"])
		for (const name of ["base_url", "api_base"])
			await attempt({ path: p, body: { model: "gpt-4o-mini", input: "x", prompt: "x", [name]: url } });
	attempts++;
	await raw(atlas.port, [`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`], { answers: 1 });
	assert.ok(attempts >= 60, `${attempts} attempts`);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal(connections, 0);
	await new Promise((resolve) => elsewhere.close(resolve));
});

test("another account of this machine: 25 attempts, none of which succeeds", AS_ROOT, async () => {
	// What guards them is their own modes, not those of the folders they lie in.
	for (const dir of [path.dirname(atlas.dataDir), path.dirname(atlas.runDir)]) chmodSync(dir, 0o755);
	const run = atlas.runDir;
	const data = atlas.dataDir;
	const dispatch = atlas.children("dispatch")[0].pid;
	const as = (command) => runToEnd("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups",
		"--no-new-privs", "sh", "-c", command]);
	const attempts = [
		`curl -sS --unix-socket ${run}/control http://x/`,
		`cat ${run}/segment`, `cat ${run}/control`, `cat ${run}/lock`, `ls ${run}`,
		`: >>${run}/segment`, `: >${run}/new`, `rm ${run}/segment`, `mv ${run}/segment /dev/shm/mine`,
		`mv ${run} ${run}.old`, `ln -s /etc/passwd ${run}/x`, `chmod 777 ${run}`, `mkfifo ${run}/fifo`,
		`ls ${data}`, `cat ${data}/admin-token`, `cat ${data}/*`, `: >>${data}/admin-token`,
		`rm -r ${data}`, `mv ${data} ${data}.old`, `cat /proc/${dispatch}/mem`, `cat /proc/${dispatch}/environ`,
		`ls /proc/${dispatch}/fd`, `cat /proc/${dispatch}/maps`, `kill -TERM ${dispatch}`, `kill -HUP ${atlas.pid}`,
		`${program("atlasctl")} -s ${run}/control status`, `${program("atlasctl")} -s ${run}/control stop`,
		`: >>${atlas.conf}`, `mv ${atlas.conf} ${atlas.conf}.old`,
	];
	const succeeded = [];
	for (const command of attempts) {
		const ended = await as(command);
		const said = ended.stdout + ended.stderr;
		if (ended.code === 0 || said.includes(tokens.admin) || said.includes(sim.apiKey))
			succeeded.push(command);
	}
	assert.deepEqual(succeeded, []);
	assert.ok(attempts.length >= 25);
	assert.equal(statSync(`${run}/segment`).mode & 0o777, 0o600);
	assert.equal((await chat(atlas)).status, 200);
	assert.equal((await get(atlas, "/metrics")).status, 200);
	assert.equal((await post(atlas, "/v1/chat/completions", {})).status, 400);
});
