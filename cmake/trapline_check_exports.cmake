# cmake -D FILE=plugin.so -D NM=nm -P trapline_check_exports.cmake
#
# Fails if the plugin's dynamic symbols are not the entry alone: what else it exports keeps it from being unloaded, or
# binds to the symbols of another plugin. The loader refuses such a file, so the build that made it should not pass.
execute_process(COMMAND ${NM} -D --defined-only ${FILE}
  OUTPUT_VARIABLE table RESULT_VARIABLE failed ERROR_VARIABLE error)
if(failed)
  message(FATAL_ERROR "${NM} cannot read ${FILE}: ${error}")
endif()
string(REGEX MATCHALL "[^\n ]+\n" exported "${table}")
string(REPLACE "\n" "" exported "${exported}")
list(REMOVE_ITEM exported trapline_plugin_entry_v0)
if(NOT table MATCHES " T trapline_plugin_entry_v0\n")
  message(FATAL_ERROR "${FILE} does not export trapline_plugin_entry_v0. Declare it with TRAPLINE_EXPORT (in C++: "
    "TRAPLINE_PLUGIN) in one of the plugin's sources, not in a static library that nothing refers to.")
endif()
if(exported)
  list(LENGTH exported count)
  list(SUBLIST exported 0 5 some)
  message(FATAL_ERROR "${FILE} exports ${count} symbols besides its entry: ${some}. The version script of "
    "trapline_add_plugin() did not take effect: look for what replaces the link options of the target.")
endif()
