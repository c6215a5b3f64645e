/* The provider's dollars. */
#include "insight/reconcile_parts.h"

#include <strings.h>

#define AMOUNT_MAX UINT64_C(10000000000000000) /* ten million dollars, 10^16 */

enum {
	NANO_PLACES = 9,
	AMOUNT_POWER = 16,
	POWER_MAX = 1000000000 /* beyond it a power of ten stays there */
};

/* -12.5e-3 */
struct decimal {
	bool is_negative;
	struct str whole, part; /* digits on either side of the point */
	int64_t power;
};

static bool take(struct str *s, char one, char other)
{
	bool is_there = s->n > 0 && (*s->p == one || *s->p == other);
	s->p += is_there, s->n -= is_there;
	return is_there;
}

static struct str take_digits(struct str *s)
{
	struct str digits = {s->p, 0};
	while (digits.n < s->n && s->p[digits.n] >= '0' && s->p[digits.n] <= '9')
		digits.n++;
	s->p += digits.n, s->n -= digits.n;
	return digits;
}

static bool take_power(struct str *s, int64_t *power)
{
	bool is_negative = s->n > 0 && *s->p == '-';
	(void)take(s, '-', '+');
	struct str digits = take_digits(s);
	for (size_t i = 0; i < digits.n; i++)
		*power = MIN(*power * 10 + (digits.p[i] - '0'), POWER_MAX);
	*power = is_negative ? -*power : *power;
	return digits.n > 0;
}

static bool take_decimal(struct str *s, struct decimal *d)
{
	*d = (struct decimal){.is_negative = take(s, '-', '-')};
	d->whole = take_digits(s);
	bool has_point = take(s, '.', '.');
	d->part = has_point ? take_digits(s) : STR("");
	return d->whole.n > 0 && (!has_point || d->part.n > 0) &&
	       (!take(s, 'e', 'E') || take_power(s, &d->power));
}

/* Digits of which the first stands for that power of ten: what is below one is cut off. */
static bool add_digits(uint64_t *sum, struct str digits, int64_t power)
{
	for (size_t i = 0; i < digits.n; i++, power--) {
		uint64_t v = (uint64_t)(digits.p[i] - '0');
		if (v == 0 || power < 0)
			continue;
		if (power > AMOUNT_POWER)
			return false;
		for (int64_t by = power; by > 0; by--)
			v *= 10;
		*sum += v;
	}
	return *sum <= AMOUNT_MAX;
}

bool reconcile_amount(struct str s, bool *is_credit, uint64_t *nanousd)
{
	struct decimal d;
	*nanousd = 0;
	if (!take_decimal(&s, &d) || s.n > 0)
		return false;
	*is_credit = d.is_negative;
	d.power += NANO_PLACES;
	return add_digits(nanousd, d.whole, d.power + (int64_t)d.whole.n - 1) &&
	       add_digits(nanousd, d.part, d.power - 1);
}

bool reconcile_cost(struct reconcile *r, uint64_t day, bool is_credit, uint64_t nanousd,
	struct err *e)
{
	struct totals back = {.cost_nanousd = is_credit ? nanousd : 0};
	struct totals charge = {.cost_nanousd = is_credit ? 0 : nanousd};
	r->told |= 1u << RECONCILE_COST;
	reconcile_sum(r->credits, day, STR(""), &back);
	return reconcile_theirs(r, day, STR(""), &charge, e);
}

bool reconcile_is_foreign(struct str currency)
{
	return currency.n > 0 &&
	       (currency.n != 3 || strncasecmp(currency.p, "usd", 3) != 0);
}

bool reconcile_holds(struct reconcile *r, enum reconcile_kind kind)
{
	bool is_other = r->kind != RECONCILE_EMPTY && r->kind != kind;
	r->kind = kind;
	return !is_other;
}
