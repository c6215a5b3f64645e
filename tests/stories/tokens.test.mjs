// Client tokens: made, listed, changed and revoked, from the command line and over HTTP.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { chat, get, post, request, settled, startAtlas, startSim } from "./lib/index.mjs";

/** A token made by atlasctl: what its answer says. */
async function create(atlas, name, ...limits) {
	const made = await atlas.ctl("tokens", "create", "--role", "chat", "--name", name, ...limits);
	assert.equal(made.code, 0, made.stderr);
	return made.json;
}

async function listed(atlas, name) {
	const all = await atlas.ctl("tokens", "list");
	assert.equal(all.code, 0, all.stderr);
	return all.json.find((token) => token.name === name);
}

test("a token's own limits go before [client], change at once, and are listed", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, conf: { client: { requests_per_hour: 100 } } });
	const made = await create(atlas, "app", "--requests-per-minute", "2", "--budget-day", "2.5");
	const ask = () => chat(atlas, { token: made.token });

	assert.equal((await ask()).status, 200);
	const refused = await ask();
	assert.equal(refused.status, 429, refused.text);
	assert.match(refused.json.error.message, /requests_per_minute/);

	let app = await listed(atlas, "app");
	assert.equal(app.limits.requests_per_minute, 2);
	assert.equal(app.limits.requests_per_hour, null);
	assert.equal(app.in_force.requests_per_hour, 100);
	assert.equal(app.in_force.budget_day, 2.5);
	assert.equal(app.in_force.concurrent, null);
	assert.equal(app.use.requests_per_hour, 1, "the refused one has cost nothing");
	assert.equal(app.use.concurrent, 0);

	const changed = await atlas.ctl("tokens", "update", "app", "--requests-per-minute", "none",
		"--models", "gpt-4o*", "--budget-day", "default");
	assert.equal(changed.code, 0, changed.stderr);
	assert.deepEqual(changed.json.changes, [
		{ limit: "requests_per_minute", old: "2", new: "none" },
		{ limit: "budget_day", old: "2.50", new: "default" },
		{ limit: "models", old: "default", new: "gpt-4o*" },
	]);
	const again = await atlas.ctl("tokens", "update", "--models", "gpt-4o*", "app", "--concurrent", "9");
	assert.equal(again.json?.changes[0].new, "9", again.stderr);
	assert.equal((await ask()).status, 200);
	assert.equal((await chat(atlas, { token: made.token, model: "o3" })).status, 403);
	app = await listed(atlas, "app");
	assert.equal(app.limits.budget_day, null);
	assert.equal(app.in_force.models, "gpt-4o*");

	// They outlive Atlas, and are listed when nothing runs.
	assert.equal(await atlas.stop(), 0);
	app = await listed(atlas, "app");
	assert.deepEqual([app.limits.models, app.in_force, app.use], ["gpt-4o*", null, null]);
	const next = await startAtlas({ sim, dataDir: atlas.dataDir });
	const answer = await chat(next, { token: made.token, model: "o3" });
	assert.equal(answer.status, 403, answer.text);
	assert.equal(await next.stop(), 0);
});

test("models nobody knows are named, and a limit of 0 is called none", async () => {
	const atlas = await startAtlas({ conf: { "model local-llama": { requests_per_minute: 5 } } });
	const say = (...args) => atlas.say("tokens", ...args);
	const made = await say("create", "--role", "chat", "--name", "app", "--models", "gpt-40,gpt-4o*,local-llama", "--budget-day", "0", "--concurrent", "4");
	assert.equal(made.code, 0, made.stderr);
	assert.match(made.stderr, /"gpt-40"/);
	assert.doesNotMatch(made.stderr, /gpt-4o|llama/);
	assert.match(made.stdout, /budget_day +no limit\n/);
	assert.match(made.stdout, /concurrent +4\n/);
	const changed = await say("update", "--models", "o33", "app", "--concurrent", "0");
	assert.match(changed.stderr, /"o33"/);
	assert.match(changed.stdout, /concurrent 4 -> no limit\n/);
	assert.equal((await say("update", "app", "--models", "none")).stderr, "");

	const { events } = (await atlas.ctl("status")).json;
	assert.match(events.find(({ event }) => event === "token_changed").detail, /^token app \([0-9a-f]{16}\)$/);

	const over = await post(atlas, "/admin/tokens", { name: "b", role: "chat", models: "gpt-40,o3" });
	assert.deepEqual(over.json.unknown_models, ["gpt-40"]);
	const patched = await request(atlas, { method: "PATCH", path: "/admin/tokens/b", body: { models: "o3" } });
	assert.deepEqual(patched.json.unknown_models, []);
	assert.equal(await atlas.stop(), 0);
});

