// `trapline journal cut`, `to-jsonl`, `from-jsonl`: from a journal, and into one.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>

#include "journal/folder_writer.hpp"
#include "journal_range.hpp"
#include "offline/event_line_writer.hpp"
#include "offline/event_lines.hpp"
#include "trapline/abi/plugin.h"
#include "trapline/abi/version.h"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline::cli {
namespace {

using journal::item;

int fail(const std::string& text, int code = 1) {
  std::cerr << "trapline: " << text << '\n';
  return code;
}

// Events into blocks, blocks into the folder.
class filler {
 public:
  explicit filler(journal::folder_writer& to) : to_(to) {}
  std::string put(const trapline_event& e) {
    if (block_.size() + e.size > journal::block_target && !block_.empty())
      if (auto why = flush(); !why.empty()) return why;
    block_.add(e);
    return {};
  }
  std::string put(journal::record r) {
    if (auto why = flush(); !why.empty()) return why;
    return to_.put(std::vector<journal::record>{std::move(r)});
  }
  std::string flush() {
    auto why = to_.put(block_);
    block_.clear(journal::block_kind::events);
    return why;
  }

 private:
  journal::folder_writer& to_;
  journal::block block_;
};

std::vector<journal::record> tables_of(const journal::reader& r) {
  journal::topic_names topics;
  for (std::uint32_t id = 1; id <= r.topic_count(); ++id) topics.names.emplace_back(r.topic(id));
  journal::instrument_names instruments;
  for (std::uint32_t id = 1; id <= r.instrument_count(); ++id) instruments.names.push_back(*r.instrument(id));
  std::vector<journal::record> out;
  if (!topics.names.empty()) out.push_back(std::move(topics));
  if (!instruments.names.empty()) out.push_back(std::move(instruments));
  for (const auto* i : r.instances()) out.push_back(*i);
  return out;
}

}  // namespace

int cut_journal(const journal_arguments& a) {
  journal_range which;
  if (!which.read(a)) return 2;
  const auto r = open_journal(a.path);
  if (!r) return 2;
  auto about = r->about();
  const std::string original = about.run_id;
  if (!which.topics.empty()) about.left_out = {sdk::cat("all but what was asked for when it was cut")};
  std::string why;
  const auto out = journal::folder_writer::create(a.output, std::move(about), why);
  if (!out) return fail(why);
  why = out->put(tables_of(*r));
  filler to(*out);
  which.begin(*r);
  // Who ran when the part begins is known from the steps before it.
  std::uint64_t events = 0, first = 0, last = 0;
  bool damaged = false, begun = false;
  for (item what; why.empty() && (what = r->next()) != item::end;) {
    if (what == item::loss) {
      damaged = true;
      std::cerr << "trapline: lost " << r->lost().from_seq << ".." << r->lost().to_seq << ": " << r->lost().text
                << '\n';
    }
    if (what == item::step && begun) why = to.put(r->step());
    if (what == item::command && begun) why = to.put(r->command());
    if (what != item::event) continue;
    if (which.is_over(r->event())) break;
    if (!begun) {
      begun = true;
      for (const auto* s : r->steps())
        if (why.empty() && s->after_seq < r->event().seq) why = to.put(*s);
    }
    if (!which.holds(*r, r->event()) || !why.empty()) continue;
    why = to.put(r->event());
    if (events++ == 0) first = r->event().seq;
    last = r->event().seq;
  }
  if (why.empty()) why = to.flush();
  if (why.empty())
    why = out->finish(
        sdk::cat("cut from run ", original, ": seq ", first, "..", last, damaged ? ", parts were damaged" : ""));
  if (!why.empty()) return fail(why);
  std::cout << a.output << ": " << events << " events, seq " << first << ".." << last << '\n';
  return damaged;
}

