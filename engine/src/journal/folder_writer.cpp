#include "journal/folder_writer.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "trapline/sdk/text.hpp"

namespace trapline::journal {

folder_writer::folder_writer(std::string folder, manifest about)
    : folder_(std::move(folder)),
      about_(std::move(about)),
      store_(folder_),
      writer_(store_, {.run_id = about_.run_id, .now = [at = about_.anchor_utc] { return at; }}) {}

std::unique_ptr<folder_writer> folder_writer::create(const std::string& folder, manifest about, std::string& error) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    error = sdk::cat("cannot create the folder ", folder, ": ", std::strerror(errno));
    return nullptr;
  }
  about.state = run_state::running;
  std::unique_ptr<folder_writer> w(new folder_writer(folder, std::move(about)));
  if (!w->claim_.take(folder)) error = sdk::cat("cannot write to ", folder);
  else error = write_atomically(folder + "/" + manifest_name, manifest_text(w->about_));
  return error.empty() ? std::move(w) : nullptr;
}

std::string folder_writer::text_of(int error) const {
  return error == 0
             ? std::string{}
             : sdk::cat("cannot write ", folder_, "/", segment_name(writer_.segment()), ": ", std::strerror(error));
}

std::string folder_writer::put(block& events) { return text_of(writer_.put(events)); }
std::string folder_writer::put(const std::vector<record>& records) { return text_of(writer_.put(records)); }

std::string folder_writer::finish(const std::string& reason) {
  if (auto why = text_of(writer_.finish()); !why.empty()) return why;
  about_.state = run_state::ended;
  about_.reason = reason;
  about_.complete_to = writer_.last_seq();
  about_.lost_events = 0;
  return write_atomically(folder_ + "/" + manifest_name, manifest_text(about_));
}

}  // namespace trapline::journal
