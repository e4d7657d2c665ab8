// Brings in order what engines left behind that were killed.
#pragma once

#include <string>
#include <vector>

namespace trapline::journal {

// Of one run folder whose manifest says `running` and that nobody writes: cuts the torn end of the last segment off and
// says so in the manifest. Empty: nothing was to be done. Otherwise what was done, or why it could not be, for people.
std::string recover(const std::string& run_folder);
// Of all runs of a journal folder.
std::vector<std::string> recover_all(const std::string& journal_folder);

}  // namespace trapline::journal
