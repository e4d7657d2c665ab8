# The manual pages and the bash completion: the texts in packaging/, filled in by the program (`trapline manual`), so
# that an option cannot be in one and not in the other. They are build/PRESET/manual/{trapline.1,trapline.yaml.5}.gz and
# trapline.bash.
set(manual_dir ${PROJECT_BINARY_DIR}/manual)
set(manual_sources man/trapline.1.in man/trapline.yaml.5.in completion/trapline.bash.in)
list(TRANSFORM manual_sources PREPEND ${PROJECT_SOURCE_DIR}/packaging/)
add_custom_command(
  OUTPUT ${manual_dir}/trapline.1.gz ${manual_dir}/trapline.yaml.5.gz ${manual_dir}/trapline.bash
  COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:trapline> -D VERSION=${PROJECT_VERSION}
    "-DSOURCES=${manual_sources}" -D TO=${manual_dir} -P ${PROJECT_SOURCE_DIR}/cmake/fill_manual.cmake
  DEPENDS trapline ${manual_sources} ${PROJECT_SOURCE_DIR}/cmake/fill_manual.cmake
  COMMENT "Writing the manual" VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual_dir}/trapline.1.gz)

install(FILES ${manual_dir}/trapline.1.gz DESTINATION share/man/man1 COMPONENT runtime)
install(FILES ${manual_dir}/trapline.yaml.5.gz DESTINATION share/man/man5 COMPONENT runtime)
install(FILES ${manual_dir}/trapline.bash DESTINATION share/bash-completion/completions RENAME trapline COMPONENT runtime)
