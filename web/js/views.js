// The views, in the order of their tabs: name in the address, label, the right it needs,
// the key that goes to it after "g", and its module, fetched when it is first shown.

export const VIEWS = [
	{ name: "chat", label: "Chat", needs: "chat", key: "c", load: () => import("./views/chat.js") },
	{ name: "own", label: "My use", needs: "own", key: "m", load: () => import("./views/own.js") },
	{ name: "overview", label: "Overview", needs: "monitor", key: "o", load: () => import("./views/overview.js") },
	{ name: "limits", label: "Limits", needs: "monitor", key: "l", load: () => import("./views/limits.js") },
	{ name: "queue", label: "Queue", needs: "monitor", key: "q", load: () => import("./views/queue.js") },
	{ name: "usage", label: "Usage", needs: "monitor", key: "u", load: () => import("./views/usage.js") },
	{ name: "performance", label: "Performance", needs: "monitor", key: "p", load: () => import("./views/performance.js") },
	{ name: "requests", label: "Requests", needs: "monitor", key: "r", load: () => import("./views/requests.js") },
	{ name: "insight", label: "Insight", needs: "monitor", key: "i", load: () => import("./views/insight.js") },
	{ name: "tokens", label: "Tokens", needs: "admin", key: "t", load: () => import("./views/tokens.js") },
];
