// The manual: without a fault, and with every command, option and setting there is.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { program, runToEnd } from "./lib/index.mjs";

const page = (name) => path.join(program("man"), name);
const text = (name) => readFileSync(page(name), "utf8");

test("mandoc finds nothing to say about the pages", async () => {
	const names = ["atlasd.8", "atlasctl.8", "atlas.conf.5"];
	const ended = await runToEnd("mandoc", ["-T", "lint", ...names.map(page)]);
	// That a page names another is a fault to it unless both are installed.
	const said = ended.stdout.split("\n").filter((line) => line && !/ Xr |makewhatis/.test(line));
	assert.deepEqual(said, []);
});

test("atlasctl.8 has every command of the table", async () => {
	const { stdout } = await runToEnd(program("atlasctl"), ["--help"]);
	const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]*( [a-z]+)?) {2}/gm)].map(([, name]) => name);
	assert.ok(names.length > 15, stdout);
	for (const name of names) assert.match(text("atlasctl.8"), new RegExp(`^\\.It Cm ${name}( |$)`, "m"));
});

// As it is read: the lines of a paragraph in one, without the escapes of mdoc.
const flat = (lines) => lines.replace(/\n/g, " ").replace(/\\\(ga/g, "`").replace(/\\&/g, "");

test("atlasctl.8 says what is taken where an option is not given, as --help does", async () => {
	const page = flat(text("atlasctl.8"));
	for (const option of ["hours", "limit"]) {
		const { stdout } = await runToEnd(program("atlasctl"), ["requests", "--help"]);
		const [, told] = new RegExp(`^  --${option} N: (.*)$`, "m").exec(stdout);
		assert.ok(page.includes(`.Fl -${option} Ar N : ${told}.`), told);
	}
});

test("atlas.conf.5 has what settings.def says of each, to its last word", () => {
	const source = readFileSync("common/conf/settings.def", "utf8");
	const page = flat(text("atlas.conf.5"));
	const settings = [...source.matchAll(/^SETTING\(\w+, (\w+),.*\n((?:\t".*"\n)*\t".*")\)$/gm)];
	assert.equal(settings.length, [...source.matchAll(/^SETTING\(/gm)].length);
	for (const [, key, parts] of settings) {
		const told = parts.split("\n").map((part) => part.slice(2, -1)).join("");
		assert.ok(page.includes(`.It Cm ${key} ${told}`), `${key}: ${told}`);
	}
});

test("atlas.conf.5 has every setting, in its section", () => {
	const source = readFileSync("common/conf/settings.def", "utf8");
	const wanted = [...source.matchAll(/^SETTING\((\w+), (\w+),/gm)].map(([, s, k]) => `${s}.${k}`);
	const seen = [];
	let section;
	for (const line of text("atlas.conf.5").split("\n")) {
		section = /^\.Ss Section (\w+)$/.exec(line)?.[1] ?? section;
		const key = /^\.It Cm (\w+)$/.exec(line)?.[1];
		if (section && key) seen.push(`${section}.${key}`);
	}
	assert.deepEqual(seen, wanted);
});

test("atlasd.8 has the options that atlasd has", async () => {
	const { stdout } = await runToEnd(program("atlasd"), ["--help"]);
	for (const [, option] of stdout.matchAll(/^ {2}-(\w) /gm))
		assert.match(text("atlasd.8"), new RegExp(`^\\.It Fl ${option}\\b`, "m"));
});
