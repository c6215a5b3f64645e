// Where etc/models.json and the oracle part, each with its reason. What stands here and is
// not so any more fails the test: the lists only hold what is true today.

/** The oracle's models that Atlas's endpoints never serve, by the oracle's id. */
export const NOT_SERVED = {
	"gpt-4o-mini-realtime-preview": "realtime sessions only",
	"gpt-4o-realtime-preview": "realtime sessions only",
	"gpt-realtime": "realtime sessions only",
	"gpt-realtime-2": "realtime sessions only",
	"gpt-realtime-mini": "realtime sessions only",
	"gpt-4o-mini-transcribe": "audio transcription only",
	"gpt-4o-transcribe": "audio transcription only",
	"gpt-transcribe": "audio transcription only, priced by the hour",
	"whisper-1": "audio transcription only, priced by the hour",
	"gpt-4o-mini-tts": "speech only",
	"gpt-image-1": "images only",
	"gpt-image-1-mini": "images only",
	"gpt-image-1.5": "images only",
	"gpt-image-2": "images only",
	moderation: "free, and on an endpoint of its own",
	"gpt-5-image": "another gateway's name; OpenAI's API has no such model",
	"gpt-5-image-mini": "another gateway's name; OpenAI's API has no such model",
	"gpt-5.4-image-2": "another gateway's name; OpenAI's API has no such model",
	"gpt-4o:extended": "another gateway's name; OpenAI's API has no such model",
	"gpt-chat-latest": "another gateway's name and price; OpenAI lists none",
	"gpt-oss-120b": "open weights: whoever serves them sets the price",
	"gpt-oss-20b": "open weights: whoever serves them sets the price",
	"gpt-oss-safeguard-20b": "open weights: whoever serves them sets the price",
	ada: "switched off in 2024",
	babbage: "switched off in 2024",
	curie: "switched off in 2024",
	davinci: "switched off in 2024",
	"text-davinci-002": "switched off in 2024",
	"text-davinci-003": "switched off in 2024",
	"gpt-3.5-0301": "switched off in 2024",
	"gpt-3.5-turbo-0613": "switched off in 2024",
	"gpt-3.5-turbo-16k": "switched off in 2024",
	"gpt-4-32k": "switched off in 2025",
	"gpt-4o-mini-2024-07-18.ft-": "Azure's spelling of a fine-tuned model",
};

/** Names under which the oracle also knows a model, and no reply of OpenAI has. */
export const NOT_NAMES = {
	"gpt-35-turbo": "Azure's spelling",
	"gpt-4-turbo-0125-preview": "never was a name of OpenAI's",
	"gpt-5-chat": "another gateway's spelling of gpt-5-chat-latest",
	"gpt-5.1-chat": "another gateway's spelling of gpt-5.1-chat-latest",
	"gpt-5.2-chat": "another gateway's spelling of gpt-5.2-chat-latest",
	"gpt-5.3-chat": "another gateway's spelling of gpt-5.3-chat-latest",
	"gpt-5.3": "another gateway's spelling of gpt-5.3-chat-latest",
	"gpt-5.1-mini": "another gateway's spelling of gpt-5.1-codex-mini",
	"gpt-5.5-chat": "OpenAI has no such model",
	"gpt-5.5-chat-latest": "OpenAI has no such model",
	"gpt-5.5-codex": "OpenAI has no such model",
	"codex-mini": "another gateway's spelling of codex-mini-latest",
	"o3-mini-high": "another gateway's spelling of an effort",
	"o4-mini-high": "another gateway's spelling of an effort",
	"text-embedding-ada": "a short form that no reply has",
};

/** gpt-5-2-codex for gpt-5.2-codex: gateways write it so, OpenAI does not. */
export const isDashed = (name, names) =>
	names.includes(name.replace(/^gpt-(\d)-(\d)(?=-|$)/, "gpt-$1.$2")) && /^gpt-\d-\d(-|$)/.test(name);

