// A run that is written by a tool: a folder that was not there before.
#pragma once

#include <memory>
#include <string>

#include "journal/records.hpp"
#include "journal/run_files.hpp"
#include "journal/run_writer.hpp"

namespace trapline::journal {

class folder_writer {
 public:
  // Makes the folder. nullptr: `error` says why not; one that is there already is not touched.
  static std::unique_ptr<folder_writer> create(const std::string& folder, manifest about, std::string& error);

  // Empty: done. Otherwise why not.
  std::string put(block& events);
  std::string put(const std::vector<record>& records);
  // Closes the run: `ended`, with all up to its last event. Without it the folder stays as a killed engine's would.
  std::string finish(const std::string& reason);

 private:
  folder_writer(std::string folder, manifest about);
  std::string text_of(int error) const;

  std::string folder_;
  manifest about_;
  run_claim claim_;
  file_store store_;
  run_writer writer_;
};

}  // namespace trapline::journal
