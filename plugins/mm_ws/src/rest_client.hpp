// The venue's REST interface, reading only: signs, paces, repeats what may be repeated, and tells what an answer means.
//
// Has no clock, thread or socket of its own: the owner calls advance() when deadline() has come. Everything happens on
// the owner's thread. Facts: Bitget, REST conventions of v2 and v3.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json_scalar.hpp"
#include "log_limiter.hpp"
#include "options.hpp"
#include "outlet.hpp"
#include "venue_clock.hpp"
#include "venue_errors.hpp"

namespace trapline::mm_ws {

struct rest_request {
  std::string path;               // "/api/v2/public/time"
  std::string query;              // "a=1&b=2", keys rising, nothing that needs escaping
  bool is_private = true;         // signed
  std::uint32_t per_second = 10;  // the venue's limit of this path
};

struct rest_answer {
  error_class kind = error_class::uncertain;  // none: success, and data was handed over
  std::int64_t code = 0;                      // the venue's, 0 if it gave none
  std::string text;                           // for people: what was asked, what came, what to do
  std::int64_t asked_at = 0;                  // monotonic; whatever was pushed later may be newer than the answer
  bool good() const noexcept { return kind == error_class::none; }
};

class rest_client {
 public:
  // `data`: of a good answer, for the time of the call; otherwise null. It answers whether the data was well formed; if
  // it was not, the same function is called once more with kind `uncertain` and without data.
  using callback = std::function<bool(const rest_answer& answer, ondemand::value* data)>;

  rest_client(const options& o, outlet& out, log_limiter& log);
  ~rest_client();

  // False: REST is switched off, or the paper venue has none. Looks again each time, as venues come and go.
  bool available() const;

  // Calls back exactly once, from advance() or from a callback of the socket, never from inside this call; unless it is
  // dropped before. Passing errors are tried again, at most twice. With a thousand requests waiting the answer is
  // `busy`.
  void call(rest_request r, callback done);
  // Asks for the venue's time, then calls back with whether the clock is known now.
  void measure_clock(std::function<void(bool)> done);
  // Forgets the signed requests.
  void drop_private();

  const venue_clock& clock() const noexcept { return clock_; }
  // Not empty: the venue refused the credentials. One signed request is made each probe_interval until one is answered;
  // the others are told so at once.
  const std::string& refused() const noexcept { return refused_; }

  std::int64_t deadline() const;
  void advance();
  static constexpr std::int64_t never = INT64_MAX;

 private:
  struct job {
    rest_request request;
    callback done;
    unsigned tries = 0;
    bool clock_retried = false;
    std::int64_t not_before = 0;  // monotonic
    std::int64_t sent = 0, sent_mono = 0;
  };
  struct pace {
    std::string path;
    std::int64_t next = 0;  // monotonic
  };

  bool connect();
  void send(std::size_t i);
  bool sign(const job& j, net::http_call& r, std::string& why);
  void on_response(const net::http_answer& r);
  void settle(const rest_answer& answer, ondemand::value* data);
  bool read(const net::http_answer& r, rest_answer& answer, ondemand::value& data);
  void retry(job j, std::int64_t pause);
  std::int64_t& next_of(const std::string& path);

  const options& options_;
  outlet& out_;
  log_limiter& log_;
  venue_clock clock_;
  sdk::gauge offset_gauge_;
  sdk::counter requests_, failures_;
  std::deque<job> jobs_;
  std::deque<job> turned_away_;  // to be told so by advance()
  std::vector<pace> paces_;
  std::unique_ptr<net::http_client> http_;
  std::string base_url_, ca_file_;
  bool busy_ = false;        // one request is under way: `current_`
  bool reset_http_ = false;  // by advance(), not inside its callback
  job current_;
  bool current_dropped_ = false;
  std::int64_t give_up_at_ = never;
  std::int64_t pause_until_ = 0;  // the venue asked for it
  std::string refused_;
  std::int64_t refused_until_ = 0;  // monotonic
  ondemand::parser parser_;
  ondemand::document document_;
  std::string body_;  // of the answer, with room for the parser behind it
};

}  // namespace trapline::mm_ws
