# Atlas. One file, no recursion. Folders are discovered: a new .c in common/LAYER,
# daemons/ROLE, tests/unit/LAYER, tests/stress or tests/fuzz is built without touching
# this file.
#
#   make                  build/atlasd build/atlasctl build/openai-sim
#   make check            the unit tests; check-LAYER: those of one layer
#   make stress           the programs that race and kill
#   make simulation       the limits and the queue in virtual time
#   make SAN=thread threads   what races, under ThreadSanitizer
#   make fuzz-replay      every fuzz target over its committed corpus
#   make fuzz             every target for FUZZ_SECONDS each, by clang, in build-fuzz/
#   make bench            tests/bench/run
#   make torture          the longer stories of tests/torture, and thousands of weathers
#   make tests            build every test program, run none
#   make clang-compiles   does clang compile the programs without a warning?
#   make lint layers shape format format-check compile_commands.json
#   make install          DESTDIR= PREFIX=/usr/local SYSCONFDIR=/etc; keeps an atlas.conf
#   make deb              the Debian package, in BUILD
#   make SAN=address      any of it under a sanitizer, in build-address/
#                         (address = ASan + UBSan, thread, undefined)
#   make BUILD=dir CC=clang   another folder, another compiler
#   make V=1              show each command whole

SAN          ?= $(if $(filter fuzz,$(MAKECMDGOALS)),fuzz)
V            ?=
BUILD        ?= build$(if $(SAN),-$(SAN))
CC            = $(if $(filter fuzz,$(SAN)),clang,gcc)
PREFIX       ?= /usr/local
SYSCONFDIR   ?= /etc
FUZZ_SECONDS ?= 20

Q        := $(if $(V),,@)
none     :=
say       = $(if $(V),,$(info $(none)  $(1)  $(2)))

# ---- flags ---------------------------------------------------------------
PKGS     := libevent_core libevent_extra libevent_openssl libcurl json-c libcrypto
WARN     := -Wall -Wextra -Wconversion -Wshadow -Werror -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 -Wundef
HARDEN   := -fstack-protector-strong -fPIE -fcf-protection -fno-common \
            $(if $(SAN)$(filter -O0,$(OPT)),,-D_FORTIFY_SOURCE=2)
SAN_address   := -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_undefined := -fsanitize=undefined -fno-sanitize-recover=undefined
SAN_thread    := -fsanitize=thread
SAN_fuzz      := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
SANFLAGS := $(if $(SAN),$(or $(SAN_$(SAN)),$(error SAN=$(SAN): address, undefined, thread or fuzz)))
# Two shared runtimes are two tables of stacks, and each process that ends searches both.
SANLINK_address := $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan)
# A sanitizer sees the same at -O1, and its builds are made anew in every test run.
OPT      ?= $(if $(SAN),-O1 -g1,-O2 -g) -fno-omit-frame-pointer
CPPFLAGS := -D_GNU_SOURCE -Icommon -Idaemons $(shell pkg-config --cflags $(PKGS))
CFLAGS    = -std=c17 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS) -pthread
# mold, where it is, links the hundred test programs in a tenth of the time.
FUSE     := $(if $(shell command -v ld.mold),-fuse-ld=mold)
LDFLAGS   = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS) $(SANLINK_$(SAN)) \
            -pthread $(FUSE)
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

# All folders of BUILD, made where the first is needed: a process for each file would be
# a twentieth of what a whole build takes, and one for each line of `say` another.
folders   = $(eval folders :=)$(shell mkdir -p $(sort $(dir $(call obj,$(C_FILES)) $(PAGE) $(VENDOR) \
               $(UNITS) $(STRESS) $(FUZZERS) $(BENCHES) $(SIMULATION)) $(BUILD)/lib $(BUILD)/prices))

PROGRAMS := $(if $(wildcard daemons/atlasd/main.c),$(BUILD)/atlasd) \
            $(if $(wildcard daemons/ctl/main.c),$(BUILD)/atlasctl) \
            $(if $(SIM_O),$(BUILD)/openai-sim)

# ---- the web page: as it is but for one sheet of styles, and compressed -----------
STYLES   := web/atlas.css web/parts.css web/chat.css
PAGE     := $(BUILD)/web/page.css $(patsubst web/%,$(BUILD)/web/%,$(shell find web -name '*.html' \
               -o -name '*.js' -o -name '*.svg' 2>/dev/null))
