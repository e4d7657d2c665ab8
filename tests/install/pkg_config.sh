#!/usr/bin/env bash
# Plugins built without CMake, by what pkg-config says, in C and C++ by gcc and clang.
set -euo pipefail
stage=$TRAPLINE_TEST_STAGE/pkg_config
rm -rf "$stage"
mkdir -p "$stage"
cd "$stage"
fail() { echo "FAILED: $*" >&2; exit 1; }
export PKG_CONFIG_PATH=$TRAPLINE_TEST_PREFIX/share/pkgconfig
pkg-config --validate trapline
version=$("$TRAPLINE_TEST_PREFIX/bin/trapline" version | grep -o '[0-9]*\.[0-9]*\.[0-9]*' | head -n 1)
[ "$(pkg-config --modversion trapline)" = "$version" ] || fail "pkg-config says another version than $version"

# Its answers are words for a shell, quoted where the prefix has spaces.
flags() { eval "flags=($(pkg-config "$@" trapline))"; }
flags --variable=plugindir
[ -f "${flags[0]}/mm_ws.so" ] || fail "there are no plugins in ${flags[0]}"
flags --cflags
compile=("${flags[@]}")
flags --variable=plugin_cflags
compile+=("${flags[@]}")
flags --variable=plugin_ldflags
link=("${flags[@]}")
sources=$TRAPLINE_TEST_PREFIX/share/trapline/examples
for compiler in gcc clang; do
  $compiler -std=c11 -O1 "${compile[@]}" "$sources"/c_plugin/*.c "${link[@]}" -lm -o c_$compiler.so
done
compile+=(-std=c++20 -O0)
g++ "${compile[@]}" -fno-gnu-unique "$sources"/cpp_plugin/{burst,plugin}.cpp "${link[@]}" -o cpp_g++.so
clang++ "${compile[@]}" "$sources"/cpp_plugin/{burst,plugin}.cpp "${link[@]}" -o cpp_clang++.so
for file in *.so; do
  "$TRAPLINE_TEST_PREFIX/bin/trapline" inspect "$stage/$file" >log || fail "$file: $(cat log)"
done
