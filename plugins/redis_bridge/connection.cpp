#include "connection.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

enum handshake_step : std::uint32_t { step_auth, step_select, step_name, step_client_id, step_info, step_kill };

void wipe(std::string& text) {
  volatile char* p = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) p[i] = 0;
  text.clear();
}

// The server answers, but nothing works at present. Some commands may be refused and later ones taken, so that it is
// better to come back.
bool serves_nobody(std::string_view error) {
  constexpr std::string_view codes[] = {"LOADING ", "BUSY ", "MASTERDOWN "};
  return std::ranges::any_of(codes, [&](std::string_view code) { return error.starts_with(code); });
}

std::string_view field_of(std::string_view info, std::string_view name) {
  const auto at = info.find(name);
  if (at == std::string_view::npos) return {};
  const auto rest = info.substr(at + name.size());
  return rest.substr(0, rest.find_first_of("\r\n"));
}

}  // namespace

connection::connection(net::loop& l, const settings& s, environment& env, meters& m, connection_handler& handler)
    : loop_(l),
      settings_(s),
      env_(env),
      meters_(m),
      handler_(handler),
      retry_(l),
      jitter_(std::random_device{}() | 1u) {}

connection::~connection() = default;

void connection::open() {
  stage_ = stage::connecting;
  reader_ = std::make_unique<reply_reader>();
  seen_run_id_.clear();
  seen_client_id_ = 0;
  stream_ = net::connect_stream(loop_, settings_.endpoint, settings_.connect_timeout, *this);
}

void connection::on_open() {
  stage_ = stage::login;
  last_heard_ = waiting_since_ = env_.mono();
  const auto step = [this](std::uint32_t which, std::initializer_list<std::string_view> words) {
    append_command(out_, words);
    commit({tag::kind::handshake, which});
  };
  if (settings_.has_password) {
    std::string password;
    try {
      password = env_.password();
    } catch (const std::exception&) {  // the host has logged why, without the value
      return fail("the password could not be read");
    }
    out_.reserve(password.size() + settings_.username.size() + 256);  // so that no copy of it stays behind
    if (settings_.username.empty()) step(step_auth, {"AUTH", password});
    else step(step_auth, {"AUTH", settings_.username, password});
    wipe(password);
  }
  if (settings_.database != 0) step(step_select, {"SELECT", std::to_string(settings_.database)});
  step(step_name, {"CLIENT", "SETNAME", "mm_websocket"});
  step(step_client_id, {"CLIENT", "ID"});
  step(step_info, {"INFO", "server"});
  flush();
}

void connection::on_handshake(std::uint32_t step, const reply& r) {
  if (r.is_error()) {
    meters_.errors.add();
    const auto code = std::string(r.text().substr(0, r.text().find(' ')));
    // A server that does not know AUTH quotes its arguments: the code alone is repeated.
    if (step == step_auth)
      return void(fault_ = "login to Redis was refused (" + code + "); check username and password");
    if (step == step_select || code == "NOAUTH" || serves_nobody(r.text())) return void(fault_ = std::string(r.text()));
    env_.log(TRAPLINE_LOG_WARN,
             sdk::cat("Redis refused a login step: ", r.text(), "; after a broken connection entries may be repeated"));
  }
  if (step == step_client_id && !r.is_error()) seen_client_id_ = r.integer();
  if (step == step_info) {
    seen_run_id_ = field_of(r.text(), "run_id:");
    if (field_of(r.text(), "redis_mode:") == "cluster")
      env_.log(TRAPLINE_LOG_WARN,
               "Redis runs in cluster mode, which is not offered yet: keys of other slots will be refused");
    // What the broken connection still had under way must not be carried out after the entries are read back. The
    // id means our old connection only while the same server process runs.
    if (client_id_ != 0 && !seen_run_id_.empty() && seen_run_id_ == run_id_) {
      append_command(out_, {"CLIENT", "KILL", "ID", std::to_string(client_id_)});
      commit({tag::kind::handshake, step_kill});
      return flush();
    }
    logged_in();
  }
  if (step == step_kill) logged_in();
}

