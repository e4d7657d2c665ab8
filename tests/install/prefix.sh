#!/usr/bin/env bash
# Installs into a fresh prefix and moves it: all other install tests use the moved one, so that whatever remembers the
# first place fails there. TRAPLINE_TEST_*: see CMakeLists.txt.
set -euo pipefail
rm -rf "$TRAPLINE_TEST_STAGE"
mkdir -p "$TRAPLINE_TEST_STAGE"
first=$TRAPLINE_TEST_STAGE/first
cmake --install "$TRAPLINE_TEST_BUILD" --prefix "$first" >"$TRAPLINE_TEST_STAGE/install.log"
mv "$first" "$TRAPLINE_TEST_PREFIX"
cd "$TRAPLINE_TEST_PREFIX"
# The source and build directories may stand in debug information, nowhere else.
if grep -rIlF -e "$first" -e "$TRAPLINE_TEST_SOURCE/" -e "$TRAPLINE_TEST_BUILD" .; then
  echo 'FAILED: these files name a directory of the machine they were built on' >&2
  exit 1
fi
for file in bin/trapline lib/trapline/plugins/*.so; do
  ! readelf -d "$file" | grep -E 'RPATH|RUNPATH' || { echo "FAILED: $file has a run path" >&2; exit 1; }
done
bin/trapline version
bin/trapline plugins
for plugin in mm_ws paper_venue redis_bridge trap_detector; do
  bin/trapline plugins | grep -q "^$plugin .*$PWD/lib/trapline/plugins/$plugin.so" ||
    { echo "FAILED: the installed program does not find $plugin beside itself" >&2; exit 1; }
done
for config in share/trapline/configs/*.yaml; do bin/trapline check "$config"; done
