# trapline_validate_plugin(TARGET [CONFIG file.yaml] [ARGS argument ...])
#
# Adds the test `TARGET_conforms`: `trapline validate` on the library that TARGET builds, with the options in CONFIG.
# ARGS: more arguments of the program, such as `--events 100000` or `--only ^L`. See docs/conformance.md.
# The program is the target `trapline` of this tree, or `trapline::trapline` of an installed Trapline.
function(trapline_validate_plugin target)
  cmake_parse_arguments(ARG "" "CONFIG" "ARGS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "trapline_validate_plugin(${target}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(TARGET trapline::trapline)
    set(program trapline::trapline)
  elseif(TARGET trapline)
    set(program trapline)
  else()
    message(FATAL_ERROR "trapline_validate_plugin(${target}): there is no program; call find_package(trapline) first")
  endif()
  set(config "")
  if(ARG_CONFIG)
    get_filename_component(config ${ARG_CONFIG} ABSOLUTE)  # a relative one: from this source directory
    set(config --config ${config})
  endif()
  add_test(NAME ${target}_conforms
    COMMAND $<TARGET_FILE:${program}> validate $<TARGET_FILE:${target}> ${config} ${ARG_ARGS})
  set_tests_properties(${target}_conforms PROPERTIES TIMEOUT 600 LABELS conformance)
endfunction()
