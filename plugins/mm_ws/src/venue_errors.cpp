#include "venue_errors.hpp"

#include <algorithm>
#include <iterator>

namespace trapline::mm_ws {
namespace {

using enum error_class;

constexpr const char* check_key = "check credentials.key";
constexpr const char* check_secret = "check credentials.secret";
constexpr const char* check_passphrase = "check credentials.passphrase";
constexpr const char* check_clock = "check this machine's clock";
constexpr const char* check_permission = "give the key the permission to read futures, at the venue";
constexpr const char* check_address = "add this machine's address to the key's list, at the venue";
constexpr const char* wait = "the venue is busy or under maintenance; it is asked again";

// Sorted by code.
constexpr venue_error table[] = {
    {429, busy, wait},
    {22001, gone, ""},
    {22002, gone, ""},
    {25204, gone, ""},
    {25227, gone, ""},
    {30001, request, "check symbols and channels"},
    {30002, request, ""},
    {30003, request, "check endpoint.public and endpoint.private: they may be exchanged"},
    {30004, request, ""},
    {30005, credentials, "check the credentials"},
    {30006, busy, wait},
    {30007, busy, wait},
    {30011, credentials, check_key},
    {30012, credentials, check_passphrase},
    {30013, clock, check_clock},
    {30014, clock, check_clock},
    {30015, credentials, check_secret},
    {30016, request, ""},
    {30033, upgrade, ""},
    {40001, credentials, check_key},
    {40002, credentials, check_secret},
    {40003, credentials, check_passphrase},
    {40005, clock, check_clock},
    {40006, credentials, check_key},
    {40008, clock, check_clock},
    {40009, credentials, check_secret},
    {40010, uncertain, wait},
    {40011, credentials, check_passphrase},
    {40012, credentials, "check credentials.key and credentials.passphrase"},
    {40014, credentials, check_permission},
    {40015, uncertain, wait},
    {40017, request, ""},
    {40018, credentials, check_address},
    {40019, request, ""},
    {40020, request, ""},
    {40034, request, ""},
    {40036, credentials, check_passphrase},
    {40037, credentials, check_key},
    {40038, credentials, check_address},
    {40084, classic, "the key belongs to a classic account: set api: v2, or auto"},
    {40085, unified, "the key belongs to a unified account: set api: v3, or auto"},
    {40099, environment, "a demo key needs environment: demo, a live key environment: live"},
    {40109, gone, ""},
    {40200, uncertain, wait},
    {40404, request, ""},
    {40725, uncertain, wait},
    {40768, gone, ""},
    {40808, uncertain, wait},
    {43001, gone, ""},
    {43020, gone, ""},
    {43025, gone, ""},
    {45001, uncertain, wait},
    {45057, gone, ""},
    {400172, request, ""},
};
static_assert(std::is_sorted(std::begin(table), std::end(table),
                             [](const venue_error& a, const venue_error& b) { return a.code < b.code; }));

constexpr venue_error success = {0, none, ""};
constexpr venue_error no_idea = {-1, unknown, ""};

}  // namespace

const venue_error& find_error(std::int64_t code) noexcept {
  if (code == 0) return success;
  const auto* at = std::lower_bound(std::begin(table), std::end(table), code,
                                    [](const venue_error& e, std::int64_t c) { return e.code < c; });
  return at != std::end(table) && at->code == code ? *at : no_idea;
}

std::string_view name_of(error_class c) noexcept {
  constexpr std::string_view names[] = {"none",    "busy",    "uncertain", "clock", "credentials", "environment",
                                        "classic", "unified", "request",   "gone",  "upgrade",     "unknown"};
  return names[static_cast<std::size_t>(c)];
}

}  // namespace trapline::mm_ws
