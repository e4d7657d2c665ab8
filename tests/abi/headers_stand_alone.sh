#!/bin/sh
# Each ABI header compiles alone as C11 and C++17/20 with every warning an error, by gcc and clang.
set -eu
include=$(cd "$1" && pwd)
failed=0
cd "$include"
for header in $(find trapline/abi -name '*.h' | sort); do
  for compiler in "gcc -x c -std=c11" "clang -x c -std=c11" "g++ -x c++ -std=c++17" "clang++ -x c++ -std=c++17" \
                  "g++ -x c++ -std=c++20" "clang++ -x c++ -std=c++20"; do
    printf '#include "%s"\ntypedef int not_empty;\n' "$header" |
      $compiler -I"$include" -Wall -Wextra -pedantic -Wpadded -Werror -fsyntax-only - ||
      { echo "FAILED: $header with $compiler" >&2; failed=1; }
  done
done
exit $failed
