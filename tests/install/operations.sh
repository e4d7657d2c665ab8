#!/usr/bin/env bash
# Runs the commands of docs/operations.md that need no systemd, with the installed program, and holds the page against the unit.
set -euo pipefail
scratch=$TRAPLINE_TEST_STAGE/operations
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"
fail() { echo "FAILED: $*" >&2; exit 1; }
page=$TRAPLINE_TEST_SOURCE/docs/operations.md
PATH=$TRAPLINE_TEST_PREFIX/bin:$PATH
trap 'trapline ctl --run-dir "$scratch/engine/run" stop >/dev/null 2>&1 || true' EXIT # if a command failed midway
timeout 120 "$TRAPLINE_TEST_SOURCE/tests/install/run_blocks.sh" "$page" >output 2>&1 ||
  fail "$(cat output)"
grep -q '^trapline_lane_events' engine/now.prom && grep -q '^trapline_lane_events' engine/last.prom || fail 'no metrics were written'
grep -q 'new options' engine/run/trapline.log || fail 'the reload did not take back what `set` changed'

unit=$TRAPLINE_TEST_SOURCE/packaging/systemd/trapline@.service
for setting in $(grep -oE '`(WatchdogSec|TimeoutStopSec)=[0-9a-z]+`' "$page" | tr -d '`'); do
  grep -qx "$setting" "$unit" || fail "the page says $setting, the unit does not"
done
for directory in $(grep -oE '^\| `/(var|run)[^`]*NAME/`' "$page" | tr -d '|` '); do
  kind=$(case $directory in /var/lib/*) echo State ;; /var/log/*) echo Logs ;; /run/*) echo Runtime ;; esac)
  grep -qx "${kind}Directory=trapline/%i" "$unit" && [[ $directory == */trapline/NAME/ ]] || fail "the unit has no $directory"
done
# The drop-in with the credentials, on top of the unit.
if command -v systemd-analyze >/dev/null; then
  mkdir -p units/trapline@live.service.d
  sed -e "s#/usr/bin/trapline#$(command -v true)#" -e '/^Documentation=/d' "$unit" >units/trapline@live.service
  awk '/^\[Service\]$/ { on = 1 } /^```/ { on = 0 } on' "$page" >units/trapline@live.service.d/override.conf
  grep -q '^LoadCredential=' units/trapline@live.service.d/override.conf || fail 'the page shows no drop-in'
  SYSTEMD_UNIT_PATH=$PWD/units: systemd-analyze verify units/trapline@live.service || fail 'the drop-in of the page'
fi
