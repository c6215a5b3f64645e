// Server-sent events from bytes, as the HTML standard reads them.

/** Yields { event, data } for each event; comments are yielded as { comment }. */
export async function* events(source) {
	const decoder = new TextDecoder();
	let rest = "";
	let event = "";
	let data = [];
	for await (const piece of source) {
		rest += decoder.decode(piece, { stream: true });
		for (let end; (end = rest.indexOf("\n")) >= 0; rest = rest.slice(end + 1)) {
			const line = rest.slice(0, end).replace(/\r$/, "");
			if (line === "") {
				if (data.length) yield { event: event || "message", data: data.join("\n") };
				event = "";
				data = [];
				continue;
			}
			const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
			if (field === "") yield { comment: value };
			else if (field === "event") event = value;
			else if (field === "data") data.push(value);
		}
	}
}
