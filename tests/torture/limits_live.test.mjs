// A hundred thousand attempts by 8 fronts × 64 connections, in at most 120 s.
process.env.ATLAS_LIVE_ATTEMPTS ??= "100000";
process.env.ATLAS_LIVE_RPM ??= "60000";
await import("../stories/limits_live.test.mjs");
