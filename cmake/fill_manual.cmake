# cmake -D PROGRAM=trapline -D VERSION=1.2.3 -D "SOURCES=a.1.in;b.bash.in" -D TO=dir -P fill_manual.cmake
#
# Writes each source without its .in: @VERSION@ replaced, and @COMMANDS@, @CONFIGURATION@, @COMPLETION@ by what
# `PROGRAM manual commands` and so on prints. Manual pages (.1, .5) are compressed, as Debian wants them.
cmake_minimum_required(VERSION 3.25)  # before CMP0053, @VERSION@ here would be a variable
foreach(part commands configuration completion)
  execute_process(COMMAND ${PROGRAM} manual ${part} OUTPUT_VARIABLE ${part} RESULT_VARIABLE failed
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    message(FATAL_ERROR "`${PROGRAM} manual ${part}` failed: ${failed}")
  endif()
endforeach()
foreach(source IN LISTS SOURCES)
  file(READ ${source} text)
  string(REPLACE "@VERSION@" "${VERSION}" text "${text}")
  foreach(part commands configuration completion)
    string(TOUPPER ${part} name)
    string(REPLACE "@${name}@" "${${part}}" text "${text}")
  endforeach()
  get_filename_component(name ${source} NAME_WLE)
  file(WRITE ${TO}/${name} "${text}")
  if(name MATCHES "\\.[1-8]$")
    execute_process(COMMAND gzip -9nf ${TO}/${name} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
