# Flags for all of Trapline's own code.

set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

add_library(trapline_options INTERFACE)
target_compile_options(trapline_options INTERFACE -Wall -Wextra -Wshadow -Werror=return-type -fno-math-errno
  -ffp-contract=off)

if(TRAPLINE_SANITIZE)
  add_compile_options(-fsanitize=${TRAPLINE_SANITIZE})
  add_link_options(-fsanitize=${TRAPLINE_SANITIZE})
  if(TRAPLINE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
  endif()
endif()

# Coverage for libFuzzer in all code; its main() is linked by the fuzzers alone.
if(TRAPLINE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "TRAPLINE_FUZZ needs clang, found ${CMAKE_CXX_COMPILER_ID}: use the preset `fuzz`")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
