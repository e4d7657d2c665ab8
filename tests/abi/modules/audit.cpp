// Proves what it saw: within its life every trade's price is one more than the one before, and over all lives of the
// instance their number, sum and sum of squares (modulo 2^64) are counted. Built twice, as audit_a and audit_b, which
// differ in an option. What it knows, the next price, passes on.
#include <cstring>
#include <string>

#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class audit : public sdk::plugin<audit> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = PLUGIN_ID, .version = "1.0.0", .summary = "audits a sequence"};
  static constexpr trapline_option options[] = {
#ifdef AUDIT_LIMIT
      sdk::option_int("limit", "5", "1..100", "known to one of the two alone"),
#endif
      sdk::option_int("depth", "1", "1..100", "known to both"),
  };
  static constexpr const char* commands[] = {"debug", "refuse", "fault"};
  static constexpr sdk::state_info state = {"tests/audit", 1, 1};

  explicit audit(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) { options_ = json; }
  void start() {
    seen_ = host().counter("audit_seen_total");
    sum_ = host().counter("audit_sum_total");
    squares_ = host().counter("audit_squares_total");
    disorder_ = host().counter("audit_disorder_total");
    host().subscribe("test.>");
  }
  void on(const trapline_event&, const trapline_trade& t) {
    const auto p = static_cast<std::uint64_t>(t.price);
    seen_.add();
    sum_.add(p);
    squares_.add(p * p);
    if (next_ >= 0 && t.price != next_) disorder_.add();
    next_ = t.price + 1;
  }
  std::string command(std::string_view name, std::string_view args) {
    if (name == "fault") host().report_fault(TRAPLINE_E_FAILED, "told to fault");
    if (name == "refuse") throw sdk::error(TRAPLINE_E_INVALID, {}, "told to refuse");
    return sdk::cat("{\"plugin\":\"" PLUGIN_ID "\",\"next\":", next_, ",\"options\":", options_, ",\"args\":", args,
                    "}");
  }
  std::string save_state() { return std::to_string(next_); }
  void load_state(std::uint32_t, std::string_view bytes) { next_ = std::stoll(std::string(bytes)); }

 private:
  sdk::counter seen_, sum_, squares_, disorder_;
  std::int64_t next_ = -1;
  std::string options_;
};

TRAPLINE_PLUGIN(audit, PLUGIN_ID, "1.0.0");