int journal_to_jsonl(const journal_arguments& a) {
  journal_range which;
  if (!which.read(a)) return 2;
  const auto r = open_journal(a.path);
  if (!r) return 2;
  std::ofstream file;
  const bool to_file = !a.output.empty() && a.output != "-";
  if (to_file) file.open(a.output, std::ios::binary | std::ios::trunc);
  if (to_file && !file) return fail(sdk::cat(a.output, " cannot be opened: ", std::strerror(errno)));
  std::ostream& out = to_file ? file : std::cout;
  which.begin(*r);
  std::string lines;
  std::uint64_t written = 0, without = 0;
  bool damaged = false;
  for (item what; (what = r->next()) != item::end && out;) {
    if (what == item::loss) {
      damaged = true;
      std::cerr << "trapline: lost " << r->lost().from_seq << ".." << r->lost().to_seq << ": " << r->lost().text
                << '\n';
    }
    if (what != item::event) continue;
    const auto& e = r->event();
    if (which.is_over(e)) break;
    if (!which.holds(*r, e)) continue;
    const auto* i = r->instrument(e.instrument);
    const bool wanted = !a.events_only || e.space != 0 || e.type != TRAPLINE_EVENT_SIGNAL;
    if (i && wanted && offline::append_event(lines, e, i->venue, i->symbol)) ++written;
    else ++without;
    if (lines.size() < 64 * 1024) continue;
    out << lines;
    lines.clear();
  }
  out << lines << std::flush;
  if (!out) return fail(sdk::cat(to_file ? a.output : "standard output", " cannot be written: ", std::strerror(errno)));
  std::cerr << written << " events written; " << without << " of kinds that have no line\n";
  return damaged;
}

// ---------------------------------------------------------------- from-jsonl

namespace {

constexpr std::uint32_t source_id = 1;

// Numbers, names and times events as the bus would.
class importer {
 public:
  explicit importer(journal::folder_writer& to) : to_(to) {
    journal::instance_info i;
    i.id = source_id;
    i.name = "import";
    i.plugin = "from-jsonl";
    i.version = version_text;
    i.flags = TRAPLINE_PLUGIN_SOURCE;
    why_ = to_.put(i);
  }
  // Empty: done.
  const std::string& put(const offline::line_event& e) {
    using offline::line_type;
    const std::string venue = e.type == line_type::instrument ? std::string(e.venue) : venue_of(e.symbol);
    if (e.type == line_type::instrument) venues_[std::string(e.symbol)] = venue;
    const auto add = [&](std::uint16_t type, const char* family, const auto& head, std::string_view tail = {}) {
      put(type, family, venue, std::string(e.symbol), e.ts, {reinterpret_cast<const char*>(&head), sizeof head}, tail);
    };
    switch (e.type) {
      case line_type::instrument:
        add(TRAPLINE_EVENT_INSTRUMENT, "md.instrument", e.instrument);
        break;
      case line_type::trade:
        add(TRAPLINE_EVENT_TRADE, "md.trade", e.trade);
        break;
      case line_type::book:
        add(e.snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA, "md.book", e.book,
            {reinterpret_cast<const char*>(e.levels.data()), e.levels.size() * sizeof(trapline_level)});
        break;
      case line_type::quote:
      case line_type::ticker:
        add(TRAPLINE_EVENT_TICKER, "md.ticker", e.ticker);
        break;
      case line_type::candle:
        add(TRAPLINE_EVENT_CANDLE, "md.candle", e.candle);
        break;
      case line_type::gap:
        add(TRAPLINE_EVENT_GAP, e.gap.channel == TRAPLINE_GAP_TRADE ? "md.trade" : "md.book", e.gap);
        break;
      case line_type::liquidation:  // the plugin ABI has no event for it
        break;
    }
    return why_;
  }
  std::string finish() { return why_.empty() ? to_.flush() : why_; }
  std::uint64_t events() const { return events_; }

