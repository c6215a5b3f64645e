// An Atlas of one's own: its folders, its configuration, its processes.

import { mkdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { kill, makeFolder, program, runToEnd, startChild } from "./child.mjs";
import { mergeConf, writeConf } from "./conf.mjs";
import { get } from "./http.mjs";
import { freePort } from "./port.mjs";
import { childrenOf, title } from "./proc.mjs";
import { makePair, tlsConf } from "./tls.mjs";
import { until } from "./until.mjs";

const MODELS = fileURLToPath(new URL("../../../etc/models.json", import.meta.url));

// No limits, no waiting for what a story does not speak of.
const DEFAULTS = {
	server: { workers: 2, log_level: "debug", drain_timeout: "5s", models_file: MODELS },
	limits: {
		requests_per_minute: 0,
		requests_per_hour: 0,
		tokens_per_minute: 0,
		tokens_per_hour: 0,
		burst: "60s",
	},
	stabilization: { minutes: 0, faults: 1000000, max_backoff: "500ms", recheck: 0 },
	retry: { base_delay: "50ms", max_delay: "500ms" },
};

/**
 * Starts Atlas and waits until /readyz says 200.
 *
 *   sim            an openai-sim (see sim.mjs) to talk to
 *   conf           settings over the defaults above, by section
 *   workers        how many fronts
 *   env            environment variables for atlasd
 *   dataDir        the data_dir of an earlier Atlas: a restart
 *   disk: "4m"     data_dir is a file system of its own, of that size, which only Atlas
 *                  sees; path() leads there. Needs root.
 *   tls: true      listens with TLS, and clients trust it; or a pair of makePair()'s
 *   ctlLeaks: true ctl() looks for leaks of atlasctl, as say() always does
 *   nofile: "9:99" its soft and hard limit of descriptors at the start
 *   wait: false    gives it at once, ready or not (see ready())
 */
export async function startAtlas(options = {}) {
	const folder = makeFolder(os.tmpdir());
	const run = makeFolder("/dev/shm");
	const dataDir = options.dataDir ?? path.join(folder, "data");
	const runDir = path.join(run, "run");
	for (const dir of [dataDir, runDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
	const port = options.port ?? (await freePort());
	const pair = options.tls === true ? await makePair(folder) : options.tls;
	const conf = mergeConf(
		DEFAULTS,
		{ server: { listen: `127.0.0.1:${port}`, data_dir: dataDir, run_dir: runDir } },
		options.workers && { server: { workers: options.workers } },
		options.sim && { openai: { base_url: options.sim.base } },
		pair && tlsConf(pair),
		options.conf,
	);
	const { disk } = options;
	const tls = pair && { ca: pair.ca, servername: "localhost" };
	const { ctlLeaks } = options;
	const atlas = new Atlas({ port, conf, folder, dataDir, runDir, disk, tls, ctlLeaks });
	atlas.start({ OPENAI_API_KEY: options.sim?.apiKey ?? "sk-story", ...options.env }, options.nofile);
	if (options.wait !== false) await atlas.ready();
	return atlas;
}

// LeakSanitizer costs more than all else a short program does.
export const NO_LEAKS = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:detect_leaks=0` };

class Atlas {
	#child;

	#disk;

	#ctlEnv;

	constructor({ port, conf, folder, dataDir, runDir, disk, tls, ctlLeaks }) {
		this.#disk = disk;
		this.#ctlEnv = ctlLeaks ? {} : NO_LEAKS;
		this.port = port;
		this.tls = tls;
		this.base = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
		this.folder = folder;
		this.conf = path.join(folder, "atlas.conf");
		this.settings = conf;
		this.dataDir = dataDir;
		this.runDir = runDir;
		this.logFile = path.join(folder, "atlasd.log");
		writeConf(this.conf, conf);
	}

	/** Called by startAtlas(). */
	start(env, nofile) {
		const command = [program("atlasd"), "-c", this.conf];
		if (nofile) command.unshift("prlimit", `--nofile=${nofile}`);
		if (this.#disk) command.unshift("unshare", "--mount", "--propagation", "private", "sh", "-c",
			'mount -t tmpfs -o mode=0700,size="$1" tmpfs "$2" && shift 2 && exec "$@"',
			"sh", this.#disk, this.dataDir);
		const [file, ...args] = command;
		this.#child = startChild(file, args, {
			env,
			logFile: this.logFile,
		});
		this.pid = this.#child.pid;
		this.exited = this.#child.exited;
	}

	/** Until /readyz says 200; an atlasd that has ended instead is an error with its log. */
	async ready({ ms = 15000 } = {}) {
		const isReady = async () => {
			if (!this.#child.isRunning()) return "gone";
			return (await get(this, "/readyz", { token: null })).status === 200 && "ready";
		};
		const seen = await until(isReady, { ms, what: "/readyz says 200" }).catch((error) => {
			throw new Error(`${error.message}\n${this.log()}`, { cause: error.cause });
		});
		if (seen === "gone") throw new Error(`atlasd has ended\n${this.log()}`);
		return this;
	}

	/** The admin token of the first start. */
	get token() {
		return readFileSync(this.path("admin-token"), "utf8").trim();
	}

	/** A file of its data_dir, also when that is on a disk of its own. */
	path(name) {
		const file = path.resolve(this.dataDir, name);
		return this.#disk ? `/proc/${this.pid}/root${file}` : file;
	}

	/** What atlasd has written so far. */
	log() {
		return this.#child.log();
	}

	/** The processes it has now: { pid, title, role, channel }; channel of fronts only. */
	children(role) {
		return childrenOf(this.pid)
			.map(({ pid }) => {
				const shown = title(pid);
				const [, is, channel] = /^atlasd: (\w+)(?: (\d+))?/.exec(shown) ?? [];
				return { pid, title: shown, role: is, channel: channel && Number(channel) };
			})
			.filter((child) => role === undefined || child.role === role);
	}

	/** A signal to one of its processes, the master by default. */
	kill(pid = this.pid, signal = "SIGKILL") {
		return kill(pid, signal);
	}

	/** TERM by default; gives the exit code, or the signal's name that ended it. */
	async stop(options) {
		const { code, signal } = await this.#child.stop(options);
		return code ?? signal;
	}

	/** Writes the configuration again, changed; atlasctl reload or HUP applies it. */
	configure(changes) {
		this.settings = mergeConf(this.settings, changes);
		writeConf(this.conf, this.settings);
	}

	/** What people see: atlasctl -c CONF ARGS...: { code, stdout, stderr }. */
	say(...args) {
		return this.#run(args, {});
	}

	#run(args, env) {
		return runToEnd(program("atlasctl"), ["-c", this.conf, ...args], { env });
	}

	/** atlasctl -c CONF --json ARGS...: { code, json, stdout, stderr }. */
	async ctl(...args) {
		const ended = await this.#run(["--json", ...args], this.#ctlEnv);
		let json;
		try {
			json = JSON.parse(ended.stdout);
		} catch {
			json = undefined;
		}
		return { ...ended, json };
	}
}
