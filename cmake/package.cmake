# Debian packages: `./dev package`, or `umask 022; cpack` in the build directory.
#
#   trapline      program, plugins, manual, service trapline@.service with its user, examples of configurations.
#   trapline-dev  what authors of plugins and of programs that embed the engine need.
#
# Two packages, because a machine that holds keys needs neither headers nor the 30 MB of static libraries; not one for
# each plugin, because they are built, tested and pinned together, and weigh 5 MB.
#
# The prefix is /usr; everything else is as `cmake --install` lays it down, plus the components `service` and
# `dev_notes`, which only packages have.
set(debian_dir ${PROJECT_BINARY_DIR}/packaging)
set(TRAPLINE_PACKAGE_MAINTAINER "Trapline maintainers <maintainers@trapline.invalid>"
  CACHE STRING "Who answers for the Debian packages: `Name <address>`")

foreach(file changelog copyright)
  configure_file(packaging/debian/${file}.in ${debian_dir}/${file} @ONLY)
endforeach()
execute_process(COMMAND gzip -9nfk ${debian_dir}/changelog COMMAND_ERROR_IS_FATAL ANY)

# The service writes to the journal, not to a file that grows.
set(conffiles "")
foreach(name demo live-public)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/${name}.yaml)
  file(READ configs/${name}.yaml text)
  string(REPLACE ", file: ./run/trapline.log" "" text "${text}")
  file(CONFIGURE OUTPUT ${debian_dir}/etc/${name}.yaml @ONLY CONTENT
    "# Service trapline@${name}: `systemctl start trapline@${name}`. Relative paths begin in /var/lib/trapline/${name},\n# the log goes to the journal.\n#\n${text}")
  install(FILES ${debian_dir}/etc/${name}.yaml DESTINATION /etc/trapline COMPONENT service EXCLUDE_FROM_ALL)
  string(APPEND conffiles "/etc/trapline/${name}.yaml\n")
endforeach()
file(WRITE ${debian_dir}/conffiles "${conffiles}")

install(FILES packaging/systemd/trapline@.service DESTINATION /lib/systemd/system COMPONENT service EXCLUDE_FROM_ALL)
install(FILES packaging/systemd/trapline.conf DESTINATION lib/sysusers.d COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${debian_dir}/copyright ${debian_dir}/changelog.gz DESTINATION share/doc/trapline
  COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${debian_dir}/copyright ${debian_dir}/changelog.gz DESTINATION share/doc/trapline-dev
  COMPONENT dev_notes EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "${TRAPLINE_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_VENDOR Trapline)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL runtime service development dev_notes)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)  # xz: a tenth smaller, three times the time
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_ENGINE_PACKAGE_NAME trapline)
set(CPACK_DEBIAN_ENGINE_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_ENGINE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ENGINE_PACKAGE_DEPENDS "ca-certificates, systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_ENGINE_PACKAGE_SUGGESTS redis-server)
set(CPACK_DEBIAN_ENGINE_PACKAGE_CONTROL_EXTRA
  ${debian_dir}/conffiles ${PROJECT_SOURCE_DIR}/packaging/debian/postinst ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
  ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME trapline-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "trapline (= ${PROJECT_VERSION})")
# A plugin needs the headers alone; an embedded engine links these.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "cmake, g++, libssl-dev, libyaml-cpp-dev, libspdlog-dev, libzstd-dev")

set(CPACK_DEBIAN_ENGINE_DESCRIPTION "event-driven trading engine with plugins
It loads shared-library plugins onto one event bus: a feed from Bitget's
futures WebSocket, a detector of market-maker traps, a bridge to Redis, and a
simulated venue. The service trapline@NAME runs /etc/trapline/NAME.yaml.")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "headers, engine library and test kit of Trapline
Headers for plugins in C and C++, the engine as a static library for programs
that embed it, a test kit, a CMake package, and examples to copy.")

include(CPack)
cpack_add_component_group(engine)
cpack_add_component_group(development)
cpack_add_component(runtime GROUP engine)
cpack_add_component(service GROUP engine)
cpack_add_component(development GROUP development)
cpack_add_component(dev_notes GROUP development)
