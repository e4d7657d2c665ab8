#!/usr/bin/env bash
# The check of the manifests itself: copies of today's headers with one change each. A breaking change must be found, and
# named; a legal addition must pass.
set -euo pipefail
root=$1
here=$root/tests/abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/manifest.sh" "$root/engine/include" >"$work/today"
failed=0
cases=0

# change NAME HEADER SED-SCRIPT EXPECTED: EXPECTED is part of a message, or `fine`.
change() {
  local name=$1 header=$2 script=$3 expected=$4 copy=$work/$1 said
  cases=$((cases + 1))
  mkdir "$copy"
  cp -r "$root/engine/include/trapline" "$copy/"
  sed -i -E -z "$script" "$copy/trapline/abi/$header"
  if cmp -s "$root/engine/include/trapline/abi/$header" "$copy/trapline/abi/$header"; then
    echo "FAILED: $name changes nothing in $header; mend this test" >&2
    failed=1
    return
  fi
  # Assertions on sizes would find some of these before the manifest does.
  find "$copy" -name '*.h' -exec sed -i -E '/^TRAPLINE_STATIC_ASSERT/d' {} +
  "$here/manifest.sh" "$copy" >"$work/$name.txt"
  local code=0
  said=$("$here/manifest_check.sh" "$work/today" "$work/$name.txt") || code=$?
  if [ "$expected" = fine ]; then
    [ $code -eq 0 ] || { echo "FAILED: $name is legal, but: $said" >&2; failed=1; }
    cmp -s "$work/today" "$work/$name.txt" && { echo "FAILED: $name does not show in the manifest" >&2; failed=1; }
  elif [ $code -ne 1 ] || [[ $said != *"$expected"* ]]; then
    echo "FAILED: $name: expected '$expected', exit code $code, said: ${said:-nothing}" >&2
    failed=1
  fi
  return 0
}

change renumbered_constant base.h 's/(define TRAPLINE_E_LIMIT) \(-4\)/\1 (-40)/' 'const TRAPLINE_E_LIMIT was -4, is -40'
change removed_constant event.h 's/#define TRAPLINE_FLAG_INEXACT [^\n]*\n//' 'const TRAPLINE_FLAG_INEXACT is gone'
change renamed_service svc/bus.h 's|"trapline.bus/1"|"trapline.bus/2"|' 'const TRAPLINE_SERVICE_BUS was'
change moved_bit plugin.h 's/(TRAPLINE_PLUGIN_SINK) 0x2u/\1 0x20u/' 'const TRAPLINE_PLUGIN_SINK was 2, is 32'
change lowered_count signal.h 's/(TRAPLINE_PATTERN_COUNT) 17/\1 16/' 'const TRAPLINE_PATTERN_COUNT was 17, is 16'
change reordered_members event.h 's/(  uint32_t topic;[^\n]*\n)(  uint32_t instrument;[^\n]*\n)/\2\1/' 'struct trapline_event has'
change widened_member event.h 's/uint32_t topic;/uint64_t topic;/' 'struct trapline_event has `16 8 topic uint64_t`'
change retyped_payload_member market.h 's/int64_t price;/uint64_t price;/' 'price uint64_t'
change removed_struct svc/health.h 's/trapline_health /trapline_vigour /g; s/\} trapline_health;/} trapline_vigour;/' 'struct trapline_health is gone'
change inserted_member plugin.h 's/(  void\* host_data;)/  void* inserted;\n\1/' 'struct trapline_host has `16 8 inserted void *`'
change removed_last_member svc/metrics.h 's/  void \(\*record\)[^;]*;\n//' 'struct trapline_metrics lost:'
change changed_signature svc/timer.h 's/\(\*cancel\)\(const trapline_host\* host, uint64_t timer_id\)/(*cancel)(const trapline_host* host, uint32_t timer_id)/' 'struct trapline_timer has'
change renamed_member svc/clock.h 's/\(\*mono\)/(*monotonic)/' 'struct trapline_clock has'
change retyped_status base.h 's/typedef int32_t trapline_status/typedef int64_t trapline_status/' 'typedef trapline_status was int32_t, is int64_t'
change grown_array_element signal.h 's/(  double contribution;)/\1\n  double more;/' 'struct trapline_evidence grew'
change grown_head_of_an_array market.h 's/(\} trapline_book;)/  uint64_t more;\n\1/' 'struct trapline_book grew'
change grown_by_value base.h 's/(\} trapline_str;)/  uint64_t more;\n\1/' 'struct trapline_str grew'

change appended_table_member svc/clock.h 's/(\} trapline_clock;)/  int64_t (*boot)(const trapline_host* host);\n\1/' fine
change appended_payload_member market.h 's/(\} trapline_trade;)/  uint64_t more;\n\1/' fine
change added_constant event.h 's/(#define TRAPLINE_EVENT_CANDLE)/#define TRAPLINE_EVENT_QUOTE 11\n\1/' fine
change added_struct svc/log.h 's/(typedef struct trapline_log )/typedef struct trapline_new { uint32_t struct_size; } trapline_new;\n\1/' fine
change raised_count signal.h 's/(TRAPLINE_PATTERN_COUNT) 17/\1 18/' fine
change raised_minor version.h 's/(TRAPLINE_ABI_MINOR) ([0-9]+)/\1 999/' fine

[ "$cases" -ge 23 ] || { echo "FAILED: only $cases cases ran" >&2; failed=1; }
exit $failed
