#!/usr/bin/env bash
# Runs every command of the plugin guide, in order, as a newcomer with an empty home would. The source tree of the guide's
# first step is a stand-in whose build/release is the tree under test.
set -euo pipefail
scratch=$TRAPLINE_TEST_STAGE/guide
rm -rf "$scratch"
mkdir -p "$scratch/home" "$scratch/source/build"
ln -s "$TRAPLINE_TEST_BUILD" "$scratch/source/build/release"
cd "$scratch/source"
# A compiler cache stays where it is although HOME moves.
if command -v ccache >/dev/null; then
  CCACHE_DIR=${CCACHE_DIR:-$(ccache -k cache_dir)}
  export CCACHE_DIR
fi
unset CMAKE_PREFIX_PATH PKG_CONFIG_PATH
HOME=$scratch/home "$TRAPLINE_TEST_SOURCE/tests/install/run_blocks.sh" "$TRAPLINE_TEST_SOURCE/docs/plugin-guide.md" \
  >"$scratch/output" 2>&1 || { cat "$scratch/output"; echo 'FAILED: see the last command above' >&2; exit 1; }
cat "$scratch/output"
# What the guide says that they show.
for text in 'plugin ABI 0.1' 'Findings: none' "did you mean 'ratio'" '100% tests passed' ' 0 failed'; do
  grep -qF -- "$text" "$scratch/output" || { echo "FAILED: the guide promises: $text" >&2; exit 1; }
done
