// Certificates of one's own: each signs itself, so it is also what a client must trust.

import { readFileSync } from "node:fs";
import path from "node:path";
import { runToEnd } from "./child.mjs";

/** Makes NAME.crt and NAME.key in the folder: { certificate, key: paths, ca: its PEM }. */
export async function makePair(folder, name = "server") {
	const [certificate, key] = ["crt", "key"].map((end) => path.join(folder, `${name}.${end}`));
	const made = await runToEnd("openssl", [
		"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
		"-days", "30", "-subj", `/CN=${name}`, "-keyout", key, "-out", certificate,
		"-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
	]);
	if (made.code !== 0) throw new Error(`openssl: ${made.stderr}`);
	return { certificate, key, ca: readFileSync(certificate, "utf8") };
}

/** What [server] says of a pair. */
export const tlsConf = ({ certificate, key }) => ({
	server: { tls_certificate: certificate, tls_key: key },
});
