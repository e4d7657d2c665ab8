#!/usr/bin/env bash
# The snippets of docs/embedding.md, against the installed package: whole programs are built by pkg-config and run, the others
# compiled as statements of a function that knows an engine and what belongs to it.
set -euo pipefail
scratch=$TRAPLINE_TEST_STAGE/embedding_guide
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"
pc=$(find "$TRAPLINE_TEST_PREFIX" -name trapline-engine.pc)
export PKG_CONFIG_PATH=${pc%/*}
awk '/^```(cpp|c)$/ { file = sprintf("%02d.%s", ++n, substr($0, 4)); next } /^```/ { file = "" } file { print > file }' \
  "$TRAPLINE_TEST_SOURCE/docs/embedding.md"
fail() { echo "FAILED: $*" >&2; exit 1; }
plugins=-DPLUGIN_DIR=\"$TRAPLINE_TEST_PREFIX/lib/trapline/plugins\"
[ "$(pkg-config --variable=plugindir trapline-engine | xargs realpath)" = "$TRAPLINE_TEST_PREFIX/lib/trapline/plugins" ] || fail plugindir
strict='-Wall -Wextra -Wshadow -Werror'
eval "flags=($(pkg-config --cflags trapline-engine))" # the prefix may have a space
eval "libraries=($(pkg-config --libs trapline-engine))"
programs=0 statements=0
for block in [0-9]*; do
  if grep -q 'int main' "$block"; then
    programs=$((programs + 1))
    case $block in
      *.cpp) g++ -std=c++20 $strict "${flags[@]}" "$plugins" "$block" -o "$block.out" "${libraries[@]}" || fail "$block" ;;
      *) gcc -std=c11 -pedantic $strict "${flags[@]}" "$plugins" -c "$block" -o "$block.o" &&
        gcc "$block.o" -o "$block.out" "${libraries[@]}" || fail "$block" ;;
    esac
    (mkdir "$block.run" && cd "$block.run" && timeout 60 "../$block.out") || fail "$block, running"
  else
    statements=$((statements + 1))
    {
      printf '#include <trapline/abi/market.h>\n#include <trapline/engine.hpp>\n'
      printf 'TRAPLINE_STATIC_PLUGIN(my_detector);\nvoid my_log(std::string_view, std::string_view);\n'
      printf 'std::int64_t my_clock_ns();\nvoid sleep_until(std::int64_t);\n'
      printf 'void snippet([[maybe_unused]] trapline::engine& engine, [[maybe_unused]] trapline::engine_options& options,\n'
      printf '  [[maybe_unused]] const trapline_event& event, [[maybe_unused]] const trapline_trade& trade) {\n'
      cat "$block"
      printf '}\n'
    } >"wrapped_$block"
    g++ -std=c++20 $strict "${flags[@]}" -fsyntax-only "wrapped_$block" || fail "$block"
  fi
done
[ "$programs" -eq 2 ] && [ "$statements" -ge 4 ] || fail "found $programs programs and $statements other snippets"
