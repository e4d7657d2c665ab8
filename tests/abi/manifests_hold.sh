#!/usr/bin/env bash
# The committed manifests say what the headers are, those of today and the frozen ones; and today's ABI is one that
# every older revision can live with.
set -euo pipefail
root=$1
here=$root/tests/abi
headers=$root/engine/include
golden=$headers/trapline/abi/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() { echo "FAILED: $*" >&2; failed=1; }

"$here/manifest.sh" "$headers" >"$work/today"
today=$(awk '$2 == "TRAPLINE_ABI_MAJOR" { major = $3 } $2 == "TRAPLINE_ABI_MINOR" { print major "." $3 }' "$work/today")
diff -u "$golden/$today.txt" "$work/today" ||
  fail "the headers are not what golden/$today.txt says. If ABI $today is not released yet: ./dev abi-manifest"

for frozen in "$here"/frozen/*/; do
  version=$(basename "$frozen")
  "$here/manifest.sh" "$frozen/include" >"$work/$version"
  diff -u "$golden/$version.txt" "$work/$version" || fail "golden/$version.txt is not what the frozen headers say"
done

older=0
for manifest in "$golden"/*.txt; do
  version=$(basename "$manifest" .txt)
  [ "$version" = "$today" ] && continue
  [ -d "$here/frozen/$version" ] || fail "golden/$version.txt has no frozen headers"
  [ "${version%%.*}" = "${today%%.*}" ] || continue # another major promises nothing
  older=$((older + 1))
  "$here/manifest_check.sh" "$manifest" "$work/today" || fail "a plugin or host of ABI $version cannot live with today's"
done
[ "$older" -ge 1 ] || fail "no older manifest was found to compare with"
exit $failed
