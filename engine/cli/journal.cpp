#include "journal.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "journal/reader.hpp"
#include "journal/verify.hpp"
#include "journal_range.hpp"
#include "time/utc.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::cli {
namespace {

using namespace journal;  // NOLINT: this file is about nothing else
using json = nlohmann::ordered_json;

std::string time_text(std::int64_t utc) { return utc == 0 ? "-" : time::utc_text(utc); }

// "running", and who does not know better: whether its engine is there.
std::string state_text(const reader& r, const reader::extent& size) {
  const auto& m = r.about();
  std::string text(name_of(m.state));
  if (m.state == run_state::running)
    text += size.written_now ? " (an engine writes it)" : " (its engine was killed; the next one recovers it)";
  return m.reason.empty() ? text : text + ": " + m.reason;
}

int info(const journal_arguments& a) {
  const auto r = open_journal(a.path);
  if (!r) return 2;
  const auto& m = r->about();
  const auto size = r->size();
  if (a.as_json) {
    json instances = json::array();
    for (const auto* i : r->instances())
      instances.push_back({{"id", i->id},
                           {"name", i->name},
                           {"plugin", i->plugin},
                           {"version", i->version},
                           {"sha256", i->sha256},
                           {"lane", i->lane}});
    const json j = {{"folder", r->folder()},
                    {"run_id", m.run_id},
                    {"engine", m.engine},
                    {"program", m.program},
                    {"build_id", m.build_id},
                    {"state", name_of(m.state)},
                    {"written_now", size.written_now},
                    {"reason", m.reason},
                    {"segments", size.segments},
                    {"bytes", size.bytes},
                    {"events", size.events},
                    {"first_seq", size.first_seq},
                    {"last_seq", size.last_seq},
                    {"first_ts", size.first_ts},
                    {"last_ts", size.last_ts},
                    {"complete_to", m.complete_to},
                    {"lost_events", m.lost_events},
                    {"left_out", m.left_out},
                    {"config_sha256", m.config_sha256},
                    {"topics", r->topic_count()},
                    {"instruments", r->instrument_count()},
                    {"instances", std::move(instances)}};
    std::cout << j.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    return 0;
  }
  std::cout << "run        " << m.run_id << " of '" << m.engine << "', trapline " << m.program << ", ABI "
            << m.abi_major << '.' << m.abi_minor << "\nfolder     " << r->folder() << "\nstate      "
            << state_text(*r, size) << "\nevents     " << size.events << ", seq " << size.first_seq << ".."
            << size.last_seq << "\ntime       " << time_text(size.first_ts) << " .. " << time_text(size.last_ts)
            << "\nsize       " << size.bytes << " bytes in " << size.segments
            << (size.segments == 1 ? " segment" : " segments") << "\nnames      " << r->topic_count() << " topics, "
            << r->instrument_count() << " instruments\nconfig     sha256 " << m.config_sha256 << '\n';
  if (m.lost_events > 0) std::cout << "lost       " << m.lost_events << " events after seq " << m.complete_to << '\n';
  for (const auto& p : m.left_out) std::cout << "left out   " << p << '\n';
  std::cout << "instances:\n";
  for (const auto* i : r->instances())
    std::printf("  %4u %-20s %s %s on lane %s%s%s\n", i->id, i->name.c_str(), i->plugin.c_str(), i->version.c_str(),
                i->lane.c_str(), i->sha256.empty() ? "" : ", sha256 ", i->sha256.substr(0, 12).c_str());
  std::fflush(stdout);
  return 0;
}

// ---------------------------------------------------------------- dump

std::string source_name(const reader& r, std::uint32_t id) {
  if (id == 0) return "engine";
  const auto* i = r.instance(id);
  return i ? i->name : "#" + std::to_string(id);
}

void print_event(const reader& r, const trapline_event& e, bool payload) {
  const auto* i = r.instrument(e.instrument);
  const std::string kind =
      e.space == 0 ? std::string(sdk::event_name(e.type)) : std::to_string(e.space) + "/" + std::to_string(e.type);
  std::printf("%llu %s %s %s %s source=%s cause=%llu flags=0x%x size=%u ts_event=%lld\n",
              static_cast<unsigned long long>(e.seq), time_text(e.ts_recv).c_str(), kind.c_str(),
              std::string(r.topic(e.topic)).c_str(), i ? i->symbol.c_str() : "-", source_name(r, e.source).c_str(),
              static_cast<unsigned long long>(e.cause), e.flags, e.size, static_cast<long long>(e.ts_event));
  if (!payload) return;
  const auto* p = reinterpret_cast<const unsigned char*>(&e + 1);
  for (std::size_t n = 0; n < e.size - sizeof e; ++n)
    std::printf("%s%02x", n % 32 == 0 ? (n == 0 ? "  " : "\n  ") : " ", p[n]);
  std::printf("\n");
}

void print_step(const reader& r, const instance_step& s) {
  constexpr const char* words[] = {"started", "draining", "ended"};
  std::printf("-- after %llu %s %s (source %u, life %u) %s", static_cast<unsigned long long>(s.after_seq),
              time_text(s.at).c_str(), source_name(r, s.id).c_str(), s.id, s.life,
              words[static_cast<std::size_t>(s.what)]);
  if (s.in_place_of != 0) std::printf(" in place of source %u", s.in_place_of);
  if (s.state && s.state->withheld) std::printf(", with state that is not in the journal");
  else if (s.state)
    std::printf(", with %zu bytes of state %s/%u", s.state->bytes.size(), s.state->format.c_str(), s.state->version);
  if (s.warm) std::printf(", warmed up from %llu on", static_cast<unsigned long long>(s.warm->from_seq));
  if (!s.how.empty()) std::printf(": %s", s.how.c_str());
  std::printf("\n");
}

int dump(const journal_arguments& a) {
  journal_range which;
  if (!which.read(a)) return 2;
  const auto r = open_journal(a.path);
  if (!r) return 2;
  which.begin(*r);
  bool damaged = false;
  std::uint64_t count = 0;
  for (item what; (what = r->next()) != item::end;) switch (what) {
      case item::event:
        if (which.is_over(r->event())) return damaged;
        if (!which.holds(*r, r->event())) break;
        print_event(*r, r->event(), a.payload);
        if (++count == a.limit) return damaged;
        break;
      case item::step:
        print_step(*r, r->step());
        break;
      case item::command:
        std::printf("-- after %llu %s %s: command %s %s\n", static_cast<unsigned long long>(r->command().after_seq),
                    time_text(r->command().at).c_str(), source_name(*r, r->command().id).c_str(),
                    r->command().name.c_str(),
                    r->command().withheld ? "(arguments withheld)" : r->command().args.c_str());
        break;
      case item::loss:
        damaged = true;
        std::printf("-- lost %llu..%llu: %s\n", static_cast<unsigned long long>(r->lost().from_seq),
                    static_cast<unsigned long long>(r->lost().to_seq), r->lost().text.c_str());
        break;
      default:
        break;
    }
  return damaged;
}

int verify(const journal_arguments& a) {
  const auto v = journal::verify(a.path);
  for (const auto& f : v.faults) std::cerr << "trapline: " << f << '\n';
  for (const auto& f : v.remarks) std::cout << f << '\n';
  if (v.segments > 0)
    std::cout << v.segments << (v.segments == 1 ? " segment, " : " segments, ") << v.blocks << " blocks, " << v.bytes
              << " bytes, " << v.events << " events, seq " << v.first_seq << ".." << v.last_seq << ", " << v.records
              << " records: " << (v.faults.empty() ? "sound" : "damaged") << '\n';
  return v.faults.empty() ? 0 : v.opened ? 1 : 2;
}

}  // namespace

namespace {

int carry_out(const journal_arguments& a) {
  if (*a.info) return info(a);
  if (*a.dump) return dump(a);
  if (*a.verify) return verify(a);
  if (*a.cut) return cut_journal(a);
  if (*a.to_jsonl) return journal_to_jsonl(a);
  if (*a.from_jsonl) return journal_from_jsonl(a);
  return 2;
}

}  // namespace

int journal(const journal_arguments& a) {
  const int code = carry_out(a);
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::cerr << "trapline: standard output cannot be written: what it holds is not all\n";
  return code != 0 ? code : 1;
}

}  // namespace trapline::cli
