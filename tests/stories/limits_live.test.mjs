// Many fronts, many connections, one limit: judged by the simulator's own log.
//
//   ATLAS_LIVE_ATTEMPTS=100000 ATLAS_LIVE_RPM=50000 scripts/stories limits_live.test

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { chat, ledgerEqualsBill, startAtlas, startSim } from "./lib/index.mjs";

const ATTEMPTS = Number(process.env.ATLAS_LIVE_ATTEMPTS ?? 600);
const RPM = Number(process.env.ATLAS_LIVE_RPM ?? 3000);
const FRONTS = 8;
const CONNECTIONS = 64 * FRONTS;

test("eight fronts under pressure never pass the limit, and leave none of it", async () => {
	const sim = await startSim({ rpm: RPM, ttftMs: 1, billSync: "no" });
	const atlas = await startAtlas({
		sim,
		workers: FRONTS,
		conf: { limits: { requests_per_minute: RPM, burst: "10s" }, queue: { max_wait: "1h" } },
	});
	const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
	const target = { port: atlas.port, token: atlas.token, agent };
	let left = ATTEMPTS;
	const begun = performance.now();
	const one = async () => {
		while (left-- > 0) {
			const answer = await chat(target, { message: "Hi [[sim tokens=2]]" });
			assert.equal(answer.status, 200, answer.text);
		}
	};
	await Promise.all(Array.from({ length: CONNECTIONS }, one));
	const seconds = (performance.now() - begun) / 1000;
	agent.destroy();
	const bill = await sim.billSummary();
	assert.equal(bill.requests, ATTEMPTS, "each once, none refused upstream");
	assert.equal(bill.by_status["429"] ?? 0, 0);
	// a tenth of a minute's worth at once, then the even flow
	const due = Math.max(0, ((ATTEMPTS - RPM / 6) / RPM) * 60.5);
	assert.ok(seconds >= due * 0.98 - 0.1, `${seconds} s, too quick for ${due} s`);
	assert.ok(seconds <= due * 1.05 + 15, `${seconds} s for ${due} s of the limit`);
	await ledgerEqualsBill(atlas, sim);
	assert.equal(await atlas.stop(), 0);
});
