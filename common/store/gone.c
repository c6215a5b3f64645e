/* A table of hashes, by themselves, half of it empty. */
#include "store/gone.h"

#include <stdlib.h>

enum { GONE_FIRST = 4096 };

struct gone {
	uint32_t n, cells; /* a power of two */
	uint32_t *cell;    /* 0 = empty */
};

static void make_cells(struct gone *g, uint32_t cells)
{
	g->cells = cells;
	g->cell = calloc(cells, sizeof *g->cell);
	must(g->cell != NULL);
}

struct gone *gone_new(void)
{
	struct gone *g = calloc(1, sizeof *g);
	must(g != NULL);
	make_cells(g, GONE_FIRST);
	return g;
}

void gone_free(struct gone *g)
{
	if (g == NULL)
		return;
	free(g->cell);
	free(g);
}

/* Where it is, or belongs. */
static uint32_t *cell_of(const struct gone *g, uint32_t hash)
{
	uint32_t at = hash & (g->cells - 1);
	while (g->cell[at] != 0 && g->cell[at] != hash)
		at = (at + 1) & (g->cells - 1);
	return &g->cell[at];
}

/* 0 means empty, so whoever has it has 1. */
static uint32_t stored(uint32_t hash)
{
	return hash != 0 ? hash : 1;
}

static void grow(struct gone *g)
{
	struct gone before = *g;
	make_cells(g, 2 * before.cells);
	for (uint32_t i = 0; i < before.cells; i++)
		if (before.cell[i] != 0)
			*cell_of(g, before.cell[i]) = before.cell[i];
	free(before.cell);
}

void gone_add(struct gone *g, uint32_t hash)
{
	hash = stored(hash);
	if (gone_has(g, hash))
		return;
	if (2 * (g->n + 1) > g->cells)
		grow(g);
	*cell_of(g, hash) = hash;
	g->n++;
}

void gone_join(struct gone *g, const struct gone *more)
{
	for (uint32_t i = 0; i < more->cells; i++)
		if (more->cell[i] != 0)
			gone_add(g, more->cell[i]);
}

bool gone_has(const struct gone *g, uint32_t hash)
{
	return g->n >= GONE_MAX || *cell_of(g, stored(hash)) != 0;
}
