// Why a request waits, as the queue tells it, in words that end a sentence.

export const REASONS = {
	requests: "the limit on requests is used up",
	tokens: "the limit on tokens is used up",
	pace: "the pace is held down after a throttle",
	backoff: "OpenAI has asked to wait",
	concurrency: "as many requests run as may",
};
