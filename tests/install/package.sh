#!/usr/bin/env bash
# What the CMake package promises to those who use it, and what it refuses.
set -euo pipefail
stage=$TRAPLINE_TEST_STAGE/package
rm -rf "$stage"
mkdir -p "$stage"
cd "$stage"
export CMAKE_PREFIX_PATH=$TRAPLINE_TEST_PREFIX CMAKE_GENERATOR=Ninja
fail() { echo "FAILED: $*" >&2; cat "$stage/log" >&2; exit 1; }

# project NAME LANGUAGES < the rest of its CMakeLists.txt
project() {
  mkdir -p "$1"
  { printf 'cmake_minimum_required(VERSION 3.20)\nproject(%s LANGUAGES %s)\n' "$1" "$2"; cat; } >"$1/CMakeLists.txt"
}
configure() { cmake -S "$1" -B "$1/build" "${@:2}" >"$stage/log" 2>&1; }
build() { cmake --build "$1/build" >"$stage/log" 2>&1; }
says() { tr -s '[:space:]' ' ' <"$stage/log" | grep -qF -- "$1"; }

# The least that is a plugin, in C and in C++.
cat >plugin.c <<'EOF'
#include "trapline/abi/abi.h"
static trapline_status create(const trapline_host* h, const trapline_plugin** p, trapline_error* e) {
  (void)h, (void)p, (void)e;
  return TRAPLINE_E_FAILED;
}
TRAPLINE_PLUGIN_NOTE_ABI("idle", "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);
static const trapline_descriptor d = {sizeof d, 0, "idle", "1.0.0", "", "", NULL, 0, sizeof(trapline_option), NULL, 0, 0, 0, 0};
static const trapline_entry entry = {sizeof entry, TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, "", &d, create};
TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }
EOF
cat >plugin.cpp <<'EOF'
#include "trapline/sdk/plugin.hpp"
struct idle : trapline::sdk::plugin<idle> {
  static constexpr auto info = trapline::sdk::plugin_info{.id = "idle", .version = "1.0.0", .summary = "does nothing"};
  explicit idle(const trapline_host* h) : plugin(h) {}
};
TRAPLINE_PLUGIN(idle, "idle", "1.0.0");
EOF
printf '%s\n' 'int helper(void) { return 0; }' >no_entry.c

# The version and the components.
project versions NONE <<'EOF'
find_package(trapline 0.1 REQUIRED)
find_package(trapline 1.0 QUIET)
if(trapline_FOUND)
  message(FATAL_ERROR "0.x was taken for 1.0")
endif()
EOF
configure versions || fail 'find_package(trapline 0.1)'
project unknown NONE <<<'find_package(trapline REQUIRED COMPONENTS sdk flux)'
! configure unknown || fail 'an unknown component was accepted'
says flux || fail 'the unknown component is not named'

# Plugins need neither C++ nor any library of the engine; the engine needs its own.
project c_only C <<'EOF'
find_package(trapline REQUIRED COMPONENTS sdk)
trapline_add_plugin(idle SOURCES ../plugin.c)
EOF
configure c_only -DCMAKE_DISABLE_FIND_PACKAGE_yaml-cpp=ON -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON || fail 'a project in C alone'
build c_only || fail 'a plugin in a project in C alone'
project engine_without CXX <<<'find_package(trapline REQUIRED COMPONENTS engine)'
! configure engine_without -DCMAKE_DISABLE_FIND_PACKAGE_yaml-cpp=ON || fail 'the engine without yaml-cpp was found'
says yaml-cpp || fail 'the missing library is not named'

