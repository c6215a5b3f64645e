// Answers being written, one at most for each chat; they go on while another chat is shown.
// A limit that is reached is waited for, and the wait is told.

import * as format from "../format.js";
import { path } from "./store.js";
import { settled, turn } from "./turn.js";

const TRIES = 5;
const TICK_MS = 1000;

const isAboutLimits = (error) => (error.status === 429 && error.code !== "insufficient_quota") || (error.status === 503 && error.retryAfterMs > 0);

/** onChange(chat, node): something to show; onEnd(chat, node): no more will come. */
export function createRunner({ api, rights, signal, onChange, onEnd }) {
	const running = new Map();

	function stop(chat) {
		for (const [one, end] of running) if (!chat || one === chat) end.abort();
	}

	async function take(chat, node, end) {
		const before = path({ ...chat, head: node.parent });
		const begun = performance.now();
		const clock = setInterval(() => {
			if (node.text || node.isDelayed) return;
			node.waiting = `Waiting for the model: ${format.seconds((performance.now() - begun) / 1000)}`;
			onChange(chat, node);
		}, TICK_MS);
		try {
			for await (const event of turn({ api, chat, messages: before, signal: end.signal })) {
				if (event.is === "begun") node.requestId = event.requestId;
				else if (event.is === "text") node.text += event.text;
				else if (event.is === "usage") node.usage = event.usage;
				else if (event.is === "end" && event.finish === "length") node.note = "The answer reached the most tokens it may have.";
				onChange(chat, node);
			}
		} finally {
			clearInterval(clock);
		}
	}

	/** The countdown of a limit; gives when it is over or the reader has stopped. */
	function delay(chat, node, error, end) {
		return new Promise((resolve) => {
			const until = performance.now() + (error.retryAfterMs || 2000);
			node.isDelayed = true;
			const tick = () => {
				const left = until - performance.now();
				if (left <= 0 || end.signal.aborted) {
					clearInterval(clock);
					node.isDelayed = false;
					resolve();
					return;
				}
				node.waiting = `${error.message.replace(/ Please try again in .*$/, "")} Trying again by itself in ${format.seconds(left / 1000)}.`;
				onChange(chat, node);
			};
			const clock = setInterval(tick, 250);
			end.signal.addEventListener("abort", tick);
			tick();
		});
	}

	async function attempts(chat, node, end) {
		for (let n = 1; ; n++) {
			try {
				await take(chat, node, end);
				return;
			} catch (error) {
				if (n === TRIES || node.text || !isAboutLimits(error) || end.signal.aborted) throw error;
				await delay(chat, node, error, end);
			}
		}
	}

	async function figures(chat, node) {
		if (!rights.monitor || !node.requestId) return;
		const row = await settled({ api, chat, requestId: node.requestId, signal }).catch(() => undefined);
		if (row) node.usage = row;
	}

	return {
		stop,
		isRunning: (chat) => running.has(chat),
		async run(chat, node) {
			const end = new AbortController();
			running.set(chat, end);
			try {
				await attempts(chat, node, end);
			} catch (error) {
				if (end.signal.aborted) node.note = "Stopped. What had been written until then is billed.";
				else {
					node.error = error.message;
					node.requestId ||= error.requestId;
				}
			}
			running.delete(chat);
			node.isRunning = false;
			onChange(chat, node);
			await figures(chat, node);
			onEnd(chat, node);
		},
	};
}
