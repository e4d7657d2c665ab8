// Looks a service up too early.
#include "conduct.hpp"

struct calls_host_in_create : conduct::instance {
  explicit calls_host_in_create(const trapline_host* h) : instance(h) { service<trapline_log>(TRAPLINE_SERVICE_LOG); }
};
CONDUCT_MODULE(calls_host_in_create)
