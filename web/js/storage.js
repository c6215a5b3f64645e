// What the browser keeps for the page, of this tab and of all. Where it keeps nothing, as with
// all cookies blocked or its room used up, what was to be kept is known until the next reload.

function storage(name) {
	const held = new Map(); // what the browser has refused
	const attempt = (act) => {
		try {
			return act(globalThis[name]);
		} catch {
			return undefined;
		}
	};
	return {
		/** undefined where there is none. */
		get: (key) => held.get(key) ?? attempt((kept) => kept.getItem(key)) ?? undefined,
		set(key, value) {
			held.set(key, value);
			attempt((kept) => {
				kept.setItem(key, value);
				held.delete(key);
			});
		},
		remove(key) {
			held.delete(key);
			attempt((kept) => kept.removeItem(key));
		},
		keys: () => [...new Set([...held.keys(), ...(attempt(Object.keys) ?? [])])],
		clear() {
			held.clear();
			attempt((kept) => kept.clear());
		},
		isRefused: () => attempt((kept) => kept.length) === undefined,
	};
}

export const ofTab = storage("sessionStorage");
export const ofAll = storage("localStorage");
