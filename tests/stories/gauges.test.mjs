// What one watches and alerts on: the gauges of /metrics are the figures of the monitoring
// endpoints and of `atlasctl status`, and fit however much there is of them.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chat, chatStream, get, leaks, metrics, program, runToEnd, startAtlas, startSim, until } from "./lib/index.mjs";

const PRIORITIES = { LOW: 1, NORMAL: 3, HIGH: 2, URGENT: 0 };
const LEVELS = ["steady", "backoff", "probe", "probing", "hold", "ramp", "out_of_service"];

let sim, atlas;

const ask = async (path) => {
	const { status, json, text } = await get(atlas, path);
	assert.equal(status, 200, text);
	return json ?? text;
};

async function gauges() {
	const families = metrics(await ask("/metrics"));
	const of = (name, type) => {
		assert.equal(families.get(name)?.type, type, name);
		return Object.fromEntries(families.get(name).samples.map(({ labels, value }) => [labels, Number(value)]));
	};
	return { all: (name) => of(name, "gauge"), one: (name) => of(name, "gauge")[""], total: (name) => of(name, "counter")[""] };
}

const by = (name, list, key, value) => Object.fromEntries(list.map((one) => [`{${name}="${one[key]}"}`, Number(value(one))]));

async function keysAndAlertsAgree() {
	const { keys } = await ask("/monitoring/rate-limits");
	const { alerts } = await ask("/monitoring/alerts");
	const now = await gauges();
	assert.deepEqual(now.all("atlas_key_in_service"), by("key", keys, "name", ({ state }) => state !== "out_of_service"));
	assert.deepEqual(now.all("atlas_stabilization_level"), by("key", keys, "name", ({ state }) => LEVELS.indexOf(state)));
	assert.deepEqual(now.all("atlas_alert_firing"), by("alert", alerts, "alert", ({ state }) => state === "firing"));
	return now;
}

before(async () => {
	sim = await startSim();
	// as many limits as a configuration may have: nine scopes with four each
	const models = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`model gpt-${i}-${"x".repeat(20)}`, {
		requests_per_minute: 900, requests_per_hour: 9000, tokens_per_minute: 900000, tokens_per_hour: 9000000,
	}]));
	atlas = await startAtlas({ sim, workers: 1, conf: {
		limits: { requests_per_minute: 1000, requests_per_hour: 10000, tokens_per_minute: 1000000, tokens_per_hour: 10000000 },
		queue: { max_concurrent: 2 }, retry: { max_retries: 0 }, ...models,
	} });
});

after(async () => {
	assert.equal(await atlas.stop(), 0);
	assert.deepEqual(await leaks(atlas), []);
});