test("limits that cannot be meant are refused, and nothing happens", async () => {
	const atlas = await startAtlas();
	const refused = async (code, ...args) => {
		const ended = await atlas.ctl("tokens", ...args);
		assert.equal(ended.code, code, `${args}: ${ended.stdout}${ended.stderr}`);
	};
	const make = ["create", "--role", "chat", "--name", "app"];
	await refused(2, ...make, "--budget-day", "lots");
	await refused(2, ...make, "--concurrent", "1", "--concurrent", "2");
	await refused(2, ...make, "--models", "a b");
	await refused(2, ...make, "--requests-per-second", "1");
	await refused(2, ...make, "--concurrent");
	await refused(2, "update", "app");
	await refused(1, "update", "app", "--concurrent", "1");
	assert.equal(await listed(atlas, "app"), undefined);
	await create(atlas, "app");
	assert.equal((await atlas.ctl("tokens", "revoke", "app")).code, 0);
	await refused(1, "update", "app", "--concurrent", "1");
	assert.equal(await atlas.stop(), 0);
});

test("over HTTP it is the same tokens, and only an admin's affair", async () => {
	const sim = await startSim();
	const atlas = await startAtlas({ sim, workers: 3 });
	const ask = (method, path, body, options) =>
		request(atlas, { method, path: `/admin/tokens${path}`, body, fresh: true, ...options });

	const made = await ask("POST", "", { name: "app", role: "chat", concurrent: 5, budget_day: "2.5" });
	assert.equal(made.status, 201, made.text);
	assert.equal(made.json.limits.budget_day, 2.5);
	const { id, token } = made.json;
	// On any front, at once.
	for (let i = 0; i < 6; i++)
		assert.equal((await chat(atlas, { token, fresh: true })).status, 200);
	for (const [method, path, body] of [["GET", ""], ["POST", "", {}], ["DELETE", "/app"]])
		assert.equal((await ask(method, path, body, { token })).status, 403);

	const changed = await ask("PATCH", `/${id}`, { concurrent: null, models: "o3*", priority: "low" });
	assert.equal(changed.status, 200, changed.text);
	assert.deepEqual(changed.json.changes, [
		{ limit: "concurrent", old: "5", new: "default" },
		{ limit: "priority", old: "default", new: "low" },
		{ limit: "models", old: "default", new: "o3*" },
	]);
	for (let i = 0; i < 6; i++)
		assert.equal((await chat(atlas, { token, fresh: true })).status, 403);
	assert.deepEqual((await listed(atlas, "app")).limits.models, "o3*");

	const all = await get(atlas, "/admin/tokens");
	assert.deepEqual(all.json.data.map(({ name }) => name).sort(), ["admin", "app"]);
	assert.equal(all.json.has_more, false);
	assert.ok(!all.text.includes(token), "a token is shown once");
	const first = await get(atlas, "/admin/tokens?limit=1");
	assert.deepEqual([first.json.data.length, first.json.has_more], [1, true]);
	const rest = await get(atlas, `/admin/tokens?after=${first.json.data[0].id}`);
	assert.deepEqual([...first.json.data, ...rest.json.data].map((one) => one.id),
		all.json.data.map((one) => one.id));

	assert.equal((await ask("DELETE", "/app")).json.revoked, true);
	for (let i = 0; i < 6; i++)
		assert.equal((await chat(atlas, { token, fresh: true })).status, 401);
	assert.equal((await ask("DELETE", "/app")).status, 404);
	assert.equal(await atlas.stop(), 0);
});

test("who was revoked keeps the name, also after a restart", async () => {
	const sim = await startSim();
	const first = await startAtlas({ sim, workers: 1 });
	const { dataDir, token: admin } = first;
	const made = (await first.ctl("tokens", "create", "--role", "chat", "--name", "gone")).json;
	assert.equal((await chat(first, { token: made.token })).status, 200);
	assert.equal((await first.ctl("tokens", "revoke", "gone")).code, 0);
	assert.equal(await first.stop(), 0);

	const atlas = await startAtlas({ sim, dataDir, workers: 1 });
	const named = (lists) => lists.by_client.map(({ client }) => client);
	assert.deepEqual(named((await get(atlas, "/monitoring/cost-breakdown", { token: admin })).json), ["gone"]);
	assert.deepEqual(named((await atlas.ctl("cost")).json), ["gone"]);
	const [row] = (await get(atlas, "/monitoring/export?format=jsonl", { token: admin })).text.trim().split("\n");
	assert.equal(JSON.parse(row).client, "gone");
	assert.equal((await chat(atlas, { token: made.token, fresh: true })).status, 401);
	const again = await atlas.ctl("tokens", "create", "--role", "chat", "--name", "gone");
	assert.equal(again.code, 0, "the name is free");
	assert.equal((await chat(atlas, { token: again.json.token })).status, 200);
	const { client_id: id } = JSON.parse(row);
	await settled(atlas, 2);
	const apart = (list) => list.map(({ client, client_id, revoked }) => [client, client_id === id, revoked]).sort();
	const two = [["gone", false, false], ["gone", true, true]];
	const told = (await get(atlas, "/monitoring/cost-breakdown", { token: admin })).json;
	assert.deepEqual(apart(told.by_client), two);
	assert.deepEqual(apart((await atlas.ctl("cost")).json.by_client), two);
	assert.match((await atlas.say("cost")).stdout, new RegExp(` gone \\(revoked, ${id}\\)\n`));
	assert.equal(await atlas.stop(), 0);
});

