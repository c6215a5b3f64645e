// Who is at this page: the token of "#token=…", kept for this tab only, and what it may do.

import { ofTab } from "./storage.js";

const KEY = "atlas.token";

/** The token of the address, taken out of it so that it is in no bookmark and no history. */
export function tokenOfAddress(instead = location.pathname + location.search) {
	const given = new URLSearchParams(location.hash.slice(1)).get("token")?.trim();
	if (given) history.replaceState(null, "", instead);
	return given;
}

/** The token of whoever is here, and another one that the address would put in its place. */
export function takeToken() {
	const given = tokenOfAddress() || undefined;
	const kept = history.state;
	const token = kept?.token ?? tokenHere() ?? given;
	const offered = given ?? kept?.offered;
	history.replaceState(null, "");
	if (token && token !== tokenHere()) {
		dropToken();
		ofTab.set(KEY, token);
	}
	return { token, offered: offered === token ? undefined : offered };
}

/** A reload finds it as if the address still had it. */
export const keepOffered = (token) => history.replaceState({ offered: token }, "");

export const tokenHere = () => ofTab.get(KEY);

function nameOf(sign) {
	if (sign === " ") return "a space";
	const code = `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
	return /[\p{L}\p{N}\p{P}\p{S}]/u.test(sign) ? `“${sign}” (${code})` : `an invisible sign (${code})`;
}

/** What keeps a text from being a token, as a sentence: only these signs can be sent as one. */
export function faultOf(token) {
	const strange = /[^!-~]/u.exec(token);
	if (!strange) return undefined;
	return `This is not a token: at place ${strange.index + 1} it has ${nameOf(strange[0])}, which no token has. Copy it again, as it was shown.`;
}

/** With all that the tab has kept for who had it. */
export const dropToken = () => ofTab.clear();

/** The page begins again as whoever has this token, also where the browser keeps nothing. */
export function beginAs(token) {
	history.replaceState({ token }, "");
	location.reload();
}

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
 * { chat, monitor, own, admin }. Chat tokens may talk and see their own use, monitor tokens
 * may watch, and only an administrator's may talk and watch.
 */
export async function askRights(api) {
	const [chat, monitor] = await Promise.all([
		may(() => api.get("/v1/models")),
		may(() => api.get("/monitoring/rate-limits")),
	]);
	return { chat, monitor, own: chat && !monitor, admin: chat && monitor };
}