void connection::logged_in() {
  run_id_ = seen_run_id_;
  client_id_ = seen_client_id_;
  stage_ = stage::ready;
  attempts_ = 0;
  last_error_.clear();
  if (std::exchange(ever_ready_, true)) meters_.reconnects.add();
  meters_.connected.set(1);
  env_.log(TRAPLINE_LOG_INFO, sdk::cat("connected to Redis at ", settings_.endpoint_name));
  handler_.on_connected();
}

void connection::commit(tag t) {
  t.bytes = static_cast<std::uint32_t>(out_.size() - committed_);
  committed_ = out_.size();
  if (in_flight_.empty()) waiting_since_ = env_.mono();
  in_flight_.push_back(t);
  flight_bytes_ += t.bytes;
  full_ |= in_flight_.size() >= settings_.flight_commands || flight_bytes_ >= settings_.flight_bytes;
  meters_.commands.add();
}

void connection::flush() {
  if (out_.empty() || !stream_) return;
  stream_->write(std::exchange(out_, {}));
  committed_ = 0;
}

void connection::on_data(std::string_view bytes) {
  last_heard_ = waiting_since_ = env_.mono();
  const bool was_ready = ready();
  try {
    reader_->feed(bytes);
    while (fault_.empty()) {
      const auto owned = reader_->next();
      if (!owned) break;
      if (in_flight_.empty()) throw std::runtime_error("the server sent an answer that nothing asked for");
      const auto t = in_flight_.front();
      in_flight_.pop_front();
      flight_bytes_ -= t.bytes;
      if (in_flight_.size() <= settings_.flight_commands / 2 && flight_bytes_ <= settings_.flight_bytes / 2)
        full_ = false;
      take(t, reply(owned.get()));
    }
  } catch (const std::runtime_error& e) {
    fault_ = e.what();
  }
  if (!fault_.empty()) return fail(std::exchange(fault_, {}));
  if (was_ready) handler_.on_replies_done();
}

void connection::take(const tag& t, const reply& r) {
  if (t.what == tag::kind::handshake) return on_handshake(t.index, r);
  if (t.what == tag::kind::ping && !r.is_error()) return;
  if (r.is_error()) {
    meters_.errors.add();
    if (serves_nobody(r.text())) return void(fault_ = std::string(r.text()));
    if (r.text().starts_with("NOAUTH")) return void(fault_ = "the server wants a login: " + std::string(r.text()));
  }
  handler_.on_reply(t, r);
}

void connection::tick() {
  if (stage_ != stage::ready && stage_ != stage::login) return;
  const auto now = env_.mono();
  if (!in_flight_.empty()) {
    if (now - waiting_since_ > settings_.reply_timeout) fail("no answer from Redis within the time limit");
  } else if (now - last_heard_ > settings_.ping_after) {
    append_command(out_, {"PING"});
    commit({tag::kind::ping});
    flush();
  }
}

void connection::on_close(const std::string& why) { fail(why); }

void connection::fail(const std::string& why) {
  const bool was_ready = ready();
  stage_ = stage::waiting;
  stream_.reset();
  out_.clear();
  committed_ = 0;
  in_flight_.clear();
  flight_bytes_ = 0;
  full_ = false;
  meters_.connected.set(0);
  const bool news = was_ready || why != last_error_;
  last_error_ = why;
  const auto delay = next_delay();
  if (news)
    env_.log(TRAPLINE_LOG_WARN, sdk::cat("Redis at ", settings_.endpoint_name, ": ", why,
                                         "; trying again, at most every ", settings_.backoff_max / second, " s"));
  retry_.after(delay, [this] { open(); });
  if (was_ready) handler_.on_lost();
}

std::int64_t connection::next_delay() {
  const auto base = std::min(settings_.backoff_max, settings_.backoff_first << std::min(attempts_, 16u));
  ++attempts_;
  // xorshift64: many bridges must not come back in step.
  jitter_ ^= jitter_ << 13;
  jitter_ ^= jitter_ >> 7;
  jitter_ ^= jitter_ << 17;
  return base / 2 + static_cast<std::int64_t>(jitter_ % static_cast<std::uint64_t>(base / 2 + 1));
}

}  // namespace trapline::redis_bridge
