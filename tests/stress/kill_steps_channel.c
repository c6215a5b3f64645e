/*
 * Death at every instruction of what changes a channel: its end, and the hints that dispatch
 * leaves in it for its front.
 */
#include "steps.h"

#include "segment/channel.h"

enum { AT_WORDS = 0, AT_CHANNEL = 16384, N_EXCHANGES = 2 };

static struct channel channel_in(struct map *map)
{
	struct channel c;
	must(channel_attach(&c, map,
		map_at(map, AT_WORDS, sizeof(struct channel_words), CACHE_LINE_BYTES)));
	return c;
}

#define CHANNEL(c, mem)                                                                \
	struct map map = {mem, STEPS_MEM_BYTES, -1};                                   \
	struct channel c = channel_in(&map)

static void open_channel(void *mem)
{
	struct map map = {mem, STEPS_MEM_BYTES, -1};
	struct channel_words *words =
		map_at(&map, AT_WORDS, sizeof *words, CACHE_LINE_BYTES);
	(void)channel_layout(words, AT_CHANNEL, N_EXCHANGES, 8192);
	channel_format(&map, words);
	channel_open(words, 7);
}

static void run_life(void *mem)
{
	CHANNEL(c, mem);
	channel_close(c.words);
	channel_release(c.words, 7, 40);
}

static bool check_life(void *mem)
{
	CHANNEL(c, mem);
	enum channel_state s = channel_state(c.words);
	bool may = channel_may_wipe(c.words, 40, true);
	return channel_generation(c.words) == 7 &&
	       !channel_may_wipe(c.words, 39, true) &&
	       !channel_may_wipe(c.words, 40, false) &&
	       (may ? channel_is_released(c.words) : true) &&
	       (s == CHANNEL_LIVE || s == CHANNEL_DEAD) && (s == CHANNEL_DEAD || !may);
}

static void run_tell(void *mem)
{
	CHANNEL(c, mem);
	for (uint32_t i = 0; i < 2 * N_EXCHANGES + 1; i++)
		channel_tell(&c, (struct exchange_ref){i % N_EXCHANGES, i});
}

static bool check_tell(void *mem)
{
	CHANNEL(c, mem);
	struct exchange_ref r;
	uint32_t n = 0;
	while (channel_next_news(&c, &r))
		if (r.generation != n++)
			return false;
	channel_tell(&c, (struct exchange_ref){1, 1});
	return n <= 2 * N_EXCHANGES && channel_news_lost(&c) <= 1 &&
	       channel_next_news(&c, &r) && r.slot == 1;
}

static void setup_told(void *mem)
{
	open_channel(mem);
	CHANNEL(c, mem);
	for (uint32_t i = 0; i < 3; i++)
		channel_tell(&c, (struct exchange_ref){0, i});
}

static void run_next_news(void *mem)
{
	CHANNEL(c, mem);
	struct exchange_ref r;
	(void)!channel_next_news(&c, &r);
}

static bool check_next_news(void *mem)
{
	CHANNEL(c, mem);
	struct exchange_ref r;
	if (!channel_next_news(&c, &r) || r.generation > 1)
		return false;
	for (uint32_t next = r.generation + 1; next < 3; next++)
		if (!channel_next_news(&c, &r) || r.generation != next)
			return false;
	return !channel_next_news(&c, &r);
}

static const struct steps_case cases[] = {
	{"channel_close, channel_release", open_channel, run_life, check_life, false},
	{"channel_tell", open_channel, run_tell, check_tell, false},
	{"channel_next_news", setup_told, run_next_news, check_next_news, false},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}
