#!/usr/bin/env bash
# Every installed header compiles alone, with nothing but the installed tree: .h as C11 and C++20, .hpp as C++20, by gcc
# and clang; and none is missing that the source tree has.
set -euo pipefail
cd "$TRAPLINE_TEST_PREFIX/include"
diff <(cd "$TRAPLINE_TEST_SOURCE/engine/include" && find . -name '*.h' -o -name '*.hpp' | sort) <(find . -type f | sort)
check() { # check HEADER COMPILER...
  local header=$1
  shift
  printf '#include "%s"\ntypedef int not_empty;\n' "$header" |
    "$@" -I. -Wall -Wextra -Wshadow -Werror -fsyntax-only - || { echo "FAILED: $header with $*" >&2; return 1; }
}
failed=0
for header in $(find trapline -type f | sort); do
  for gnu_or_clang in "gcc g++" "clang clang++"; do
    set -- $gnu_or_clang
    case $header in *.h) check "$header" "$1" -x c -std=c11 -pedantic || failed=1 ;; esac
    check "$header" "$2" -x c++ -std=c++20 || failed=1
  done
done
exit $failed