# Its libraries, of Debian's packages: NAME:FILE, as vendor/NAME
SHARE    ?= /usr/share
LIBRARY  := marked.js:javascript/marked/marked.umd.min.js \
            purify.js:nodejs/dompurify/dist/purify.min.js \
            dygraph.js:javascript/dygraphs/dygraph.min.js
VENDOR   := $(foreach l,$(LIBRARY),$(BUILD)/web/vendor/$(firstword $(subst :, ,$(l))))

# ---- the manual: etc/man, with what is generated in its places --------------------
MAN      := $(patsubst etc/man/%,$(BUILD)/man/%,$(wildcard etc/man/*.[58]))

.DELETE_ON_ERROR:
.PHONY: all tests check stress simulation threads fuzz-replay fuzz torture bench
.PHONY: clang-compiles lint layers shape format format-check install deb clean
all: $(PROGRAMS) $(PAGE) $(PAGE:=.gz) $(VENDOR) $(VENDOR:=.gz) $(MAN)

$(BUILD)/atlasd: $(ATLASD_O) $(call archives,$(LAYERS))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(ATLASD_O) $(call archives,$(LAYERS)) \
		$(call extlibs,$(LAYERS)) -levent_core -levent_extra -levent_openssl -lssl -lcurl
$(BUILD)/atlasctl: $(CTL_O) $(call archives,$(LAYERS))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(CTL_O) $(call archives,$(LAYERS)) $(call extlibs,$(LAYERS))
# The simulator judges Atlas, so it links none of it.
$(BUILD)/openai-sim: $(SIM_O)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(SIM_O) -levent_core -levent_extra -lm

$(BUILD)/web/page.css: $(STYLES)
	$(folders)
	$(Q)cat $(STYLES) >$@
$(filter-out %/page.css,$(PAGE)): $(BUILD)/web/%: web/%
	$(folders)
	$(Q)cp $< $@
define vendor_rule
$(BUILD)/web/vendor/$(1): $(SHARE)/$(2)
	$$(folders)
	$$(Q)grep -v '^//[#@] sourceMappingURL=' $$< >$$@
endef
$(foreach l,$(LIBRARY),$(eval $(call vendor_rule,$(firstword $(subst :, ,$(l))),$(lastword $(subst :, ,$(l))))))
# -n: the same bytes from the same text
$(PAGE:=.gz) $(VENDOR:=.gz): %.gz: %
	$(Q)gzip -9nc $< >$@

$(MAN) &: scripts/man-pages common/conf/settings.def $(BUILD)/atlasctl $(wildcard etc/man/*)
	$(Q)scripts/man-pages $(BUILD)/atlasctl $(BUILD)/man

$(BUILD)/%.o: %.c
	$(folders)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) -c -o $@ $<

# The description of the endpoints is in the program: openapi_route.c.
$(BUILD)/daemons/front/openapi_route.o: etc/openapi.json

# $(call run_each,PROGRAMS): all of them, also after one has failed. None is no pass.
run_each  = @rc=0; for t in $(1); do echo "== $$t"; $$t || rc=1; done; \
            $(if $(strip $(1)),,echo '0 passed, 0 failed';) exit $$rc

# ---- unit tests: tests/unit/LAYER/test_x.c links its layer and those below --------
define layer_rules
$(BUILD)/lib/$(1).a: $(call obj,$(wildcard common/$(1)/*.c))
	$$(folders)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
UNIT_$(1) := $(patsubst tests/unit/$(1)/%.c,$(BUILD)/unit/$(1)/%,$(wildcard tests/unit/$(1)/test_*.c))
$$(UNIT_$(1)): $(BUILD)/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $(call archives,$(call below,$(1)))
	$$(folders)
	$$(call say,LD,$$@)
	$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $(call extlibs,$(call below,$(1))) $(LIBS_$(1)) -lcheck -lsubunit -lm
check-$(1): $$(UNIT_$(1):=.run)
.PHONY: check-$(1)
UNITS += $$(UNIT_$(1))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

# Under a sanitizer the tests themselves need no optimizing; what they test has it.
ifneq ($(SAN),)
$(BUILD)/tests/unit/%.o: OPT := -O0 -g1 -fno-omit-frame-pointer
endif

# A target for each run: make -j2 -k -O check runs two at a time, and all of them.
check: $(UNITS:=.run)

# ---- stress and fuzz programs: each links the layers it includes, and those below ---
STRESS_C  := $(wildcard tests/stress/*.c)
FUZZ_C    := $(wildcard tests/fuzz/fuzz_*.c)
REPRICE_C := tests/prices/reprice.c
STEPS_C   := $(filter tests/stress/steps.c,$(STRESS_C))
STRESS    := $(patsubst tests/%.c,$(BUILD)/%,$(filter-out $(STEPS_C),$(STRESS_C)))
FUZZERS   := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(FUZZ_C))
BENCH_C   := $(wildcard tests/bench/*.c)
BENCHES   := $(patsubst tests/%.c,$(BUILD)/%,$(BENCH_C))
# A word FILE:LAYER for each include; $(call top,FILE): the highest layer FILE includes
USES      := $(shell grep -Eo '^.include "[a-z]+/' $(STRESS_C) $(FUZZ_C) $(BENCH_C) $(REPRICE_C) \
               /dev/null \
               | sed -E 's,:.*"(.*)/,:\1,')
top        = $(or $(firstword $(foreach l,$(LAYERS),$(if $(filter $(1):$(l),$(USES)),$(l)))),base)

# $(call program,PROGRAM,SOURCE,MORE SOURCES,MORE FLAGS)
define program
$(1): $(call obj,$(2) $(3)) $(call archives,$(call below,$(call top,$(2))))
	$$(folders)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $(4) -o $$@ $$^ $(call extlibs,$(call below,$(call top,$(2)))) -lm
endef
$(foreach p,$(STRESS),$(eval $(call program,$(p),tests/stress/$(notdir $(p)).c,$(STEPS_C))))
$(foreach p,$(BENCHES),$(eval $(call program,$(p),tests/bench/$(notdir $(p)).c)))
$(foreach p,$(FUZZERS),$(eval $(call program,$(p),tests/fuzz/fuzz_$(notdir $(p)).c,\
  $(if $(filter fuzz,$(SAN)),,tests/fuzz/replay.c),$(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer))))
$(eval $(call program,$(BUILD)/prices/reprice,$(REPRICE_C)))

# libFuzzer calls its one function without a header that declares it.
$(BUILD)/tests/fuzz/%.o: WARN += -Wno-missing-prototypes

# The core that decides, in virtual time: the objects of decide, rate and segment as atlasd has them.
SIMULATION := $(if $(wildcard tests/simulation/main.c),$(BUILD)/simulation/simulation)
$(BUILD)/simulation/simulation: $(call obj,$(wildcard tests/simulation/*.c)) $(call archives,$(call below,segment))
	$(folders)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(call extlibs,$(call below,segment))
simulation: $(SIMULATION)
	$(call run_each,$^)

tests: $(UNITS) $(STRESS) $(FUZZERS) $(BENCHES) $(BUILD)/prices/reprice $(SIMULATION)
stress: $(STRESS:=.run)
# What races between processes, as threads: with SAN=thread it is seen.
threads: $(addsuffix .run,$(filter $(BUILD)/stress/threads%,$(STRESS)))
.PHONY: $(UNITS:=.run) $(STRESS:=.run)
$(UNITS:=.run) $(STRESS:=.run): %.run: %
	@echo "== $<"; $<
fuzz-replay: $(FUZZERS)
	$(call run_each,$(foreach f,$^,'$f tests/fuzz/corpus/$(notdir $f)'))
# New inputs stay in BUILD/corpus/x; one worth keeping is copied to tests/fuzz/corpus/x.
fuzz: $(FUZZERS)
	@rc=0; for f in $^; do x=$${f##*/}; seeds=tests/fuzz/corpus/$$x; echo "== $$f"; \
	mkdir -p $(BUILD)/corpus/$$x; [ -d $$seeds ] || seeds=; \
	$$f -verbosity=0 -print_final_stats=1 -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
		-artifact_prefix=$(BUILD)/fuzz/$$x- $(BUILD)/corpus/$$x $$seeds || rc=1; \
	done; exit $$rc
# Longer stories, and those whose deadlines want a quiet machine.
torture: all $(BUILD)/fuzz/conf $(SIMULATION)
	SIMULATION_WEATHERS=4000 $(SIMULATION)
	ATLAS_BUILD=$(BUILD) node --test tests/torture/*.test.mjs
	ATLAS_BUILD=$(BUILD) RELOADS=100 SCALE_STREAMS=200 MUTATIONS=10000 RELOADED=2000 node --test \
		$(patsubst %,tests/stories/%.test.mjs,reload_load scale conf_mutations)
	ATLAS_BUILD=$(BUILD) KILLS_FRONT=50 KILLS_DISPATCH=20 KILLS_RECORD=50 KILLS_MASTER=5 \
		node --test tests/stories/kills.test.mjs tests/stories/privileges.test.mjs
bench: all $(BENCHES)
	$(if $(wildcard tests/bench/run),tests/bench/run,@echo 'tests/bench/run does not exist')

# ---- upkeep ----------------------------------------------------------------
SOURCES := $(wildcard common/*/*.[ch] daemons/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch])
C_FILES := $(filter %.c,$(SOURCES))
format:
	@clang-format -i $(SOURCES)
