// A hundred killed fronts; an ordinary run kills six.

process.env.CLIENTS_KILLS ??= "100";
await import("../stories/client_kills.test.mjs");
