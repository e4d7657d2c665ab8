#!/usr/bin/env bash
# example.sh NAME CC CXX: builds and runs a copy of an installed example as its README says.
set -euo pipefail
export CC=$2 CXX=$3 CMAKE_PREFIX_PATH=$TRAPLINE_TEST_PREFIX PATH=$TRAPLINE_TEST_PREFIX/bin:$PATH
copy=$TRAPLINE_TEST_STAGE/$1.$(basename "$2")
rm -rf "$copy"
cp -r "$TRAPLINE_TEST_PREFIX/share/trapline/examples/$1" "$copy"
cd "$copy"
"$TRAPLINE_TEST_SOURCE/tests/install/run_blocks.sh" README.md