describe("the gauges", () => {
	test("who waits, by priority, who runs, and what the limits have used", async (t) => {
		const long = { message: "Long [[sim tokens=900 tps=5]]", fresh: true };
		const open = [await chatStream(atlas, long), await chatStream(atlas, long)];
		t.after(() => open.forEach((stream) => stream.abort()));
		const waiting = [];
		for (const [priority, n] of Object.entries(PRIORITIES))
			for (let i = 0; i < n; i++)
				waiting.push(chat(atlas, { headers: { "X-Atlas-Priority": priority }, fresh: true }));
		const { queue } = await until(async () => {
			const seen = await ask("/monitoring/queue-status");
			return seen.queue.queue_size === 6 && seen.queue.processing_count === 2 && seen;
		}, { what: "six wait and two run" });
		const { limits } = await ask("/monitoring/rate-limits");
		const now = await gauges();
		assert.deepEqual(queue.queue_by_priority, PRIORITIES);
		assert.deepEqual(now.all("atlas_queue_length"),
			Object.fromEntries(Object.entries(queue.queue_by_priority).map(([name, n]) => [`{priority="${name}"}`, n])));
		assert.equal(now.one("atlas_running"), 2);
		assert.equal(now.one("atlas_running_limit"), queue.max_concurrent);
		assert.equal(now.one("atlas_start_time_seconds") * 1000, Date.parse(queue.since));
		const ofLimits = (value) => Object.fromEntries(limits.map((one) =>
			[`{scope="${one.scope}",unit="${one.unit}",window_seconds="${one.window_seconds}"}`, one[value]]));
		assert.equal(limits.length, 36);
		assert.deepEqual(now.all("atlas_limit"), ofLimits("limit"));
		assert.deepEqual(now.all("atlas_limit_used"), ofLimits("used"));
		for (const stream of open) stream.abort();
		for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
		assert.deepEqual(Object.values((await gauges()).all("atlas_queue_length")), [0, 0, 0, 0]);
	});

	test("the ledger: its size, its most, what is open, and what is not known exactly", async () => {
		assert.equal((await chat(atlas, { message: "dies [[sim die-after-read]]" })).status, 502);
		assert.equal((await chat(atlas, { message: "no usage [[sim usage-missing]]" })).status, 200);
		const { totals } = await until(async () => {
			const { json } = await atlas.ctl("status");
			return json.totals.open_attempts === 0 && json.uncommitted_fact_bytes === 0 && json;
		}, { what: "all is written down" });
		const cost = await ask("/monitoring/cost-breakdown?hours=8760");
		const now = await gauges();
		assert.equal(now.one("atlas_ledger_size_bytes"), totals.ledger_bytes);
		assert.equal(now.one("atlas_ledger_max_size_bytes"), 64 * 2 ** 30);
		assert.equal(now.one("atlas_ledger_open_attempts"), 0);
		assert.equal(now.one("atlas_ledger_uncommitted_bytes"), 0);
		assert.equal(now.total("atlas_unknown_cost_usd_total"), Number(cost.unknown_cost_usd));
		assert.ok(cost.unknown_cost_usd > 0 && cost.estimated_cost_usd > 0, JSON.stringify(cost));
		assert.equal(now.total("atlas_unknown_tokens_total"), cost.unknown_tokens);
		assert.equal(now.total("atlas_estimated_cost_usd_total"), Number(cost.estimated_cost_usd));
		assert.equal(now.total("atlas_ledger_estimated_total"), cost.estimated_attempts);
	});

	test("what record has still to write down", async () => {
		const [{ pid }] = atlas.children("record");
		atlas.kill(pid, "SIGSTOP");
		assert.equal((await chat(atlas)).status, 200);
		const { uncommitted_fact_bytes: bytes } = (await atlas.ctl("status")).json;
		assert.ok(bytes > 0);
		assert.equal((await gauges()).one("atlas_ledger_uncommitted_bytes"), bytes);
		atlas.kill(pid, "SIGCONT");
		await until(async () => (await gauges()).one("atlas_ledger_uncommitted_bytes") === 0, { what: "it is written" });
	});

	test("a key that is refused is out of service, and the alert fires", async () => {
		const calm = await keysAndAlertsAgree();
		assert.deepEqual([calm.all("atlas_key_in_service")['{key="default"}'], calm.all("atlas_stabilization_level")['{key="default"}']], [1, 0]);
		await sim.weather({ mode: "401" });
		await chat(atlas);
		await until(async () => (await ask("/monitoring/alerts")).alerts.find(({ alert }) => alert === "key_out_of_service").state === "firing", { what: "the alert" });
		const now = await keysAndAlertsAgree();
		assert.equal(now.all("atlas_key_in_service")['{key="default"}'], 0);
		assert.equal(now.all("atlas_alert_firing")['{alert="key_out_of_service"}'], 1);
		await sim.clearWeather();
	});

	test("which Atlas it is", async () => {
		const { stdout } = await runToEnd(program("atlasctl"), ["--version"]);
		assert.deepEqual((await gauges()).all("atlas_build_info"), { [`{version="${stdout.split(/[ ,]/)[1]}"}`]: 1 });
	});
});
