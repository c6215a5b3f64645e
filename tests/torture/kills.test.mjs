// Each process dies many times under load; the ordinary run takes a few of each.
for (const role of ["FRONT", "DISPATCH", "RECORD"]) process.env[`KILLS_${role}`] ??= "60";
await import("../stories/kills.test.mjs");
