// The views, in the order of their tabs: name in the address, label, the right it needs,
// the key that goes to it after "g", and its module, fetched when it is first shown.

export const VIEWS = [
	{ name: "chat", label: "Chat", needs: "chat", key: "c", load: () => import("./views/chat.js") },
	{ name: "overview", label: "Overview", needs: "monitor", key: "o", load: () => import("./views/overview.js") },
	{ name: "usage", label: "Usage", needs: "monitor", key: "u", load: () => import("./views/usage.js") },
];
