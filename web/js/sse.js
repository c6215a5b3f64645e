// Server-sent events of a fetch's body: { event, data }, one by one. An EventSource cannot
// send a token.

/** Yields events until the body ends. */
export async function* events(body) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	try {
		for (;;) {
			const { value, done } = await reader.read();
			if (done) return;
			rest += value;
			let end;
			while ((end = boundary(rest))) {
				const event = parse(rest.slice(0, end.at));
				rest = rest.slice(end.after);
				if (event) yield event;
			}
		}
	} finally {
		reader.cancel().catch(() => {});
	}
}

function boundary(text) {
	const found = /\r?\n\r?\n/.exec(text);
	return found && { at: found.index, after: found.index + found[0].length };
}

function parse(block) {
	const data = [];
	let event = "message";
	for (const line of block.split(/\r?\n/)) {
		const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
		if (name === "data") data.push(value);
		else if (name === "event") event = value;
	}
	return data.length ? { event, data: data.join("\n") } : undefined;
}
