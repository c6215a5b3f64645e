// Sixty changes of the queue, each told within 250 ms.

process.env.QUEUE_TOLD_CHANGES ??= "60";
await import("../stories/queue_events.test.mjs");
