// All that a story needs: import { startSim, startAtlas, chat } from "./lib/index.mjs".

export { NO_LEAKS, startAtlas } from "./atlas.mjs";
export { chat, chatStream } from "./chat.mjs";
export { kill, makeFolder, program, runToEnd, startChild } from "./child.mjs";
export { confText } from "./conf.mjs";
export { get, post, request } from "./http.mjs";
export { leaks } from "./leaks.mjs";
export { ledgerEqualsBill, settled, usage } from "./ledger.mjs";
export { metrics } from "./metrics.mjs";
export { freePort, isListening } from "./port.mjs";
export { parseAnswers, raw } from "./raw.mjs";
export { serve } from "./server.mjs";
export { AS_ROOT } from "./root.mjs";
export { startSim } from "./sim.mjs";
export { makePair, tlsConf } from "./tls.mjs";
export { until, within } from "./until.mjs";
