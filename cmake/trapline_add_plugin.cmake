# trapline_add_plugin(NAME SOURCES a.cpp ... [LINK target ...] [STATIC | UNCHECKED])
#
# Builds NAME.so, from C or C++, the way the loader demands it: hidden visibility and a version script that exports the
# entry alone (hidden visibility by itself does not let g++ 12 unload a plugin), all symbols known and bound at load, no
# STB_GNU_UNIQUE symbols, and floating point that gives the same results with every compiler. After linking, the exports
# are checked. Unless CMAKE_LIBRARY_OUTPUT_DIRECTORY says otherwise, the file is <build directory>/plugins/NAME.so.
#
# STATIC: a static library for a program that hosts the engine, from the same sources. Its entry is called
# trapline_entry_of_NAME: `TRAPLINE_STATIC_PLUGIN(NAME);` of engine.hpp declares it, engine::attach() takes it. What is
# linked into one program shares its names: put the plugin's classes into a namespace of its own.
# LINK: further libraries. UNCHECKED: do not check the exports, for plugins that are wrong on purpose.
function(trapline_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "STATIC;UNCHECKED" "" "SOURCES;LINK")
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
    message(FATAL_ERROR "trapline_add_plugin(${name}): expected SOURCES a.cpp ... [LINK target ...] [STATIC | UNCHECKED]; "
      "not understood: '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  if(ARG_STATIC)
    add_library(${name} STATIC ${ARG_SOURCES})
    string(MAKE_C_IDENTIFIER ${name} identifier)
    target_compile_definitions(${name} PRIVATE trapline_plugin_entry_v0=trapline_entry_of_${identifier})
  else()
    add_library(${name} MODULE ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES PREFIX "")
  endif()
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/trapline_plugin.version)
  set_target_properties(${name} PROPERTIES
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${script})
  if(NOT CMAKE_LIBRARY_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  endif()

  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_link_libraries(${name} PRIVATE trapline::sdk)
  else()
    target_link_libraries(${name} PRIVATE trapline::abi)  # the SDK is C++
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  if(TARGET trapline_options)  # within Trapline's own tree: its warnings
    target_link_libraries(${name} PRIVATE trapline_options)
  endif()
  target_compile_options(${name} PRIVATE -ffp-contract=off $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  if(ARG_STATIC)
    return()
  endif()
  target_link_options(${name} PRIVATE
    LINKER:--version-script=${script} LINKER:-z,now LINKER:-z,relro LINKER:--build-id)
  # A sanitizer's runtime is in the host, so a plugin built with one has undefined symbols.
  get_directory_property(directory_options COMPILE_OPTIONS)
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${directory_options}" MATCHES "-fsanitize=")
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()

  if(NOT ARG_UNCHECKED)
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND ${CMAKE_COMMAND} -D FILE=$<TARGET_FILE:${name}> -D NM=${CMAKE_NM}
        -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/trapline_check_exports.cmake)
  endif()
  # At the end of the directory, when all libraries of the plugin are known.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _trapline_warn_of_spdlog [[${name}]])")
endfunction()

# Host and plugin that share libspdlog.so crash after an unload: its registry keeps loggers whose code is gone.
function(_trapline_warn_of_spdlog name)
  set(todo ${name})
  set(seen "")
  while(todo)
    list(POP_FRONT todo item)
    if(item IN_LIST seen)
      continue()
    endif()
    list(APPEND seen ${item})
    if(item MATCHES "(^|[^A-Za-z0-9_]|-l|lib)spdlog")
      message(WARNING "trapline_add_plugin(${name}): the plugin links ${item}. Log through the service trapline.log/1 "
        "(in C++: host().info(...)); spdlog in a plugin can crash the engine when the plugin is unloaded.")
      return()
    endif()
    if(TARGET ${item})
      foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
        get_target_property(items ${item} ${property})
        if(items)
          string(REGEX REPLACE "\\$<(LINK_ONLY|BUILD_INTERFACE):([^<>]*)>" "\\2" items "${items}")
          list(APPEND todo ${items})
        endif()
      endforeach()
    endif()
  endwhile()
endfunction()
