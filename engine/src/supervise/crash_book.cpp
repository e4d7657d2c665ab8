#include "supervise/crash_book.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace trapline::supervise {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

constexpr std::size_t kept_records = 50;

// The value of a `key: value` line of a record.
std::string value_of(const std::string& path, const std::string& key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (line.rfind(key + ": ", 0) == 0) return line.substr(key.size() + 2);
  return {};
}

std::vector<fs::path> files(const std::string& dir, const char* extension) {
  std::vector<fs::path> out;
  std::error_code ec;
  for (const auto& f : fs::directory_iterator(dir, ec))
    if (f.is_regular_file(ec) && f.path().extension() == extension) out.push_back(f.path());
  std::sort(out.begin(), out.end());  // by time, as they are named
  return out;
}

}  // namespace

crash_book::crash_book(std::string run_dir, std::vector<std::string>& notes) : dir_(std::move(run_dir) + "/crashes") {
  std::error_code ec;
  if (fs::exists(dir_, ec)) read_what_is_there(notes);
  open_record(notes);
}

crash_book::~crash_book() {
  if (fd_ < 0) return;
  ::close(fd_);
  std::error_code ec;
  fs::remove(path_, ec);
  fs::remove(dir_, ec);  // if it is empty
}

void crash_book::open_record(std::vector<std::string>& notes) {
  std::error_code ec;
  fs::create_directories(dir_, ec);
  char when[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &utc);
  path_ = dir_ + "/" + when + "-" + std::to_string(::getpid()) + ".new";
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd_ < 0) notes.push_back("no crash can be recorded: cannot open " + path_ + ": " + std::strerror(errno));
}

void crash_book::read_what_is_there(std::vector<std::string>& notes) {
  std::error_code ec;
  load(notes);
  bool changed = false;
  for (const auto& f : files(dir_, ".new")) {
    if (fs::file_size(f, ec) == 0) {  // it ended without a word: killed
      fs::remove(f, ec);
      continue;
    }
    fs::path record = f;
    record.replace_extension(".txt");
    fs::rename(f, record, ec);
    notes.push_back("an earlier run crashed in '" + value_of(record.string(), "instance") + "'; see " +
                    record.string());
    count(record.string());
    changed = true;
  }
  auto old = files(dir_, ".txt");
  for (std::size_t n = 0; n + kept_records < old.size(); ++n) fs::remove(old[n], ec);
  if (changed) save();
}

void crash_book::count(const std::string& path) {
  const std::string instance = value_of(path, "instance"), sha256 = value_of(path, "sha256");
  if (instance.empty()) return;
  entry& e = entries_[instance];
  if (e.sha256 != sha256) e = {sha256, {}, 0};
  e.record = path;
  ++e.strikes;
}

void crash_book::load(std::vector<std::string>& notes) {
  std::ifstream in(dir_ + "/strikes.json");
  if (!in) return;
  const json j = json::parse(in, nullptr, false);
  const bool sound = j.is_object() && std::all_of(j.begin(), j.end(), [](const json& e) {
                       return e.is_object() && e.value("sha256", json()).is_string() &&
                              e.value("record", json()).is_string() &&
                              e.value("strikes", json()).is_number_unsigned() && e["strikes"] <= 1000u;
                     });
  if (!sound) {
    notes.push_back(dir_ + "/strikes.json is damaged; earlier crashes are not counted");
    return;
  }
  for (const auto& [name, e] : j.items()) entries_[name] = {e["sha256"], e["record"], e["strikes"]};
}

void crash_book::save() const {
  json j = json::object();
  for (const auto& [name, e] : entries_) j[name] = {{"sha256", e.sha256}, {"record", e.record}, {"strikes", e.strikes}};
  const std::string path = dir_ + "/strikes.json";
  {
    std::ofstream out(path + ".tmp");
    out << j.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    if (!out) return;  // a full disk: the next run counts from what is there
  }
  std::error_code ec;
  fs::rename(path + ".tmp", path, ec);
}

bool crash_book::leave_out(const std::string& instance, const std::string& sha256) const {
  const auto it = entries_.find(instance);
  return it != entries_.end() && it->second.sha256 == sha256 && it->second.strikes >= max_strikes;
}

std::string crash_book::last_record(const std::string& instance) const {
  const auto it = entries_.find(instance);
  return it == entries_.end() ? std::string{} : it->second.record;
}

void crash_book::ended_well(const std::vector<std::string>& instances) {
  std::size_t gone = 0;
  for (const auto& i : instances) gone += entries_.erase(i);
  if (gone > 0) save();
}

}  // namespace trapline::supervise
