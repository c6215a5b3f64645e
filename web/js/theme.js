// The theme before the first paint: a script of its own, so that nothing flashes.
{
	const wanted = localStorage.getItem("atlas.theme");
	if (wanted === "light" || wanted === "dark") document.documentElement.dataset.theme = wanted;
}
