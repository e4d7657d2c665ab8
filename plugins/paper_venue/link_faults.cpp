#include "link_faults.hpp"

#include <algorithm>
#include <utility>

namespace trapline::paper_venue {
namespace {

bool hit(std::int64_t& left) { return left > 0 && left-- > 0; }

}  // namespace

std::vector<std::string> link_faults::pass(std::string text, frame_kind kind, std::int64_t mono, link_state& state) {
  if (swallows(mono)) return {};
  if (kind == frame_kind::answer && hit(lost_acks)) return {};
  if (kind == frame_kind::private_data && hit(lost_pushes)) return {};
  std::vector<std::string> out;
  if (kind == frame_kind::data || kind == frame_kind::private_data) {
    if (hit(truncate)) text.resize(text.size() / 2);
    if (hit(corrupt) && !text.empty()) {
      // Another printable character, so that the frame is still text.
      char& c = text[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(text.size())))];
      c = c == '~' ? '!' : '~';
    }
    if (!state.overtaken && hit(reorder)) {
      state.overtaken = std::move(text);
      return {};
    }
    if (hit(duplicate)) out.push_back(text);
    out.push_back(std::move(text));
    if (state.overtaken) out.push_back(*std::exchange(state.overtaken, std::nullopt));
  } else {
    out.push_back(std::move(text));
  }
  if (mono >= delay_until && state.delayed.empty()) return out;
  // What is late keeps its order: nothing overtakes it when the delay ends.
  auto when = mono < delay_until ? mono + delay : mono;
  if (!state.delayed.empty()) when = std::max(when, state.delayed.back().due);
  for (auto& t : out) state.delayed.push_back({when, std::move(t)});
  return {};
}

std::vector<std::string> link_faults::due(std::int64_t mono, link_state& state) const {
  std::vector<std::string> out;
  while (!state.delayed.empty() && state.delayed.front().due <= mono) {
    if (!swallows(mono)) out.push_back(std::move(state.delayed.front().text));
    state.delayed.pop_front();
  }
  return out;
}

}  // namespace trapline::paper_venue
