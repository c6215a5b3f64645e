/* The provider's dollars. */
#include "insight/reconcile_parts.h"

#include "base/num.h"

#include <string.h>
#include <strings.h>

#define NANO       UINT64_C(1000000000)
#define AMOUNT_MAX (UINT64_C(10000000) * NANO)

/* "e-05" behind the digits of *s is taken off; false = it is there, and none that money has. */
static bool take_exponent(struct str *s, bool *is_negative, uint64_t *by)
{
	const char *e = memchr(s->p, 'e', s->n);
	if (e == NULL)
		e = memchr(s->p, 'E', s->n);
	*by = 0;
	if (e == NULL)
		return true;
	struct str power = {e + 1, s->n - (size_t)(e + 1 - s->p)};
	s->n = (size_t)(e - s->p);
	*is_negative = power.n > 0 && power.p[0] == '-';
	if (power.n > 0 && (*is_negative || power.p[0] == '+'))
		power.p++, power.n--;
	return num_parse_u64(power, by) && *by < 100;
}

bool reconcile_amount(struct str s, uint64_t *nanousd)
{
	bool is_negative = false;
	uint64_t by;
	if (!take_exponent(&s, &is_negative, &by) || !num_parse_fixed(s, NANO, nanousd))
		return false;
	for (; by > 0 && *nanousd <= AMOUNT_MAX; by--)
		*nanousd = is_negative ? *nanousd / 10 : *nanousd * 10;
	return *nanousd <= AMOUNT_MAX;
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
