# trapline_add_plugin(NAME SOURCES a.cpp ... [LINK target ...])
#
# Builds NAME.so the way the loader demands it: hidden visibility and a version script that exports the entry
# alone (hidden visibility by itself does not let g++ 12 unload a plugin), all symbols bound at load, and no
# STB_GNU_UNIQUE symbols.
function(trapline_add_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  set(script ${CMAKE_BINARY_DIR}/cmake/trapline_plugin.version)
  file(CONFIGURE OUTPUT ${script} CONTENT "{ global: trapline_plugin_entry_v0; local: *; };\n")
  set_target_properties(${name} PROPERTIES
    PREFIX "" CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins LINK_DEPENDS ${script})
  target_link_libraries(${name} PRIVATE trapline_sdk trapline_options ${ARG_LINK})
  target_link_options(${name} PRIVATE -Wl,--version-script=${script} -Wl,-z,now -Wl,-z,relro -Wl,--build-id)
  if(NOT TRAPLINE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
endfunction()
