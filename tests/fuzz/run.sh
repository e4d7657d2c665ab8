#!/usr/bin/env bash
# run.sh NAME SECONDS: one fuzzer of build/fuzz, from the repository's inputs and those of earlier runs. Exit 1: it found
# something; the input lies in build/fuzz/found/NAME.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
name=$1 seconds=$2
mkdir -p "build/fuzz/corpus/$name" "build/fuzz/found/$name"
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
log=build/fuzz/found/$name.log
if build/fuzz/fuzz/"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -use_value_profile=1 \
  -artifact_prefix="build/fuzz/found/$name/" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
  echo "$name: nothing found in $(awk '/stat::number_of_executed_units/ { print $2 }' "$log") runs"
else
  tail -n 40 "$log" >&2
  echo "$name: FOUND SOMETHING; the input is the newest in build/fuzz/found/$name, the report in $log" >&2
  exit 1
fi
