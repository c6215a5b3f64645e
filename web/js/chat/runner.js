// Answers being written, one at most for each chat; they go on while another chat or view is
// shown. A limit that is reached is waited for, and the wait is told.

import * as format from "../format.js";
import { mayPass, REASONS } from "../reasons.js";
import { nameNode, turnBefore } from "./store.js";
import { turn } from "./turn.js";

const TRIES = 5;
const OFFLINE = "Atlas cannot be reached; it may be restarting. What you asked stays here: try again in a moment.";
const STATES = { queued: "Waiting in the queue…", sent: "The model is thinking…", using_tools: "Looking it up in Atlas…" };

/** What is to be said of an answer that has not ended by itself, by its finish_reason. */
const ENDS = {
	length: ({ maxTokens }) => `Cut at the token limit: ${maxTokens ? `this chat's settings let an answer have ${format.many(maxTokens, "token")}` : "the model writes no more in one answer"}. Ask it to go on for the rest.`,
	content_filter: () => "The provider's content filter has held back the rest of this answer.",
};

const isAboutLimits = (error) =>
	(error.status === 429 && error.code !== "insufficient_quota") ||
	((error.status === 503 || !error.status) && error.retryAfterMs > 0);

const inQueue = ({ position, estimated_wait_ms: wait, times_out: isInVain }) =>
	`${position ? `Position ${format.count(position)} in the queue` : "Waiting for its turn"}${wait ? `, ${isInVain ? "given up unsent in" : "about"} ${format.seconds(wait / 1000)}` : ""}`;

const because = ({ reason }) => (REASONS[reason] ? `because ${REASONS[reason]}` : "it starts as soon as those before it have");

/** Whoever listens is told: onChange(chat, node), something to show; onEnd(chat, node), no more
 * will come. */
export function createRunner({ api }) {
	const running = new Map();
	let onChange = () => {};
	let onEnd = () => {};

	function stop(chat) {
		for (const [one, end] of running) if (!chat || one === chat) end.abort();
	}

	function take(chat, node, event) {
		switch (event.is) {
			case "session":
				node.requestId = event.id;
				nameNode(chat, node, event.id);
				node.contextNote = event.context_note;
				break;
			case "status":
				node.waiting = STATES[event.state] ?? "";
				node.because = undefined;
				break;
			case "queue":
				node.waiting = inQueue(event);
				node.because = because(event);
				break;
			case "delta":
				node.text += event.text;
				break;
			case "tool":
				node.tools = [...(node.tools ?? []), event];
				if (node.text) node.text += "\n\n";
				break;
			case "usage":
				node.usage = event;
				node.note = ENDS[event.finish_reason]?.(chat);
		}
		onChange(chat, node);
	}

	/** The countdown of a limit; gives when it is over or the reader has stopped. */
	function delay(chat, node, error, end) {
		return new Promise((resolve) => {
			const until = performance.now() + (error.retryAfterMs || 2000);
			const tick = () => {
				const left = until - performance.now();
				if (left <= 0 || end.signal.aborted) {
					clearInterval(clock);
					resolve();
					return;
				}
				node.waiting = `Trying again by itself in ${format.seconds(left / 1000)}`;
				node.because = error.message.replace(/ Please try again in .*$/, "");
				onChange(chat, node);
			};
			const clock = setInterval(tick, 250);
			end.signal.addEventListener("abort", tick);
			tick();
		});
	}

	async function attempts(chat, asked, node, end) {
		for (let n = 1; ; n++) {
			try {
				for await (const event of turn({ api, chat, after: turnBefore(chat, asked), message: asked.text, signal: end.signal })) take(chat, node, event);
				return;
			} catch (error) {
				if (n === TRIES || node.text || !isAboutLimits(error) || end.signal.aborted) throw error;
				await delay(chat, node, error, end);
			}
		}
	}

	return {
		stop,
		isRunning: (chat) => running.has(chat),
		chats: () => [...running.keys()],
		listen(heard) {
			({ onChange, onEnd } = heard);
		},
		async run(chat, asked, node) {
			const end = new AbortController();
			running.set(chat, end);
			try {
				await attempts(chat, asked, node, end);
			} catch (error) {
				if (end.signal.aborted) {
					node.isStopped = true;
					node.note = node.text ? "Stopped. What had been written until then is billed." : "Stopped before there was a word of it.";
				}
				else {
					node.error = error.code === "offline" ? OFFLINE : error.message;
					node.errorCode = error.code;
					node.mayPass = mayPass({ ...error, hasBegun: Boolean(node.text) });
					node.requestId ||= error.requestId;
				}
			}
			running.delete(chat);
			node.isRunning = false;
			onChange(chat, node);
			onEnd(chat, node);
		},
	};
}
