// The strict scanner against JSON.parse: 100,000 generated texts, the same verdict for
// each. UTF-8 that TextDecoder refuses, and a byte order mark, count as refused.
//
//	ATLAS_BUILD=build SEED=1 N_TEXTS=100000 node --test tests/stories/json_differential.mjs
//
// Depth stays below the scanner's limit of 64, which JSON.parse does not have.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';

const SEED = Number(process.env.SEED ?? 1);
const N_TEXTS = Number(process.env.N_TEXTS ?? 100_000);
const DRIVER = join(process.env.ATLAS_BUILD ?? 'build', 'stress', 'scan_verdict');
const MAX_DEPTH = 40; // leaves room for what mutation adds

// ---- randomness that a seed repeats (mulberry32) ----------------------------------

let state = SEED;
function random() {
	state = (state + 0x6d2b79f5) | 0;
	let t = Math.imul(state ^ (state >>> 15), 1 | state);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const repeat = (max, make) => Array.from({ length: below(max + 1) }, make);

// ---- valid texts, spelled in unusual ways -------------------------------------------

const NUMBERS = ['0', '-0', '1', '-1', '0.0', '1e0', '1E+5', '1e-5', '0e0', '-0.0e-0',
	'9007199254740993', '9223372036854775807', '9223372036854775808',
	'-9223372036854775808', '18446744073709551616', '1e308', '1e309', '-1e999', '1e-999',
	'0.1', '123456789012345678901234567890', '3.141592653589793238462643'];
const ESCAPES = ['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0000',
	'\\u001f', '\\u00e9', '\\uD83D\\uDE00', '\\ud800', '\\udc00', '\\udc00\\ud800',
	'\\uFFFF', '\\u005c', '\\u0022'];
const CHARACTERS = ['a', 'Z', ' ', '/', '\x7f', '\x80', 'é', '߿', 'ࠀ', '日', '\ud7ff',
	'\ue000', '\ufeff', '\uffff', '\u2028', '\u2029', '😀', '\u{10ffff}', '{', ']', ':', ','];
const SPACES = ['', '', '', '', ' ', '\n', '\t', '\r\n', '  \t '];
const KEYS = ['a', '', 'model', '__proto__', 'é', '\\u0061', 'toString', '\\n'];

const space = () => pick(SPACES);
const characters = () => repeat(12, () => pick(random() < 0.3 ? ESCAPES : CHARACTERS)).join('');
const string = () => `"${random() < 0.2 ? 'x'.repeat(below(40)) : ''}${characters()}"`;

function value(depth) {
	const kind = below(depth > 0 ? 10 : 5);
	if (kind === 0) return pick(['true', 'false', 'null']);
	if (kind <= 2) return pick(NUMBERS);
	if (kind <= 4) return string();
	if (kind <= 7) return list('[', ']', () => value(depth - 1));
	return list('{', '}', () =>
		`"${pick(KEYS)}"${space()}:${space()}${value(depth - 1)}`);
}
const list = (open, close, item) =>
	open + space() + repeat(4, item).join(`${space()},${space()}`) + space() + close;
const valid = () => space() + value(below(5)) + space();

function deep() {
	const n = 1 + below(MAX_DEPTH);
	const opens = Array.from({ length: n }, () => pick(['[', '{"a":']));
	const closes = opens.map((open) => (open === '[' ? ']' : '}')).reverse();
	return opens.join('') + value(1) + closes.join('');
}

// ---- texts that are nearly valid, or not at all -------------------------------------

const TOKENS = ['{', '}', '[', ']', ',', ':', '"a"', '"', '0', '-', '1', '.', 'e', '+',
	'true', 'false', 'null', 'nul', ' ', '\n', '\f', '\v', '\u00a0', '\ufeff', '\\', '/',
	'//', '/**/', "'a'", 'NaN', 'Infinity', 'undefined', '01', '0x1', '.5', '5.', '1e',
	'--1', '"\\x"', '"\\u12"', '\0', '#'];
const soup = () => repeat(12, () => pick(TOKENS)).join('');
const number = () => repeat(8, () => pick([...'0123456789', '-', '+', '.', 'e', 'E'])).join('');
const controls = () => `"${characters()}${String.fromCharCode(below(0x24))}${characters()}"`;
const badEscape = () => `"${characters()}\\${pick([...'abcxu0U"\\ \n'])}${pick(['', '1', '12', '123', '123g', '12 4', '00e9'])}"`;

// One to three small damages to the bytes of a text.
function damage(bytes) {
	let b = [...bytes];
	for (let i = 1 + below(3); i > 0; i--) {
		const at = below(b.length + 1);
		const byte = random() < 0.5 ? below(256) : pick([...Buffer.from('{}[],:"\\0e-. \n')]);
		const how = below(5);
		if (how === 0) b.splice(at, 1);
		else if (how === 1) b.splice(at, 0, byte);
		else if (how === 2) b.splice(at, 1, byte);
		else if (how === 3) b = b.slice(0, at);
		else b.splice(at, 0, ...b.slice(at, at + below(4)));
	}
	return Buffer.from(b);
}

const BAD_UTF8 = ['80', 'bf', 'c0af', 'c1bf', 'c3', 'e0809f', 'e080', 'eda080', 'edbfbf',
	'f08080af', 'f4908080', 'f5808080', 'ff', 'fe', 'e28228', 'f09f98', 'c328']
	.map((hex) => Buffer.from(hex, 'hex'));
const badUtf8 = () => Buffer.concat([Buffer.from(`"${characters()}`), pick(BAD_UTF8),
	Buffer.from(`${characters()}"`)]);
const marked = () => Buffer.concat([Buffer.from('efbbbf', 'hex'), Buffer.from(valid())]);
const noise = () => Buffer.from(repeat(10, () => below(256)));

const MAKERS = [[30, valid], [5, deep], [30, () => damage(Buffer.from(valid()))],
	[4, () => damage(Buffer.from(deep()))], [12, soup], [6, number], [4, controls],
	[4, badEscape], [3, badUtf8], [1, marked], [1, noise]];
const WHEEL = MAKERS.flatMap(([weight, make]) => Array(weight).fill(make));
const text = () => Buffer.from(pick(WHEEL)());

// ---- both verdicts --------------------------------------------------------------------

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function isJson(bytes) {
	try {
		JSON.parse(decoder.decode(bytes));
		return true;
	} catch {
		return false;
	}
}

function frame(bytes) {
	const length = Buffer.alloc(4);
	length.writeUInt32LE(bytes.length);
	return [length, bytes];
}

function scannerVerdicts(texts) {
	const run = spawnSync(DRIVER, [], {
		input: Buffer.concat(texts.flatMap(frame)),
		maxBuffer: 2 * texts.length + 1024,
	});
	assert.ifError(run.error);
	assert.equal(run.status, 0, run.stderr.toString());
	return [...run.stdout].map((c) => c === 0x31);
}

test(`the scanner and JSON.parse agree on ${N_TEXTS} texts (seed ${SEED})`, () => {
	const texts = Array.from({ length: N_TEXTS }, text);
	const verdicts = scannerVerdicts(texts);
	assert.equal(verdicts.length, texts.length);
	let accepted = 0;
	texts.forEach((bytes, i) => {
		const want = isJson(bytes);
		accepted += want;
		assert.equal(verdicts[i], want, `text ${i}: ${JSON.stringify(bytes.toString('latin1'))}`);
	});
	const share = accepted / texts.length;
	assert.ok(share > 0.25 && share < 0.75, `a fair mix: ${share} accepted`);
});
