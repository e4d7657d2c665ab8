// Results for people and for tools.
#pragma once

#include <string>
#include <vector>

#include "runner.hpp"

namespace trapline::testkit {

// One line, with its newline: id, result, title, time, and why.
std::string result_line(const case_result& r, bool colour);
// "12 passed, 1 failed, ..."
std::string summary_line(const std::vector<case_result>& all);
// One JSON object with everything.
std::string results_json(const std::vector<case_result>& all, const run_settings& settings,
                         const plugin::file_report& report);
// The table of cases as Markdown rows, as in docs/conformance.md.
std::string case_table();

bool any_failed(const std::vector<case_result>& all);

}  // namespace trapline::testkit
