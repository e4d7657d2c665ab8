// A sink that writes what it is given into a file, line by line at once, so that being killed costs no line:
//   S                     it was started
//   T <trade id> <flags>  a trade
//   B <snapshot>          a book event: 1 or 0
//   G <channel> <lost>    a gap
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class event_log : public sdk::plugin<event_log> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "event_log", .version = "1.0.0", .summary = "writes lines", .flags = TRAPLINE_PLUGIN_SINK};
  static constexpr trapline_option options[] = {sdk::option_string("file", "./events", "where the lines go")};

  explicit event_log(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) { file_ = sdk::options(json).get<std::string>("file"); }
  void start() {
    fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd_ < 0) throw sdk::error(TRAPLINE_E_FAILED, "file", "cannot be opened");
    host().subscribe("md.trade.>");
    host().subscribe("md.book.>");
    line("S\n");
  }
  void stop() { ::close(fd_); }

  void on(const trapline_event& e, const trapline_trade& t) {
    line(sdk::cat("T ", sdk::view(t.trade_id), " ", e.flags, "\n"));
  }
  void on(const trapline_event& e, const trapline_book&) {
    line(sdk::cat("B ", e.type == TRAPLINE_EVENT_BOOK_SNAPSHOT ? 1 : 0, "\n"));
  }
  void on(const trapline_event&, const trapline_gap& g) {
    line(sdk::cat("G ", static_cast<int>(g.channel), " ", g.lost, "\n"));
  }

 private:
  void line(const std::string& text) {
    if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      host().report_fault(TRAPLINE_E_FAILED, "the line could not be written");
  }

  std::string file_;
  int fd_ = -1;
};

TRAPLINE_PLUGIN(event_log, "event_log", "1.0.0");
