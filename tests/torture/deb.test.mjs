// The Debian package, from `make deb` to its purge, in a debootstrap folder; and what
// systemd thinks of the unit. Where the means are missing a plain message says so.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { AS_ROOT, freePort, runToEnd } from "../stories/lib/index.mjs";

const BUILD = process.env.ATLAS_BUILD ?? "build";

const has = async (name) => (await runToEnd("sh", ["-c", `command -v ${name}`])).code === 0;

/** Debian's mirror as this system has it; undefined when it does not answer. */
async function mirror() {
	const files = ["/etc/apt/sources.list", ...readdirSync("/etc/apt/sources.list.d").map((f) => `/etc/apt/sources.list.d/${f}`)];
	const text = files.map((file) => {
		try {
			return readFileSync(file, "utf8");
		} catch {
			return "";
		}
	}).join("\n");
	const [url] = /https?:\/\/\S+\/debian\/?(?=\s|$)/m.exec(text) ?? [];
	if (!url) return undefined;
	const seen = await runToEnd("curl", ["-sfI", "--max-time", "10", `${url.replace(/\/$/, "")}/dists/bookworm/InRelease`]);
	return seen.code === 0 ? url : undefined;
}

test("the package is installed, serves, is stopped, removed and purged", AS_ROOT, async (t) => {
	for (const tool of ["debootstrap", "dpkg-shlibdeps", "unshare"])
		if (!(await has(tool))) return t.skip(`there is no ${tool}`);
	const from = await mirror();
	if (!from) return t.skip("Debian's mirror does not answer");
	const made = await runToEnd("make", ["-s", "deb", `BUILD=${BUILD}`], { ms: 300_000 });
	assert.equal(made.code, 0, made.stderr);
	const deb = readdirSync(BUILD).find((name) => name.endsWith(".deb"));
	if (await has("lintian")) {
		const found = await runToEnd("lintian", ["--allow-root", "--fail-on", "error,warning", path.join(BUILD, deb)], { ms: 120_000 });
		assert.equal(found.code, 0, found.stdout + found.stderr);
		t.diagnostic(`lintian: ${found.stdout.trim() || "nothing to say"}`);
	} else t.diagnostic("not tried: there is no lintian");
	const ports = [await freePort(), await freePort(), await freePort()].map(String);
	const life = path.join(import.meta.dirname, "deb_life");
	const lived = await runToEnd("unshare", [
		"--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
		life, path.resolve(BUILD, deb), from, ...ports,
	], { ms: 1_200_000 });
	assert.equal(lived.code, 0, lived.stdout + lived.stderr);
	assert.deepEqual(lived.stdout.trim().split("\n"),
		["installed", "started", "chatted", "rotated", "stopped", "removed", "lived"]);
});

test("systemd finds little to be exposed in the unit", async (t) => {
	if (!(await has("systemd-analyze"))) return t.skip("there is no systemd-analyze");
	const { stdout } = await runToEnd("systemd-analyze", ["security", "--offline=true", "etc/atlas.service"]);
	const [, level] = /Overall exposure level for \S+ (\d+\.\d+)/.exec(stdout) ?? [];
	assert.ok(Number(level) <= 2.0, stdout.trim().split("\n").at(-1));
});
