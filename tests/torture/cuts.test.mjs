// The stories of a hostile upstream, with a stream that is cut at each of its bytes.

process.env.ATLAS_HOSTILE_CUTS = "all";
await import("../stories/hostile.test.mjs");
