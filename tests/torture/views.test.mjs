// Every view through axe in both themes at both widths; the ordinary run takes one of each.
process.env.ATLAS_EVERY_LOOK = "yes";
await import("../browser/views.test.mjs");
