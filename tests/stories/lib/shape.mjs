// Does a value have the shape that is promised of it? A shape is
//
//	"string" "number" "integer" "boolean"     a value of that type
//	"time"                                    RFC 3339 in UTC, or null
//	"usd"                                     a decimal number, as text or not
//	[shape]                                   a list of such values
//	{ key: shape, "key?": shape }             an object that has these keys, others too
//	{ "*": shape }                            an object whose every value is such
//	function                                  whatever it says true of

import assert from "node:assert/strict";

const types = {
	string: (v) => typeof v === "string",
	number: (v) => typeof v === "number",
	integer: Number.isSafeInteger,
	boolean: (v) => typeof v === "boolean",
	time: (v) => v === null || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(v),
	usd: (v) => /^\d+(\.\d+)?$/.test(String(v)),
};

/** Throws an error that names the first place where value differs. */
export function fits(value, shape, at = "$") {
	if (typeof shape === "string")
		return assert.ok(types[shape](value), `${at} is no ${shape}: ${JSON.stringify(value)}`);
	if (typeof shape === "function")
		return assert.ok(shape(value), `${at}: ${JSON.stringify(value)}`);
	if (Array.isArray(shape)) {
		assert.ok(Array.isArray(value), `${at} is no list: ${JSON.stringify(value)}`);
		return value.forEach((one, i) => fits(one, shape[0], `${at}[${i}]`));
	}
	assert.ok(value && typeof value === "object" && !Array.isArray(value), `${at} is no object`);
	for (const [name, inner] of Object.entries(shape)) {
		if (name === "*") {
			for (const [key, one] of Object.entries(value)) fits(one, inner, `${at}.${key}`);
			continue;
		}
		const key = name.replace(/\?$/, "");
		if (key !== name && value[key] === undefined) continue;
		assert.ok(key in value, `${at} has no ${key}: ${Object.keys(value)}`);
		fits(value[key], inner, `${at}.${key}`);
	}
}
