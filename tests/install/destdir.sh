#!/usr/bin/env bash
# Staging for packagers: DESTDIR takes everything, nothing remembers it, and the component `runtime` alone runs, stripped.
set -euo pipefail
stage=$TRAPLINE_TEST_STAGE/destdir
rm -rf "$stage"
prefix=/opt/trapline-staging-test
DESTDIR=$stage/all cmake --install "$TRAPLINE_TEST_BUILD" --prefix $prefix >/dev/null
[ ! -e $prefix ] || { echo "FAILED: DESTDIR was not respected: $prefix exists" >&2; exit 1; }
if grep -rIlF "$stage" "$stage/all"; then
  echo 'FAILED: these files name the staging directory' >&2
  exit 1
fi
diff <(cd "$stage/all$prefix" && find . | sort) <(cd "$TRAPLINE_TEST_PREFIX" && find . | sort)

DESTDIR=$stage/runtime cmake --install "$TRAPLINE_TEST_BUILD" --prefix $prefix --component runtime --strip >/dev/null
cd "$stage/runtime$prefix"
diff <(find . -mindepth 1 -maxdepth 2 | sort) - <<'EOF'
./bin
./bin/trapline
./lib
./lib/cmake
./lib/trapline
./share
./share/bash-completion
./share/doc
./share/man
./share/trapline
EOF
bin/trapline check share/trapline/configs/demo.yaml
bin/trapline inspect lib/trapline/plugins/mm_ws.so | grep -F "Findings: none"
