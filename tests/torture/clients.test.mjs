// A hundred killed fronts of eight; an ordinary run kills six of four.

process.env.CLIENTS_KILLS ??= "100";
process.env.CLIENTS_FRONTS ??= "8";
await import("../stories/client_kills.test.mjs");
