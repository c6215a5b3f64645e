// The master's control socket, without a process for each question.

import net from "node:net";
import path from "node:path";

/** Its answer to a command, as JSON. */
export function control(atlas, command, more = {}) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(path.join(atlas.runDir, "control"));
		let text = "";
		socket.setEncoding("utf8").on("error", reject);
		socket.on("close", () => reject(new Error(`no answer to ${command}: ${JSON.stringify(text)}`)));
		socket.on("data", (piece) => {
			text += piece;
			if (!text.endsWith("\n")) return;
			resolve(JSON.parse(text));
			socket.destroy();
		});
		socket.write(`${JSON.stringify({ command, ...more })}\n`);
	});
}
