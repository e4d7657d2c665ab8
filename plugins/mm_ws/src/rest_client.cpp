#include "rest_client.hpp"

#include <algorithm>
#include <exception>

#include "endpoint.hpp"
#include "trapline/abi/svc/log.h"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000, s = 1000 * ms;
constexpr unsigned most_tries = 3;
// Over net's own limits for connecting and answering together.
constexpr std::int64_t answer_limit = 25 * s;
constexpr const char* time_path = "/api/v2/public/time";
constexpr std::size_t most_jobs = 1000;

error_class class_of(net::http_answer::cause c) {
  return c == net::http_answer::cause::none ? error_class::none : error_class::uncertain;
}

}  // namespace

rest_client::rest_client(const options& o, outlet& out, log_limiter& log)
    : options_(o),
      out_(out),
      log_(log),
      offset_gauge_(out.gauge("feed_clock_offset_ms", "")),
      requests_(out.counter("feed_rest_requests_total", "")),
      failures_(out.counter("feed_rest_failures_total", "")) {}

rest_client::~rest_client() = default;

bool rest_client::available() const { return options_.rest_enabled && !find_rest_endpoint(options_).url.empty(); }

void rest_client::call(rest_request r, callback done) {
  job j;
  j.request = std::move(r);
  j.done = std::move(done);
  (jobs_.size() < most_jobs ? jobs_ : turned_away_).push_back(std::move(j));
}

void rest_client::measure_clock(std::function<void(bool)> done) {
  job j;
  j.request = {time_path, "", false, 20};
  j.done = [this, done = std::move(done)](const rest_answer& answer, ondemand::value* data) {
    bool measured = false;
    if (data) {
      std::string_view text;
      ondemand::value time;
      if ((*data)["serverTime"].get(time) != simdjson::SUCCESS || !scalar(time, text)) return false;
      const auto venue = to_time(text);
      if (!venue) return false;
      measured = clock_.measure(current_.sent, out_.now(), out_.mono() - current_.sent_mono, *venue);
      if (measured) {
        offset_gauge_.set(clock_.offset() / ms);
        if (std::llabs(clock_.offset()) >= venue_clock::warn_at)
          log_.warn(trouble::clock,
                    sdk::cat("this machine's clock is ", std::llabs(clock_.offset()) / ms, " ms ",
                             clock_.offset() > 0 ? "behind" : "ahead of", " the venue's: let NTP correct it"));
      }
    } else if (!answer.good()) {
      log_.warn(trouble::rest, "the venue's time is not known: " + answer.text);
    }
    done(measured);
    return true;
  };
  jobs_.push_front(std::move(j));
}

void rest_client::drop_private() {
  for (auto* waiting : {&jobs_, &turned_away_})
    std::erase_if(*waiting, [](const job& j) { return j.request.is_private; });
  if (busy_ && current_.request.is_private) current_dropped_ = true;
}

std::int64_t& rest_client::next_of(const std::string& path) {
  for (auto& p : paces_)
    if (p.path == path) return p.next;
  return paces_.emplace_back(pace{path, 0}).next;
}

std::int64_t rest_client::deadline() const {
  if (reset_http_ || !turned_away_.empty()) return 0;
  if (busy_) return give_up_at_;
  auto due = never;
  for (const auto& j : jobs_) {
    auto at = std::max(j.not_before, pause_until_);
    for (const auto& p : paces_)
      if (p.path == j.request.path) at = std::max(at, p.next);
    due = std::min(due, at);
  }
  return due;
}

