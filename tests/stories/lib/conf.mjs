// Atlas's configuration as an object: { server: { workers: 2 }, "key second": { … } }.

import { writeFileSync } from "node:fs";

/** Sections merged key by key, the later over the earlier; undefined takes a key away. */
export function mergeConf(...confs) {
	const all = {};
	for (const conf of confs)
		for (const [section, keys] of Object.entries(conf ?? {}))
			all[section] = { ...all[section], ...keys };
	return all;
}

export function confText(conf) {
	return Object.entries(conf)
		.map(([section, keys]) => {
			const lines = Object.entries(keys)
				.filter(([, value]) => value !== undefined)
				.map(([key, value]) => `${key} = ${value}\n`);
			return `[${section}]\n${lines.join("")}`;
		})
		.join("\n");
}

export const writeConf = (file, conf) => writeFileSync(file, confText(conf), { mode: 0o600 });