test("what cannot be meant is refused over HTTP too, by field", async () => {
	const atlas = await startAtlas();
	const cases = [
		["[]", 400, null],
		['{"name":"a"', 400, null],
		[{ role: "chat" }, 400, "name"],
		[{ name: "a" }, 400, "role"],
		[{ name: "a", role: "root" }, 400, "role"],
		[{ name: "a b", role: "chat" }, 400, "name"],
		[{ name: "a\nb", role: "chat" }, 400, "name"],
		[{ name: "admin", role: "chat" }, 409, "name"],
		[{ name: "a", role: "chat", concurrent: -1 }, 400, "concurrent"],
		[{ name: "a", role: "chat", concurrent: true }, 400, "concurrent"],
		[{ name: "a", role: "chat", requests_per_second: 1 }, 400, "requests_per_second"],
		['{"name":"a","role":"chat","concurrent":1,"concurrent":2}', 400, "concurrent"],
	];
	for (const [body, status, param] of cases) {
		const answer = await post(atlas, "/admin/tokens", body);
		assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
		assert.equal(answer.json.error.param, param);
	}
	const patch = (body) => request(atlas, { method: "PATCH", path: "/admin/tokens/admin", body });
	assert.equal((await patch({})).status, 400);
	assert.equal((await patch({ role: "admin" })).status, 400);
	assert.equal((await get(atlas, "/admin/tokens?limit=1001")).status, 400);
	const odd = await request(atlas, { method: "PUT", path: "/admin/tokens", body: {} });
	assert.equal(odd.status, 405);
	assert.equal(odd.headers.allow, "GET, HEAD, POST");
	assert.equal((await get(atlas, "/admin/tokens")).json.data.length, 1);
	assert.equal(await atlas.stop(), 0);
});

test("the admin token of the file holds, also where others have its name", async () => {
	const sim = await startSim();
	const names = async (atlas) =>
		(await get(atlas, "/admin/tokens")).json.data
			.filter((token) => !token.revoked_at)
			.map(({ name }) => name)
			.sort();
	const holds = async (atlas, token) =>
		assert.equal((await get(atlas, "/admin/tokens", { token })).status, 200, atlas.log());
	const first = await startAtlas({ sim });
	const { token, dataDir } = first;
	const again = () => startAtlas({ sim, dataDir });
	assert.equal(await first.stop(), 0);

	// Gone: another one is printed, once, and both hold.
	rmSync(first.path("admin-token"));
	const second = await again();
	assert.notEqual(second.token, token);
	assert.ok(second.log().includes(`admin token: ${second.token}\n`), second.log());
	await holds(second, second.token);
	await holds(second, token);
	assert.deepEqual(await names(second), ["admin", "admin-2"]);
	assert.equal((await second.ctl("tokens", "revoke", "admin")).code, 0);
	assert.equal(await second.stop(), 0);

	// The next start knows it.
	const third = await again();
	assert.ok(!third.log().includes("admin token:"), third.log());
	assert.deepEqual(await names(third), ["admin-2"]);
	await create(third, "admin");
	assert.equal(await third.stop(), 0);

	// Written by hand, or by a start that was killed before anybody heard of it.
	writeFileSync(third.path("admin-token"), `${"by-hand-".repeat(4)}\n`, { mode: 0o600 });
	const fourth = await again();
	await holds(fourth, fourth.token);
	assert.deepEqual(await names(fourth), ["admin", "admin-2", "admin-3"]);
	assert.equal((await fourth.ctl("verify")).code, 0);
	assert.equal(await fourth.stop(), 0);
});

test("the last admin token is not revoked by the way", async () => {
	const atlas = await startAtlas();
	const revoke = (name) => request(atlas, { method: "DELETE", path: `/admin/tokens/${name}`, fresh: true });
	const refused = await revoke("admin");
	assert.equal(refused.status, 409, refused.text);
	assert.equal(refused.json.error.code, "token_conflict");
	const unsure = await atlas.ctl("tokens", "revoke", "admin");
	assert.equal(unsure.code, 1, unsure.stdout);
	assert.match(unsure.stdout + unsure.stderr, /--yes/);
	assert.match(unsure.stdout + unsure.stderr, /tokens create --role admin/);
	assert.equal((await get(atlas, "/admin/tokens")).status, 200, "it holds");

	// Another one, even a revoked one's successor, and it is a token like others.
	await create(atlas, "app");
	const other = await atlas.ctl("tokens", "create", "--role", "admin", "--name", "other");
	assert.equal(other.code, 0, other.stderr);
	assert.equal((await revoke("other")).status, 200);
	assert.equal((await revoke("admin")).status, 409);
	assert.equal((await atlas.ctl("tokens", "revoke", "app")).code, 0);
	assert.equal((await atlas.ctl("tokens", "revoke", "--yes", "admin")).code, 0);
	assert.equal((await get(atlas, "/admin/tokens")).status, 401);
	assert.equal(await atlas.stop(), 0);
});
