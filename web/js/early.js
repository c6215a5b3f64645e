// What cannot wait for the modules, in a script of its own: the theme before the first paint,
// so that nothing flashes; whether the chat comes, whose box stands in index.html; and what is
// sent from that box, kept until there is somebody who can send it. Storage may be refused.
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

	const keep = (event, form) => {
		if (!form) return;
		event.preventDefault();
		const box = form.querySelector("textarea");
		if (root.dataset.wants || !box.value.trim()) return;
		root.dataset.wants = box.value.trim();
		box.value = "";
	};
	document.addEventListener("submit", (event) => keep(event, event.target.closest(".standing form")));
	document.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches(".standing textarea")) keep(event, event.target.form);
	});
}