 private:
  std::string venue_of(std::string_view symbol) const {
    const auto it = venues_.find(symbol);
    return it == venues_.end() ? "offline" : it->second;
  }
  void put(std::uint16_t type, const std::string& family, const std::string& venue, const std::string& symbol,
           std::int64_t ts, std::string_view head, std::string_view tail) {
    const std::string topic = family + "." + venue + "." + symbol;
    now_ = std::max(now_, ts);  // ts_recv never goes back
    trapline_event e{};
    e.size = static_cast<std::uint32_t>((sizeof e + head.size() + tail.size() + 7) & ~std::size_t{7});
    e.type = type;
    e.flags = TRAPLINE_FLAG_LAST_IN_BATCH;
    e.source = source_id;
    e.topic = id_of(topics_, topic, [&](std::uint32_t id) { return journal::topic_names{id, {topic}}; });
    e.instrument = id_of(instruments_, std::pair(venue, symbol), [&](std::uint32_t id) {
      return journal::instrument_names{id, {{venue, symbol}}};
    });
    e.seq = seq_;
    e.source_seq = ++events_;
    e.ts_event = ts;
    e.ts_recv = now_;
    seq_ += (e.size + 63) / 64;  // as on the bus, whose lines they would take
    bytes_.assign(e.size, std::byte{});
    std::memcpy(bytes_.data(), &e, sizeof e);
    std::memcpy(bytes_.data() + sizeof e, head.data(), head.size());
    if (!tail.empty()) std::memcpy(bytes_.data() + sizeof e + head.size(), tail.data(), tail.size());
    if (why_.empty()) why_ = to_.put(*reinterpret_cast<const trapline_event*>(bytes_.data()));
  }
  template <class Key, class Make>
  std::uint32_t id_of(std::map<Key, std::uint32_t>& ids, const Key& key, const Make& make) {
    const auto [at, fresh] = ids.emplace(key, static_cast<std::uint32_t>(ids.size() + 1));
    if (fresh && why_.empty()) why_ = to_.put(make(at->second));
    return at->second;
  }

  filler to_;
  std::map<std::string, std::uint32_t> topics_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> instruments_;
  std::map<std::string, std::string, std::less<>> venues_;  // of symbols whose instrument was told
  std::vector<std::byte> bytes_;
  std::uint64_t seq_ = 1, events_ = 0;
  std::int64_t now_ = 0;
  std::string why_;
};

}  // namespace

int journal_from_jsonl(const journal_arguments& a) {
  std::ifstream file;
  const bool from_file = a.path != "-";
  if (from_file) file.open(a.path, std::ios::binary);
  if (from_file && !file) return fail(sdk::cat(a.path, " cannot be opened: ", std::strerror(errno)), 2);
  std::istream& in = from_file ? file : std::cin;
  journal::manifest about;
  about.abi_major = TRAPLINE_ABI_MAJOR;
  about.abi_minor = TRAPLINE_ABI_MINOR;
  about.run_id = "import";
  about.engine = "from-jsonl";
  about.program = version_text;
  std::string why;
  const auto out = journal::folder_writer::create(a.output, std::move(about), why);
  if (!out) return fail(why);
  importer to(*out);
  offline::event_parser parser;
  offline::line_event event;
  std::uint64_t number = 0, bad = 0, signals = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (line.starts_with("{\"type\":\"signal\"")) {  // what a detector said, not what a market did
      ++signals;
      continue;
    }
    const std::size_t size = line.size();
    line.append(offline::event_parser::padding(), ' ');
    if (const auto& wrong = parser.parse({line.data(), size}, event); !wrong.empty()) {
      ++bad;
      if (a.skip_bad) continue;
      return fail(sdk::cat(from_file ? a.path : "standard input", ":", number, ": ", wrong), 2);
    }
    if (!(why = to.put(event)).empty()) return fail(why);
  }
  if (in.bad()) return fail(sdk::cat(a.path, " cannot be read: ", std::strerror(errno)));
  if (why = to.finish(); why.empty()) why = out->finish(sdk::cat("made of ", a.path));
  if (!why.empty()) return fail(why);
  std::cout << a.output << ": " << to.events() << " events";
  if (signals > 0) std::cout << "; " << signals << " signals were left out";
  if (bad > 0) std::cout << "; " << bad << " lines that are no events were left out";
  std::cout << '\n';
  return 0;
}

}  // namespace trapline::cli
