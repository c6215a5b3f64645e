// What a client token may be bounded by: name, label, how a number of it is shown.

import * as format from "./format.js";

export const LIMITS = [
	["requests_per_minute", "Requests a minute", format.short],
	["requests_per_hour", "Requests an hour", format.short],
	["tokens_per_minute", "Tokens a minute", format.short],
	["tokens_per_hour", "Tokens an hour", format.short],
	["concurrent", "Requests at a time", format.short],
	["budget_day", "Dollars a day", format.usd],
	["budget_week", "Dollars a week", format.usd],
	["budget_month", "Dollars a month", format.usd],
	["priority", "Highest priority", String],
	["max_tokens", "Largest max_tokens", format.short],
	["max_prompt", "Longest prompt, characters", format.short],
	["models", "Models, by commas", String],
];
