#!/usr/bin/env bash
# What was installed can be taken away again, and nothing else goes with it.
set -euo pipefail
stage=$TRAPLINE_TEST_STAGE/uninstall
rm -rf "$stage"
mkdir -p "$stage/build"
fail() { echo "FAILED: $*" >&2; exit 1; }
# A copy of the manifest: the build directory may also know of an installation that a developer uses.
installed() { cp "$TRAPLINE_TEST_BUILD/install_manifest$1.txt" "$stage/build/"; }
uninstall() { cmake -D BUILD="$stage/build" -P "$TRAPLINE_TEST_SOURCE/cmake/uninstall.cmake" >"$stage/log" 2>&1; }
cmake --build "$TRAPLINE_TEST_BUILD" --target help | grep '^uninstall' >/dev/null || fail 'there is no target uninstall'

cmake --install "$TRAPLINE_TEST_BUILD" --prefix "$stage/with spaces/prefix" >/dev/null
installed ''
uninstall || fail "$(cat "$stage/log")"
[ ! -e "$stage/with spaces/prefix" ] || fail "left behind: $(find "$stage/with spaces")"
! uninstall || fail 'uninstalling twice did not say that nothing is there'
tr -s ' \n' ' ' <"$stage/log" | grep 'is uninstalled already' >/dev/null || # cmake breaks lines
  fail "$(cat "$stage/log")"

# A path that would be a pattern elsewhere: what others have there stays.
mkdir -p "$stage/app[1]/bin"
touch "$stage/app[1]/bin/trapline" "$stage/app[1]/bin/of_another"
echo "$stage/app[1]/bin/trapline" >"$stage/build/install_manifest.txt"
uninstall || fail "$(cat "$stage/log")"
[ -e "$stage/app[1]/bin/of_another" ] || fail "other's file in a folder with brackets is gone"
[ ! -e "$stage/app[1]/bin/trapline" ] || fail 'a file in a folder with brackets is left behind'

# Into a prefix that others use, staged, as root would into /usr/local.
local=$stage/root/usr/local
mkdir -p "$local"/{bin,lib,share/man/man1,include}
touch "$local/bin/of_another" "$local/share/man/man1/.hidden"
find "$local" | sort >"$stage/before"
DESTDIR=$stage/root cmake --install "$TRAPLINE_TEST_BUILD" --prefix /usr/local --component runtime >/dev/null
installed _runtime
DESTDIR=$stage/root uninstall || fail "$(cat "$stage/log")"
# Directories that Debian's /usr/local has, too, may stay empty.
find "$local" -name '*trapline*' | { ! grep . ; } || fail 'left behind; see above'
find "$local" ! -type d | sort | diff <(grep -e of_another -e hidden "$stage/before") - || fail "other's files are gone"
for folder in bin lib share/man/man1 include; do [ -d "$local/$folder" ] || fail "$folder of the others is gone"; done
