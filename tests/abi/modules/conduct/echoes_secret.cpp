// Logs a secret.
#include "conduct.hpp"

static const trapline_option rows[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_SECRET, 0, "key", nullptr, nullptr, "logged in start()"}};

struct echoes_secret : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    char value[256];
    trapline_buf buffer{value, sizeof value, 0};
    const auto* secret = service<trapline_secret>(TRAPLINE_SERVICE_SECRET);
    const auto* log = service<trapline_log>(TRAPLINE_SERVICE_LOG);
    if (secret && log && secret->get(host, conduct::str("key"), &buffer) == TRAPLINE_OK)
      log->write(host, TRAPLINE_LOG_DEBUG, {value, buffer.len});
    return join_the_bus(e);
  }
};
CONDUCT_MODULE_OPTIONS(echoes_secret, 0, "tests", rows, 1)
