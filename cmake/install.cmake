# What `cmake --install` lays down. Everything finds its neighbours relative to itself, so a prefix can be moved.
#
#   bin/trapline                       the program; it looks for plugins in ../lib/trapline/plugins
#   lib/trapline/plugins/*.so          every plugin of this tree
#   include/trapline/                  abi/, sdk/, testkit/, engine.h, engine.hpp, version.hpp
#   LIBDIR/libtrapline_*.a             engine: for programs that embed it; testkit: a fake host for tests of plugins
#   lib/cmake/trapline/                find_package(trapline [COMPONENTS abi sdk engine testkit]), trapline_add_plugin(),
#                                      trapline_validate_plugin()
#   share/pkgconfig/trapline.pc        the same for other build systems: headers and link flags of plugins
#   LIBDIR/pkgconfig/trapline-engine.pc   the engine for other build systems; LIBDIR is lib/<architecture> on Debian
#   share/trapline/configs, examples   configurations to start from, plugins to copy
#   share/doc/trapline                 README, operations, plugin guide, licence
#   share/man, share/bash-completion   manual pages and completion of the program
#
# Components: `runtime` (program with its manual, plugins, configurations) and `development` (the rest).
# `cmake --build BUILD --target uninstall` takes away what the last `cmake --install` of that build directory laid down.
if(CMAKE_LIBRARY_ARCHITECTURE)  # as Debian wants it, whatever the prefix: one tree then serves both kinds of install
  set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE} CACHE PATH "Libraries, below the prefix")
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir lib/cmake/trapline)  # projects that enable no language look in no architecture's folder
set(installed_plugins "")
set(plugin_dir lib/trapline/plugins)  # as the program looks for it: no multiarch folder

# --- the program and its plugins
install(TARGETS trapline EXPORT trapline-program-targets RUNTIME DESTINATION bin COMPONENT runtime)
file(GLOB plugin_folders CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugins/*/CMakeLists.txt)
foreach(file ${plugin_folders})
  get_filename_component(folder ${file} DIRECTORY)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL MODULE_LIBRARY)
      install(TARGETS ${target} LIBRARY DESTINATION ${plugin_dir} COMPONENT runtime)
      list(APPEND installed_plugins ${target})
    endif()
  endforeach()
endforeach()
install(DIRECTORY configs DESTINATION share/trapline COMPONENT runtime)
if(NOT TRAPLINE_SANITIZE)  # such trees are for tests
  include(cmake/manual.cmake)
endif()

# --- headers and libraries
install(DIRECTORY engine/include/trapline DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN *.h PATTERN *.hpp PATTERN golden EXCLUDE)
install(TARGETS trapline_abi trapline_sdk EXPORT trapline-sdk-targets)
foreach(part engine testkit)
  install(TARGETS trapline_${part} EXPORT trapline-${part}-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
endforeach()

# --- the CMake package
install(EXPORT trapline-program-targets NAMESPACE trapline:: DESTINATION ${package_dir} COMPONENT runtime)
foreach(set sdk engine testkit)
  install(EXPORT trapline-${set}-targets NAMESPACE trapline:: DESTINATION ${package_dir} COMPONENT development)
endforeach()
configure_package_config_file(cmake/trapline-config.cmake.in ${PROJECT_BINARY_DIR}/cmake/trapline-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/trapline-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/trapline-config.cmake
  ${PROJECT_BINARY_DIR}/cmake/trapline-config-version.cmake
  cmake/trapline_add_plugin.cmake cmake/trapline_check_exports.cmake cmake/trapline_plugin.version
  cmake/trapline_validate_plugin.cmake
  DESTINATION ${package_dir} COMPONENT development)

# --- pkg-config. The headers are the same for every architecture, so it belongs into share, with all that it names.
install(FILES cmake/trapline_plugin.version DESTINATION share/trapline COMPONENT development)
configure_file(cmake/trapline.pc.in ${PROJECT_BINARY_DIR}/cmake/trapline.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/trapline.pc DESTINATION share/pkgconfig COMPONENT development)
file(RELATIVE_PATH engine_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/trapline-engine.pc.in ${PROJECT_BINARY_DIR}/cmake/trapline-engine.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/trapline-engine.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# --- what to read and to copy
install(DIRECTORY examples DESTINATION share/trapline COMPONENT development
  PATTERN build EXCLUDE PATTERN run EXCLUDE)
install(FILES README.md CHANGELOG.md SECURITY.md docs/operations.md docs/control.md docs/redis.md docs/journal.md
  DESTINATION share/doc/trapline COMPONENT runtime)
install(FILES LICENSE docs/plugin-guide.md docs/embedding.md docs/conformance.md DESTINATION share/doc/trapline COMPONENT development)

# All that `cmake --install` and `cpack` need, and no more: no tests, no benchmarks.
add_custom_target(installed DEPENDS trapline trapline_engine trapline_testkit ${installed_plugins})
if(TARGET manual)
  add_dependencies(installed manual)
endif()

add_custom_target(uninstall USES_TERMINAL VERBATIM
  COMMAND ${CMAKE_COMMAND} -D BUILD=${PROJECT_BINARY_DIR} -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