void rest_client::advance() {
  const auto now = out_.mono();
  if (reset_http_) {
    reset_http_ = false;
    http_.reset();
  }
  // Whoever asks again from inside the answer has it with the next call.
  for (auto n = turned_away_.size(); n > 0 && !turned_away_.empty(); --n) {
    const auto j = std::move(turned_away_.front());
    turned_away_.pop_front();
    failures_.add();
    rest_answer a;
    a.kind = error_class::busy;
    a.text = sdk::cat(j.request.path, ": ", most_jobs, " requests are waiting already");
    j.done(a, nullptr);
  }
  if (busy_) {
    if (now < give_up_at_) return;
    http_.reset();
    net::http_answer silence;
    silence.failed = net::http_answer::cause::timeout;
    silence.error = sdk::cat("no answer within ", answer_limit / s, " s");
    return on_response(silence);
  }
  if (now < pause_until_) return;
  for (std::size_t i = 0; i < jobs_.size(); ++i)
    if (jobs_[i].not_before <= now && next_of(jobs_[i].request.path) <= now) return send(i);
}

bool rest_client::connect() {
  const auto where = find_rest_endpoint(options_);
  if (where.error.empty() && http_ && where.url == base_url_ && where.ca_file == ca_file_) return true;
  http_.reset();
  rest_answer failed;
  try {
    if (!where.error.empty()) throw std::runtime_error(where.error);
    net::http_client_options o;
    o.url = base_url_ = where.url;
    o.ca_file = ca_file_ = where.ca_file;
    http_ = out_.connect_http(o);
    return true;
  } catch (const std::exception& e) {
    failed.text = e.what();
  }
  net::http_answer r;
  r.failed = net::http_answer::cause::refused;
  r.error = failed.text;
  on_response(r);
  return false;
}

bool rest_client::sign(const job& j, net::http_call& r, std::string& why) {
  try {
    const auto c = out_.get_credentials();
    if (!c.complete()) {
      why = "the API credentials are empty: check credentials.key, .secret and .passphrase";
      return false;
    }
    // Milliseconds, unlike the sockets' login.
    const auto timestamp = std::to_string(clock_.corrected(j.sent) / ms);
    r.headers.emplace_back("ACCESS-KEY", c.key);
    r.headers.emplace_back("ACCESS-SIGN", mm_ws::sign(c.secret, timestamp + "GET" + r.target));
    r.headers.emplace_back("ACCESS-TIMESTAMP", timestamp);
    r.headers.emplace_back("ACCESS-PASSPHRASE", c.passphrase);
    return true;
  } catch (const std::exception& e) {
    why = std::string("the API credentials could not be read: ") + e.what();
    return false;
  }
}

void rest_client::send(std::size_t i) {
  current_ = std::move(jobs_[i]);
  jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
  busy_ = true;
  current_dropped_ = false;
  const auto now = out_.mono();
  current_.sent = out_.now();
  current_.sent_mono = now;
  ++current_.tries;
  give_up_at_ = now + answer_limit;
  // A little slower than the limit: the venue counts by its own clock.
  next_of(current_.request.path) = now + s * 5 / 4 / std::max<std::uint32_t>(current_.request.per_second, 1);
  requests_.add();
  if (!connect()) return;
  net::http_call r;
  r.target = current_.request.path + (current_.request.query.empty() ? "" : "?" + current_.request.query);
  r.headers.reserve(8);  // growing would leave copies of credentials behind
  r.headers.emplace_back("Content-Type", "application/json");
  r.headers.emplace_back("locale", "en-US");
  if (options_.environment == environment::demo) r.headers.emplace_back("paptrading", "1");
  if (current_.request.is_private) {
    std::string why = now < refused_until_ ? refused_ : std::string();
    if (!why.empty() || !sign(current_, r, why)) {
      rest_answer a;
      a.kind = error_class::credentials;
      a.text = why;
      return settle(a, nullptr);
    }
  }
  http_->request(std::move(r), [this](const net::http_answer& answer) { on_response(answer); });
}

