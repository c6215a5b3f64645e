// The metrics, read as Prometheus would.

import assert from "node:assert/strict";

/** The exposition format, strictly: names, types before samples, rising buckets. */
export function metrics(text) {
	assert.ok(text.endsWith("\n"));
	const families = new Map();
	let current;
	for (const line of text.trimEnd().split("\n")) {
		const [, comment, name, rest] = /^# (HELP|TYPE) ([a-z_][a-z0-9_]*) (.+)$/.exec(line) ?? [];
		if (comment === "HELP") {
			assert.ok(!families.has(name), `${name} twice`);
			families.set(name, (current = { name, help: rest, samples: [] }));
			continue;
		}
		if (comment === "TYPE") {
			assert.equal(name, current.name);
			assert.match(rest, /^(counter|gauge|histogram)$/);
			current.type = rest;
			continue;
		}
		const sample = /^([a-z_][a-z0-9_]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/.exec(line);
		assert.ok(sample, line);
		const [, of, labels = "", value] = sample;
		const suffix = current.type === "histogram" ? "(_bucket|_sum|_count)" : "";
		assert.match(of, new RegExp(`^${current.name}${suffix}$`), line);
		if (current.type === "counter") assert.match(of, /_total$/);
		assert.ok(Number.isFinite(Number(value)), line);
		current.samples.push({ of, labels, value });
	}
	for (const { name, type, samples } of families.values()) {
		const keys = samples.map(({ of, labels }) => of + labels);
		assert.equal(new Set(keys).size, keys.length, `${name}: a sample twice`);
		if (type !== "histogram") continue;
		const buckets = samples.filter(({ of }) => of.endsWith("_bucket")).map((s) => Number(s.value));
		assert.deepEqual(buckets, buckets.toSorted((a, b) => a - b), `${name} rises`);
		assert.equal(buckets.at(-1), Number(samples.at(-1).value), `${name}: count`);
	}
	return families;
}
