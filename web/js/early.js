// What cannot wait for the modules, in a script of its own: the theme before the first paint,
// so that nothing flashes; whether the chat comes, whose box stands in index.html; and that
// Enter in that box sends, once there is somebody who can. Storage may be refused.
{
	const root = document.documentElement;
	const kept = (storage, key) => {
		try {
			return globalThis[storage].getItem(key);
		} catch {
			return null;
		}
	};
	const wanted = kept("localStorage", "atlas.theme");
	if (wanted === "light" || wanted === "dark") root.dataset.theme = wanted;

	const isKnown = location.hash.startsWith("#token=") || history.state?.token || kept("sessionStorage", "atlas.token");
	if (!isKnown || !/^(#(chat|token=).*)?$/.test(location.hash)) root.dataset.begins = "elsewhere";

	document.addEventListener("keydown", (event) => {
		if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.closest(".standing textarea")) return;
		event.preventDefault();
		root.dataset.wants = "send";
	});
}
