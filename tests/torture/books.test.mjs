// A hundred thousand requests with every fault mixed; ATLAS_BOOKS_REQUESTS=1000000 for more.
process.env.ATLAS_BOOKS_REQUESTS ??= "100000";
process.env.ATLAS_BOOKS_KILLS ??= "60";
await import("../stories/books.test.mjs");