bool rest_client::read(const net::http_answer& r, rest_answer& answer, ondemand::value& data) {
  body_.assign(r.body);
  body_.append(simdjson::SIMDJSON_PADDING, '\0');
  ondemand::object root;
  ondemand::value v;
  std::string_view code, message;
  const auto size = r.body.size();
  if (parser_.iterate(body_.data(), size, body_.size()).get(document_) != simdjson::SUCCESS ||
      document_.get_object().get(root) != simdjson::SUCCESS || root["code"].get(v) != simdjson::SUCCESS ||
      !scalar(v, code))
    return false;
  const auto has_message = root["msg"].get(v);
  if (has_message == simdjson::SUCCESS) scalar(v, message);
  else if (has_message != simdjson::NO_SUCH_FIELD) return false;  // simdjson has let go of the document
  answer.code = to_int(code).value_or(-1);
  const auto& known = find_error(answer.code);
  answer.kind = known.kind;
  if (answer.good()) return code == "00000" && root["data"].get(data) == simdjson::SUCCESS;
  answer.text = sdk::cat("the venue says ", answer.code, " ", quoted(message));
  if (*known.advice != 0) answer.text += std::string(": ") + known.advice;
  return true;
}

void rest_client::on_response(const net::http_answer& r) {
  if (!busy_) return;
  rest_answer answer;
  ondemand::value data;
  answer.kind = class_of(r.failed);
  if (!answer.good()) {
    answer.text = r.error;
    if (http_) reset_http_ = true;  // a fresh connection, and a fresh look at where to
  } else if (!read(r, answer, data)) {
    answer.kind = r.status == 429 ? error_class::busy : error_class::uncertain;
    answer.code = 0;
    answer.text = sdk::cat("HTTP ", r.status, ", ", r.body.size(), " bytes that are not what was expected");
  }
  if (answer.kind == error_class::busy || r.status == 429)
    pause_until_ = out_.mono() + std::clamp<std::int64_t>(r.retry_after, s, 60 * s);
  settle(answer, answer.good() ? &data : nullptr);
}

void rest_client::retry(job j, std::int64_t pause) {
  j.not_before = out_.mono() + pause;
  jobs_.push_front(std::move(j));
}

void rest_client::settle(const rest_answer& given, ondemand::value* data) {
  busy_ = false;
  give_up_at_ = never;
  auto j = std::move(current_);
  if (current_dropped_) return;
  rest_answer answer = given;
  answer.asked_at = j.sent_mono;
  if (j.request.is_private && answer.good()) refused_.clear();
  if (answer.good()) {
    current_.sent = j.sent;  // for measure_clock()
    current_.sent_mono = j.sent_mono;
    if (j.done(answer, data)) return;
    answer.kind = error_class::uncertain;
    answer.text = "the answer was not understood";
  }
  failures_.add();
  answer.text = j.request.path + ": " + answer.text;
  // A signed request that was refused: once more after a look at the clock, as for logins. Credentials that are refused
  // then need a person, at the venue or here; a clock cures itself.
  const bool credentials = j.request.is_private && answer.kind == error_class::credentials;
  const bool about_the_clock = j.request.is_private && (answer.kind == error_class::clock || credentials);
  if (about_the_clock && answer.code != 0 && !j.clock_retried && !(credentials && !refused_.empty())) {
    j.clock_retried = true;
    const auto again = std::make_shared<job>(std::move(j));
    return measure_clock([this, again](bool) { retry(std::move(*again), 0); });
  }
  if (is_passing(answer.kind) && j.tries < most_tries) return retry(std::move(j), (500 * ms) << j.tries);
  if (about_the_clock && clock_.refused())
    answer.text += sdk::cat(" (it is ", std::llabs(clock_.offset()) / s, " s off)");
  if (credentials && out_.mono() >= refused_until_) {
    if (refused_.empty()) out_.log(TRAPLINE_LOG_ERROR, answer.text);
    refused_ = answer.text;
    refused_until_ = out_.mono() + options_.probe_interval;
  }
  j.done(answer, nullptr);
}

}  // namespace trapline::mm_ws
