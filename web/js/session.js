// Who is at this page: the token of "#token=…", kept for this tab only, and what it may do.

const KEY = "atlas.token";

/** The token, taken out of the address so that it is in no bookmark and no history. */
export function takeToken() {
	const given = new URLSearchParams(location.hash.slice(1)).get("token");
	if (given) {
		keepToken(given);
		history.replaceState(null, "", location.pathname + location.search);
	}
	return sessionStorage.getItem(KEY);
}

export const keepToken = (token) => sessionStorage.setItem(KEY, token.trim());
export const dropToken = () => sessionStorage.removeItem(KEY);

async function may(ask) {
	try {
		await ask();
		return true;
	} catch (error) {
		if (error.status === 403) return false;
		throw error;
	}
}

/**
 * { chat, monitor, admin }. Chat tokens may talk, monitor tokens may watch, and only an
 * administrator's may do both.
 */
export async function askRights(api) {
	const [chat, monitor] = await Promise.all([
		may(() => api.get("/v1/models")),
		may(() => api.get("/monitoring/token-usage", { hours: 1 })),
	]);
	return { chat, monitor, admin: chat && monitor };
}