/** Names to ask about where the oracle only knows how they begin. */
export const SAMPLES = {
	"computer-use": ["computer-use-preview", "computer-use-preview-2025-03-11"],
	"ft:gpt-3.5-turbo-": ["ft:gpt-3.5-turbo-0125:acme::1", "ft:gpt-3.5-turbo:acme::1"],
	"ft:gpt-4o": ["ft:gpt-4o-2024-08-06:acme::1", "ft:gpt-4o-2024-11-20:acme:x:1"],
	"ft:gpt-4o-mini": ["ft:gpt-4o-mini-2024-07-18:acme::1"],
	"gpt-4.5-preview": ["gpt-4.5-preview", "gpt-4.5-preview-2025-02-27"],
	"gpt-4o-audio-preview": [
		"gpt-4o-audio-preview",
		"gpt-4o-audio-preview-2024-10-01",
		"gpt-4o-audio-preview-2025-06-03",
	],
	"gpt-4o-mini-audio-preview": ["gpt-4o-mini-audio-preview-2024-12-17"],
};

/** Our models that the oracle does not know. */
export const NEWER = {
	"gpt-6.2-astra": "of November 2026; second hand, from announcements",
	"gpt-6.2-sol": "of November 2026; from OpenAI's model page",
	"gpt-6.1-sol": "of September 2026; second hand, from announcements",
	"gpt-6.1-terra": "of October 2026; second hand, from announcements",
	"davinci-002": "the oracle left it out; from other price lists",
	"babbage-002": "the oracle left it out; from other price lists",
	"ft:gpt-4.1": "the oracle left it out; from other price lists",
	"ft:gpt-4.1-mini": "the oracle left it out; from other price lists",
	"ft:gpt-4.1-nano": "the oracle left it out; from other price lists",
	"ft:o4-mini": "the oracle left it out; from other price lists",
};

/** "NAME KIND" → why our rate is another than the oracle's. */
export const OTHER_RATES = {
	"o3 cached": "before 2025-06-10 cached input was a quarter of $10; the oracle has today's",
	"ft:gpt-4o cached": "OpenAI lists cached input at half; the oracle has none",
	"ft:gpt-4o-mini cached": "OpenAI lists cached input at half; the oracle has none",
	"gpt-4o-audio-preview audio_input": "the oracle has text only",
	"gpt-4o-audio-preview audio_output": "the oracle has text only",
	"gpt-4o-audio-preview-2024-10-01 audio_input": "the oracle has text only",
	"gpt-4o-audio-preview-2024-10-01 audio_output": "the oracle has text only",
	"gpt-4o-mini-audio-preview audio_input": "the oracle has text only",
	"gpt-4o-mini-audio-preview audio_output": "the oracle has text only",
};

// The oracle knows no tiers. OpenAI's rule for flex and batch is half of the standard rate;
// what its list of fast (once priority) rates says, as a factor in hundredths. Tiers that
// OpenAI lists without a cached rate have none here either.
export const FAST = {
	"gpt-6.2-astra": 200, "gpt-6.2-sol": 200, "gpt-6.1-sol": 200, "gpt-6.1-terra": 200,
	"gpt-6-astra": 200, "gpt-6-sol": 200, "gpt-6-luna": 200,
	"gpt-5.6-sol": 200, "gpt-5.6-terra": 200, "gpt-5.6-luna": 200,
	"gpt-5.5": 250, "gpt-5.4": 200, "gpt-5.4-mini": 200,
	"gpt-5.3-codex": 200, "gpt-5.2": 200,
	"gpt-5.1": 200, "gpt-5.1-codex": 200, "gpt-5.1-codex-mini": 180,
	"gpt-5": 200, "gpt-5-mini": 180, "gpt-5-codex": 200,
	"gpt-4.1": 175, "gpt-4.1-mini": 175, "gpt-4.1-nano": 200,
	"gpt-4o": 170, "gpt-4o-2024-05-13": 175, o3: 175,
};

/** Fast rates that are no single factor of the standard ones, in dollars. */
export const FAST_RATES = {
	"gpt-4o-mini": { input: "0.25", cached: "0.125", output: "1" },
	"o4-mini": { input: "2", cached: "0.5", output: "8" },
};
