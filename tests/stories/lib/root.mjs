// For a test that stands in another account's shoes: test(name, AS_ROOT, …). scripts/test
// knows it by its reason.

export const AS_ROOT = { skip: process.getuid() !== 0 && "needs root" };
