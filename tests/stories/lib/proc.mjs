// What /proc says of processes. Sessions are how a program's whole family is found: they
// hold also after the parent has died and the titles have been overwritten.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

function stat(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "latin1");
		// The name may hold blanks and brackets; the fields begin behind its last bracket.
		const [state, ppid, , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
		return { pid, state, ppid: Number(ppid), session: Number(session) };
	} catch {
		return null; // it has gone in the meantime
	}
}

/** Every process that is not a zombie: { pid, state, ppid, session }. */
export function processes() {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map((name) => stat(Number(name)))
		.filter((p) => p && p.state !== "Z");
}

export const inSession = (session) => processes().filter((p) => p.session === session);

export const childrenOf = (ppid) => processes().filter((p) => p.ppid === ppid);

/** What ps shows: the title of a process that has set one, else its command line. */
export function title(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/cmdline`, "latin1");
		return text.replace(/\0+$/, "").replaceAll("\0", " ").trim();
	} catch {
		return "";
	}
}

/** The local ports of the clients whose connections that process holds. */
export function portsOf(pid, serverPort) {
	const inodes = new Set();
	for (const fd of readdirSync(`/proc/${pid}/fd`)) {
		try {
			const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
			if (inode) inodes.add(inode);
		} catch {
			// closed meanwhile
		}
	}
	const ports = new Set();
	for (const line of readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n").slice(1)) {
		const field = line.trim().split(/\s+/);
		if (field.length < 10 || !inodes.has(field[9])) continue;
		const [local, remote] = [field[1], field[2]].map((at) => parseInt(at.split(":")[1], 16));
		if (local === serverPort) ports.add(remote);
	}
	return ports;
}
