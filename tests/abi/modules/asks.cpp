// Asks the host for commands in start(), and counts the answers.
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class asks : public sdk::plugin<asks> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "asks", .version = "1.0.0", .summary = "asks the host"};
  explicit asks(const trapline_host* h) : plugin(h) {}

  void start() {
    good_ = host().counter("asks_good_total");
    bad_ = host().counter("asks_bad_total");
    early_ = host().counter("asks_early_total");
    refused_ = host().counter("asks_refused_total");
    in_start_ = true;
    ask("status", {});
    ask("debug", "{\"instance\": \"nobody\"}");
    for (int n = 2; n < TRAPLINE_CONTROL_PENDING_MAX; ++n) ask("plugins", {});
    ask("status", {});  // one too many
    if (host().submit("", {}, &on_answer, this) != TRAPLINE_E_INVALID) early_.add();
    in_start_ = false;
  }

 private:
  void ask(std::string_view cmd, std::string_view args) {
    if (host().submit(cmd, args, &on_answer, this) == TRAPLINE_E_LIMIT) refused_.add();
  }
  static void on_answer(void* context, trapline_status s, trapline_str text) {
    auto& self = *static_cast<asks*>(context);
    if (self.in_start_) self.early_.add();
    (s == TRAPLINE_OK && text.len > 0 && (text.ptr[0] == '{' || text.ptr[0] == '[') ? self.good_ : self.bad_).add();
  }
  sdk::counter good_, bad_, early_, refused_;
  bool in_start_ = false;
};

TRAPLINE_PLUGIN(asks, "asks", "1.0.0");
