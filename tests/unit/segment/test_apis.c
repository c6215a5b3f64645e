/* The lists of endpoints and of failures. */
#include "../unit.h"
#include "segment/exchange.h"

#include <string.h>

START_TEST(every_endpoint_but_the_relayed_one_has_a_path_of_its_own)
{
	for (unsigned a = 0; a < EXCHANGE_APIS; a++) {
		struct str path = api_get((enum exchange_api)a)->path;
		ck_assert((path.n > 0) == (a != API_RELAYED));
		ck_assert(path.n == 0 || path.p[0] == '/');
		for (unsigned b = 0; b < a; b++) {
			struct str other = api_get((enum exchange_api)b)->path;
			ck_assert(path.n != other.n ||
				  memcmp(path.p, other.p, path.n) != 0);
		}
	}
	ck_assert_int_eq(API_CHAT_COMPLETIONS, 0); /* stored in the ledger */
}
END_TEST

START_TEST(every_failure_has_a_name_of_its_own_and_an_error)
{
	for (unsigned f = 0; f < EXCHANGE_FAILURES; f++) {
		enum exchange_failure failure = (enum exchange_failure)f;
		ck_assert_uint_ge(
			apierr_row(exchange_failure_reason(failure))->status, 400);
		for (unsigned g = 0; g < f; g++)
			ck_assert_str_ne(exchange_failure_name(failure),
				exchange_failure_name((enum exchange_failure)g));
	}
	ck_assert_int_eq(exchange_failure_reason(EXCHANGE_FAILURES), APIERR_INTERNAL);
}
END_TEST

UNIT_MAIN("apis", every_endpoint_but_the_relayed_one_has_a_path_of_its_own,
	every_failure_has_a_name_of_its_own_and_an_error)
