# All third-party libraries. They are Debian 12 packages; `./dev setup` installs them.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson 3.0 REQUIRED)
find_package(LibLZMA REQUIRED)
find_package(ZLIB REQUIRED)
find_package(zstd REQUIRED)
find_package(CLI11 2.1 REQUIRED)

find_path(HIREDIS_INCLUDE_DIR hiredis/hiredis.h REQUIRED)
find_library(HIREDIS_LIBRARY hiredis REQUIRED)
add_library(trapline_hiredis INTERFACE)
target_include_directories(trapline_hiredis SYSTEM INTERFACE ${HIREDIS_INCLUDE_DIR})
target_link_libraries(trapline_hiredis INTERFACE ${HIREDIS_LIBRARY})

find_path(WEBSOCKETPP_INCLUDE_DIR websocketpp/client.hpp REQUIRED)
