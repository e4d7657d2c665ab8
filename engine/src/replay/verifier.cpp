#include "replay/verifier.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "bus/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::replay {
namespace {

constexpr std::size_t most_notes = 16;
constexpr std::size_t most_early = 65'536;

std::string_view payload_of(const trapline_event& e) {
  return {reinterpret_cast<const char*>(&e + 1), e.size - sizeof e};
}

// Empty, or the first member of the header that differs; `payload` if that does.
std::string_view difference_of(const trapline_event& a, const trapline_event& b) {
  if (a.space != b.space || a.type != b.type) return "type";
  if (a.schema != b.schema) return "schema";
  if (a.flags != b.flags) return "flags";
  if (a.topic != b.topic) return "topic";
  if (a.instrument != b.instrument) return "instrument";
  if (a.cause != b.cause) return "cause";
  if (a.ts_event != b.ts_event) return "ts_event";
  if (a.cause != 0 && a.ts_recv != b.ts_recv) return "ts_recv";
  if (a.size != b.size || payload_of(a) != payload_of(b)) return "payload";
  if (a.source_seq != b.source_seq) return "source_seq";
  return {};
}

}  // namespace

verifier::verifier(window w, namer topic_name, const void* context)
    : window_(std::move(w)), topic_name_(topic_name), context_(context) {}

verifier::line& verifier::of(const role& r) {
  const auto [at, fresh] = lines_.try_emplace(r.id);
  if (fresh) at->second.out.who = r;
  return at->second;
}

bool verifier::is_left_out(std::uint32_t topic) {
  if (window_.left_out.empty()) return false;
  if (topic >= left_out_.size()) left_out_.resize(topic + 1, -1);
  if (left_out_[topic] < 0)
    left_out_[topic] = std::any_of(window_.left_out.begin(), window_.left_out.end(),
                                   [&](const std::string& p) { return bus::matches(p, topic_name_(context_, topic)); });
  return left_out_[topic] == 1;
}

void verifier::recorded(const role& r, const trapline_event& e) {
  line& l = of(r);
  if (l.out.first) return;
  if (l.blind || !counts(e)) {
    l.out.unjudged += l.blind;
    return;
  }
  // Of what the replay said before the window, the recording's side was not kept.
  while (!l.seen && !l.ahead.empty() && l.ahead.front()->ts_recv < window_.from) l.ahead.pop_front();
  l.seen = true;
  l.early.emplace_back(e);
  match(l);
}

void verifier::published(const role& r, const trapline_event& e) {
  line& l = of(r);
  if (l.out.first || l.blind || is_left_out(e.topic)) return;
  if (!l.seen && !counts(e)) return;
  l.ahead.emplace_back(e);
  if (!l.early.empty()) match(l);
}

void verifier::match(line& l) {
  while (!l.early.empty()) {
    const trapline_event& was = *l.early.front();
    if (l.ahead.empty()) {
      // What was said while it drained or stopped may come when the replay gets there.
      if (was.cause == 0 && l.early.size() < most_early) return;
      return differs(l, was.cause, "the replay does not publish this event", &was, nullptr);
    }
    const trapline_event& is = *l.ahead.front();
    const auto what = difference_of(was, is);
    if (!what.empty()) {
      const bool same_payload = was.type == is.type && payload_of(was) == payload_of(is);
      if (what == "cause" && same_payload)
        return differs(l, is.cause,
                       sdk::cat("the replay publishes it in event ", is.cause, ", recorded was event ", was.cause,
                                "; a bus that was full for a moment makes such a difference"),
                       &was, &is);
      if (what == "cause" && is.cause != 0 && (was.cause == 0 || is.cause < was.cause))
        return differs(l, is.cause, "the replay publishes an event that is not recorded", nullptr, &is);
      if (what == "cause" && was.cause != 0)
        return differs(l, was.cause, "the replay does not publish this event", &was, nullptr);
      return differs(l, was.cause, sdk::cat("its ", what, " differs"), &was, &is);
    }
    ++l.out.same;
    l.early.pop_front();
    l.ahead.pop_front();
  }
}

void verifier::differs(line& l, std::uint64_t seq, std::string text, const trapline_event* recorded,
                       const trapline_event* replayed) {
  if (l.out.first) return;
  const auto copy = [](const trapline_event* e) {
    return e ? std::optional<event_copy>(*e) : std::optional<event_copy>();
  };
  l.out.first = difference{l.out.who, seq, std::move(text), copy(recorded), copy(replayed)};
  l.early.clear();
  l.ahead.clear();
}

void verifier::remark(const role& r, remark_kind k, std::uint64_t seq, const std::string& text) {
  line& l = of(r);
  if (k == remark_kind::difference && !l.blind) return differs(l, seq, text, nullptr, nullptr);
  if (l.out.notes.size() < most_notes) l.out.notes.push_back(sdk::cat("after event ", seq, ": ", text));
}

void verifier::lost_track(const role& r, std::uint64_t seq, const std::string& why) {
  line& l = of(r);
  if (l.blind) return;
  l.blind = true;
  l.early.clear();
  l.ahead.clear();
  if (l.out.notes.size() < most_notes) l.out.notes.push_back(sdk::cat("not compared after event ", seq, ": ", why));
}

void verifier::end(bool whole) {
  for (auto& [id, l] : lines_) {
    if (l.out.first || l.blind) continue;
    if (!l.early.empty()) {
      const event_copy was = l.early.front();
      differs(l, was->cause, "the replay does not publish this event", &*was, nullptr);
    } else if (!l.ahead.empty() && whole) {
      const event_copy is = l.ahead.front();
      differs(l, is->cause, "the replay publishes an event that is not recorded", nullptr, &*is);
    } else {
      l.out.unjudged += l.ahead.size();
    }
  }
}

std::vector<verifier::outcome> verifier::outcomes() const {
  std::vector<outcome> out;
  for (const auto& [id, l] : lines_) out.push_back(l.out);
  return out;
}

bool verifier::identical() const {
  return std::none_of(lines_.begin(), lines_.end(), [](const auto& x) { return x.second.out.first.has_value(); });
}

bool verifier::complete() const {
  return std::none_of(lines_.begin(), lines_.end(), [](const auto& x) { return x.second.blind; });
}

std::uint64_t verifier::compared() const {
  std::uint64_t n = 0;
  for (const auto& [id, l] : lines_) n += l.out.same;
  return n;
}

}  // namespace trapline::replay
