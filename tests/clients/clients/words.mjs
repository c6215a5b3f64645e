// What every client is asked with.

import { z } from "zod";

export const MODEL = "gpt-4o-mini";
export const EMBEDDING_MODEL = "text-embedding-3-small";

export const TOOL = {
	name: "get_weather",
	description: "The weather of a city",
	parameters: {
		type: "object",
		properties: { city: { type: "string" } },
		required: ["city"],
		additionalProperties: false,
	},
};

/** The same parameters, for the clients that want a schema of zod's. */
export const TOOL_INPUT = z.object({ city: z.string() });
