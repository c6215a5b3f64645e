# Atlas. One file, no recursion. Folders are discovered: a new .c in common/LAYER,
# daemons/ROLE or tests/unit/LAYER is built without touching this file.
#
#   make                  build/atlasd build/atlasctl build/openai-sim
#   make check            the unit tests
#   make SAN=address      any of it under a sanitizer, in build-address/
#                         (address = ASan + UBSan, thread, undefined)
#   make BUILD=dir CC=clang   another folder, another compiler
#   make V=1              show each command whole

SAN     ?=
V       ?=
BUILD   ?= build$(if $(SAN),-$(SAN))
CC       = gcc
PREFIX  ?= /usr/local

Q        := $(if $(V),,@)
, := ,
say       = $(if $(V),,@echo '  $(1)  $(2)')

# ---- flags ---------------------------------------------------------------
PKGS     := libevent_core libevent_extra libcurl json-c libcrypto
WARN     := -Wall -Wextra -Wconversion -Wshadow -Werror -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 -Wundef
HARDEN   := -fstack-protector-strong -fPIE -fcf-protection -fno-common \
            $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANFLAGS := $(if $(filter address,$(SAN)),-fsanitize=address$(,)undefined -fno-sanitize-recover=undefined) \
            $(if $(filter undefined,$(SAN)),-fsanitize=undefined -fno-sanitize-recover=undefined) \
            $(if $(filter thread,$(SAN)),-fsanitize=thread)
OPT      ?= -O2 -g -fno-omit-frame-pointer
CPPFLAGS := -D_GNU_SOURCE -Icommon -Idaemons $(shell pkg-config --cflags $(PKGS))
CFLAGS    = -std=c17 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS) -pthread
LDFLAGS   = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS) -pthread
DEPS      = -MMD -MP

# ---- layers, top down: each links only what stands behind it ---------------
LAYERS   := insight store segment decide rate ipc conf http text base
LIBS_base    := -lcrypto
LIBS_text    := -ljson-c
LIBS_store   := -llmdb
# $(call below,LAYER): LAYER's archive and every one below it, with their libraries
from      = $(if $(filter $(1),$(firstword $(2))),$(2),$(call from,$(1),$(wordlist 2,99,$(2))))
have      = $(foreach l,$(1),$(if $(wildcard common/$(l)/*.c),$(l)))
archives  = $(foreach l,$(call have,$(1)),$(BUILD)/lib/$(l).a)
extlibs   = $(foreach l,$(call have,$(1)),$(LIBS_$(l)))
below     = $(call from,$(1),$(LAYERS))

obj       = $(patsubst %.c,$(BUILD)/%.o,$(1))
ROLES    := process atlasd front dispatch record
ATLASD_O := $(call obj,$(wildcard $(foreach r,$(ROLES),daemons/$(r)/*.c)))
CTL_O    := $(call obj,$(wildcard daemons/ctl/*.c))
SIM_O    := $(call obj,$(wildcard tests/sim/*.c))

PROGRAMS := $(if $(wildcard daemons/atlasd/main.c),$(BUILD)/atlasd) \
            $(if $(wildcard daemons/ctl/main.c),$(BUILD)/atlasctl) \
            $(if $(SIM_O),$(BUILD)/openai-sim)

.PHONY: all check clean format lint
all: $(PROGRAMS)

$(BUILD)/atlasd: $(ATLASD_O) $(call archives,$(LAYERS))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(ATLASD_O) $(call archives,$(LAYERS)) \
		$(call extlibs,$(LAYERS)) -levent_core -levent_extra -lcurl
$(BUILD)/atlasctl: $(CTL_O) $(call archives,$(LAYERS))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(CTL_O) $(call archives,$(LAYERS)) $(call extlibs,$(LAYERS))
# The simulator judges Atlas, so it links none of it.
$(BUILD)/openai-sim: $(SIM_O)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(SIM_O) -levent_core -levent_extra -lm

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -c -o $@ $<

define layer_rules
$(BUILD)/lib/$(1).a: $(call obj,$(wildcard common/$(1)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
UNIT_$(1) := $(patsubst tests/unit/$(1)/%.c,$(BUILD)/unit/$(1)/%,$(wildcard tests/unit/$(1)/test_*.c))
$$(UNIT_$(1)): $(BUILD)/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $(call archives,$(call below,$(1)))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $(call extlibs,$(call below,$(1))) $(LIBS_$(1)) -lcheck -lsubunit -lm
check-$(1): $$(UNIT_$(1))
	@set -e; for t in $$^; do echo "== $$$$t"; $$$$t; done
.PHONY: check-$(1)
UNITS += $$(UNIT_$(1))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

check: $(UNITS)
	@set -e; for t in $^; do echo "== $$t"; $$t; done

# ---- upkeep ----------------------------------------------------------------
SOURCES := $(wildcard common/*/*.[ch] daemons/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch])
format:
	clang-format -i $(SOURCES)
clean:
	rm -rf build build-* compile_commands.json

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
