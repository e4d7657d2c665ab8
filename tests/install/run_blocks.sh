#!/usr/bin/env bash
# run_blocks.sh FILE.md: runs the fenced `sh` blocks of a page in order, in one shell, as a reader would type them.
# The first command that fails ends it.
set -euo pipefail
commands=$(awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$1")
[ -n "$commands" ] || { echo "FAILED: $1 has no sh blocks" >&2; exit 1; }
exec bash -euxo pipefail -c "$commands"
