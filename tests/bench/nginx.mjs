// nginx as a reverse proxy with keep-alive upstream: the yardstick.

import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { freePort, get, makeFolder, startChild, until } from "../stories/lib/index.mjs";
import { childrenOf } from "../stories/lib/proc.mjs";

const conf = (folder, port, upstream) => `
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 2;
worker_rlimit_nofile 65536;
events { worker_connections 20000; }
http {
	access_log off;
	client_body_temp_path ${folder}/body;
	proxy_temp_path ${folder}/proxy;
	fastcgi_temp_path ${folder}/fastcgi;
	uwsgi_temp_path ${folder}/uwsgi;
	scgi_temp_path ${folder}/scgi;
	client_body_buffer_size 64k;
	keepalive_requests 1000000000;
	upstream sim { server 127.0.0.1:${upstream.port}; keepalive 256; keepalive_requests 1000000000; }
	server {
		listen 127.0.0.1:${port} backlog=4096;
		location / {
			proxy_pass http://sim;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_buffering off;
		}
	}
}
`;

export async function startNginx(upstream) {
	const folder = makeFolder(os.tmpdir());
	const port = await freePort();
	for (const name of ["body", "proxy"]) mkdirSync(path.join(folder, name));
	const file = path.join(folder, "nginx.conf");
	writeFileSync(file, `user root;${conf(folder, port, upstream)}`);
	const child = startChild("nginx", ["-e", "stderr", "-p", folder, "-c", file], {
		logFile: path.join(folder, "log"),
	});
	const target = {
		name: "nginx",
		port,
		token: upstream.apiKey,
		pids: () => [child.pid, ...childrenOf(child.pid).map(({ pid }) => pid)],
		stop: () => child.stop({ signal: "SIGQUIT" }),
	};
	const answers = async () => (await get(target, "/v1/models")).status === 200;
	await until(answers, { what: `nginx answers\n${child.log()}` });
	return target;
}
