// Why a request waits, as the queue tells it, in words that end a sentence; and which failures
// may not come again.

export const REASONS = {
	requests: "the limit on requests is used up",
	tokens: "the limit on tokens is used up",
	pace: "the pace of its key is held down",
	backoff: "OpenAI has asked to wait",
	faults: "OpenAI does not answer, or with errors",
	concurrency: "as many requests run as may",
};

// By the codes of those that are not the request's own fault; the upstream has many names for that.
const PASSING = /^(offline|cut|unreadable|request_timeout|session_busy|rate_limit_exceeded|slow_down|insufficient_quota|request_cancelled|internal_error|server_error|upstream_(?!refused).*|queue_.*|.*_memory_full|ledger_unavailable|draining|service_stopped|dispatch_unavailable)$/;

/** Can the same request succeed another time? One whose answer had begun is sound. */
export const mayPass = ({ code, status, hasBegun }) => hasBegun || status >= 500 || PASSING.test(code);