# The header says the same version as the package; engine.hpp alone is enough to embed.
project header CXX <<'EOF'
find_package(trapline REQUIRED COMPONENTS engine)
file(WRITE ${CMAKE_BINARY_DIR}/main.cpp "#include <trapline/version.hpp>
#include <trapline/engine.hpp>
static_assert(trapline::version_text == \"${trapline_VERSION}\");
int main() { return trapline::engine().load_text(\"nonsense: 1\", \"text\").empty() ? 1 : 0; }\n")
add_executable(main ${CMAKE_BINARY_DIR}/main.cpp)
target_link_libraries(main PRIVATE trapline::engine)
EOF
configure header || fail 'configuring an embedding program'
build header || fail 'building an embedding program'
(cd header && build/main) || fail 'an embedding program with a wrong configuration'

# A unit test of a plugin on the kit's fake host.
project kit CXX <<'EOF'
find_package(trapline REQUIRED COMPONENTS sdk testkit)
add_executable(main main.cpp)
target_link_libraries(main PRIVATE trapline::testkit)
EOF
cat >kit/main.cpp <<'EOF'
#include "../plugin.cpp"
#include <trapline/testkit/guest.hpp>
int main() {
  trapline::testkit::fake_host host;
  trapline::testkit::guest plugin(*idle::entry(), host);
  const bool lived = plugin.create().ok() && plugin.configure("{}").ok() && plugin.start().ok() && plugin.stop().ok() &&
                     plugin.destroy().ok();
  return lived && host.published().empty() ? 0 : 1;
}
EOF
configure kit || fail 'configuring a unit test on the fake host'
build kit || fail 'building a unit test on the fake host'
kit/build/main || fail 'a unit test on the fake host'

# The program is a target, too, so that a project can run it on what it builds.
project program NONE <<'EOF'
find_package(trapline REQUIRED)
add_custom_target(show ALL COMMAND trapline::trapline version)
EOF
configure program && build program || fail 'running trapline::trapline in a build'
says 'plugin ABI' || fail 'trapline::trapline did not run'

# The plugin that the README shows.
block() { awk -v fence="$1" '$0 == "```" fence { inside = 1; next } /^```/ { inside = 0 } inside' "$TRAPLINE_TEST_SOURCE/README.md"; }
project readme CXX < <(block cmake)
block cpp >readme/my_detector.cpp
configure readme || fail "configuring the README's plugin"
build readme || fail "building the README's plugin"
"$TRAPLINE_TEST_PREFIX/bin/trapline" inspect readme/build/plugins/my_detector.so >log || fail "the README's plugin has findings"

# trapline_add_plugin: what it builds, what it refuses, what it warns of.
project plugins 'C CXX' <<'EOF'
find_package(trapline REQUIRED COMPONENTS sdk)
add_library(log INTERFACE)
target_link_libraries(log INTERFACE $<LINK_ONLY:spdlog::spdlog_header_only>)
add_library(spdlog::spdlog_header_only INTERFACE IMPORTED)
trapline_add_plugin(idle SOURCES ../plugin.cpp)
trapline_add_plugin(logs SOURCES ../plugin.cpp)
target_link_libraries(logs PRIVATE log)
trapline_add_plugin(no_entry SOURCES ../no_entry.c)
trapline_add_plugin(extra SOURCES ../plugin.c)
set_property(TARGET extra PROPERTY LINK_OPTIONS)
target_sources(extra PRIVATE ../no_entry.c)
target_compile_options(extra PRIVATE -fvisibility=default)
trapline_add_plugin(undefined SOURCES ../undefined.c)
EOF
printf '#include "plugin.c"\nextern int of_nobody(void);\nint (*use)(void) = of_nobody;\n' >undefined.c
configure plugins || fail 'configuring plugins'
says 'trapline_add_plugin(logs): the plugin links spdlog::spdlog_header_only' || fail 'no warning of spdlog'
! says 'trapline_add_plugin(idle): the plugin links' || fail 'a warning of spdlog without spdlog'
cmake --build plugins/build --target idle >log 2>&1 || fail 'building a C++ plugin'
readelf -lW plugins/build/plugins/idle.so | grep -q GNU_RELRO || fail 'no RELRO'
readelf -dW plugins/build/plugins/idle.so | grep -q 'NOW' || fail 'symbols are not bound at load'
readelf -nW plugins/build/plugins/idle.so | grep -q 'Build ID' || fail 'no build id'
! cmake --build plugins/build --target no_entry >log 2>&1 || fail 'a plugin without an entry was built'
says 'does not export trapline_plugin_entry_v0' || fail 'the missing entry is not told'
! cmake --build plugins/build --target extra >log 2>&1 || fail 'a plugin with more exports was built'
says 'exports 1 symbols besides its entry: helper' || fail 'the further export is not named'
! cmake --build plugins/build --target undefined >log 2>&1 || fail 'a plugin with an undefined symbol was built'
says of_nobody || fail 'the undefined symbol is not named'
project nonsense C <<'EOF'
find_package(trapline REQUIRED COMPONENTS sdk)
trapline_add_plugin(idle ../plugin.c)
EOF
! configure nonsense || fail 'trapline_add_plugin without SOURCES was accepted'
says 'expected SOURCES' || fail 'the missing SOURCES is not told'
