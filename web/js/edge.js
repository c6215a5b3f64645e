// What scrolls sideways fades at its right edge as long as there is more behind it.

const PADDING_PX = 16; // of a row's end

const look = (frame) => frame.classList.toggle("more", frame.scrollWidth - frame.clientWidth - frame.scrollLeft > PADDING_PX);
const sizes = new ResizeObserver((changed) => changed.forEach(({ target }) => look(target.closest(".scroll"))));

/** frame: a .scroll with what scrolls in it. */
export function fadeEdge(frame) {
	frame.addEventListener("scroll", () => look(frame));
	sizes.observe(frame);
	sizes.observe(frame.firstElementChild);
	return frame;
}
