#!/usr/bin/env bash
# The installed headers are those of the source tree, none is missing, and each compiles alone with nothing but the
# installed tree: .hpp by gcc and clang, .h as C (by more compilers and standards: abi_headers_stand_alone).
set -euo pipefail
cd "$TRAPLINE_TEST_PREFIX/include"
diff <(cd "$TRAPLINE_TEST_SOURCE/engine/include" && find . -name '*.h' -o -name '*.hpp' | sort) <(find . -type f | sort)
for header in $(find . -type f); do cmp "$TRAPLINE_TEST_SOURCE/engine/include/$header" "$header"; done
check() { # check HEADER COMPILER...
  local header=$1
  shift
  printf '#include "%s"\ntypedef int not_empty;\n' "$header" |
    "$@" -I. -Wall -Wextra -Wshadow -Werror -fsyntax-only - || { echo "FAILED: $header with $*" >&2; return 1; }
}
check_all() { # check_all HEADER
  case $1 in
    *.h) check "$1" gcc -x c -std=c11 -pedantic ;;
    *) check "$1" g++ -x c++ -std=c++20 && check "$1" clang++ -x c++ -std=c++20 ;;
  esac
}
export -f check check_all
find trapline -type f | sort | xargs -P "$(nproc)" -I{} bash -euc 'check_all "$1"' check_all {}
