// The detector of wire_bench as a plugin: does with each event what the reference clients' detectors do.
#include <memory>
#include <string>

#include "trapline/sdk/book.hpp"
#include "trapline/sdk/plugin.hpp"
#include "wire/board.hpp"

namespace sdk = trapline::sdk;
using wire::meter;

class wire_probe : public sdk::plugin<wire_probe> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "wire_probe", .version = "0.1.0", .summary = "the detector of wire_bench", .flags = TRAPLINE_PLUGIN_SINK};
  static constexpr trapline_option options[] = {
      sdk::required(sdk::option_string("board", nullptr, "file of the board")),
      sdk::option_bool("keep_book", "false", "keep a book from the events and tell its digest at the end"),
  };

  explicit wire_probe(const trapline_host* h) : plugin(h) {}
  ~wire_probe() {
    if (board_) ::munmap(board_, sizeof(wire::board));
  }

  void configure(std::string_view json) {
    constexpr std::string_view key = "\"board\":\"";
    const auto at = json.find(key) + key.size();
    board_ = wire::map_board(std::string(json.substr(at, json.find('"', at) - at)), false);
    keep_book_ = json.find("\"keep_book\":true") != json.npos;
    meter_ = std::make_unique<meter>(*board_);
  }
  void start() { host().subscribe("md.>"); }

  void on(const trapline_event&, const trapline_trade& t) {
    const auto p = unit(t.price_exp), s = unit(t.size_exp);
    meter_->value(meter::trade, t.price * p, t.size * s);
    message();
  }
  void on(const trapline_event&, const trapline_ticker& t) {
    const auto p = unit(t.price_exp), s = unit(t.size_exp);
    meter_->value(meter::ticker, t.last * p, t.bid_size * s);
    meter_->value(meter::bid, t.bid * p, t.ask_size * s);
    meter_->value(meter::ask, t.ask * p, t.mark * p);
    message();
  }
  void on(const trapline_event& e, const trapline_book& b) {
    const auto p = unit(b.price_exp), s = unit(b.size_exp);
    const auto levels = sdk::levels(e, b);
    for (std::size_t i = 0; i < levels.size(); ++i)
      meter_->value(i < b.bid_count ? meter::bid : meter::ask, levels[i].price * p, levels[i].size * s);
    if (keep_book_) book_.apply(e, b);
    message();
  }

 private:
  static std::int64_t unit(int exp) noexcept {
    constexpr std::int64_t scale[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
    return exp <= 0 && exp >= -8 ? scale[8 + exp] : 0;  // 0 spoils the sum, which is noticed
  }

  void message() {
    meter_->message();
    if (!meter_->last()) return;
    if (keep_book_ && book_.valid()) {
      const auto p = unit(book_.price_exp()), s = unit(book_.size_exp());
      std::uint64_t d = 0;
      for (std::size_t i = 0; i < book_.bid_count(); ++i)
        d += wire::level_digest(meter::bid, book_.bid(i).price * p, book_.bid(i).size * s);
      for (std::size_t i = 0; i < book_.ask_count(); ++i)
        d += wire::level_digest(meter::ask, book_.ask(i).price * p, book_.ask(i).size * s);
      meter_->book_digest(d);
    }
    meter_->publish();
  }

  wire::board* board_ = nullptr;
  std::unique_ptr<meter> meter_;
  bool keep_book_ = false;
  sdk::book book_;
};

TRAPLINE_PLUGIN(wire_probe, "wire_probe", "0.1.0");