format-check:
	@clang-format --dry-run --Werror $(SOURCES)
compile_commands.json: Makefile $(C_FILES)
	@for f in $(C_FILES); do printf '{"directory":"%s","file":"%s","command":"%s"},\n' \
		'$(CURDIR)' $$f '$(CC) $(CPPFLAGS) $(CFLAGS) -c '$$f; \
	done | sed '1s/^/[/; $$s/,$$/]/' >$@
LINTED  := $(filter-out tests/unit/% tests/fuzz/%,$(C_FILES))
lint: compile_commands.json
	@printf '%s\n' $(LINTED) | xargs -n 4 -P 2 clang-tidy -p . --quiet 2>/dev/null
	@cppcheck --quiet -j 2 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		--suppress=uninitvar --suppress=invalidPrintfArgType_uint \
		--suppress=ctunullpointer --suppress=ctuuninitvar -D_GNU_SOURCE -Icommon -Idaemons $(LINTED)
	@shellcheck scripts/* .ci/run
clang-compiles:
	@printf '%s\n' $(wildcard common/*/*.c daemons/*/*.c tests/sim/*.c) | \
		scripts/clang-compiles $(CPPFLAGS) $(CFLAGS)
layers:
	scripts/check-layers
shape:
	scripts/shape-report
# $(call install_unit,KIND,PATH): etc/atlas.KIND, which names /usr and /etc, as it is here
define install_unit
install -d $(DESTDIR)$(dir $(2))
	sed -e 's,/usr/,$(PREFIX)/,g' -e 's,/etc/atlas,$(SYSCONFDIR)/atlas,g' etc/atlas.$(1) >$(DESTDIR)$(2)
	chmod 644 $(DESTDIR)$(2)
endef
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(SYSCONFDIR)/atlas
	install -m 755 $(BUILD)/atlasctl $(BUILD)/openai-sim $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/atlasd $(DESTDIR)$(PREFIX)/sbin
	for f in $(patsubst $(BUILD)/%,%,$(foreach p,$(PAGE) $(VENDOR),$(p) $(p).gz)); do \
		install -D -m 644 $(BUILD)/$$f $(DESTDIR)$(PREFIX)/share/atlas/$$f; done
	install -m 644 etc/models.json $(DESTDIR)$(PREFIX)/share/atlas
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/atlas/examples etc/atlas*.conf
	[ -e $(DESTDIR)$(SYSCONFDIR)/atlas/atlas.conf ] || \
		install -m 644 etc/atlas.conf $(DESTDIR)$(SYSCONFDIR)/atlas
	$(call install_unit,service,$(PREFIX)/lib/systemd/system/atlas.service)
	$(call install_unit,sysusers,$(PREFIX)/lib/sysusers.d/atlas.conf)
	$(call install_unit,tmpfiles,$(PREFIX)/lib/tmpfiles.d/atlas.conf)
	$(call install_unit,logrotate,$(SYSCONFDIR)/logrotate.d/atlas)
	for f in $(MAN); do \
		install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$${f##*/}; done
deb: all
	scripts/make-deb $(BUILD)
clean:
	rm -rf build build-* compile_commands.json

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
