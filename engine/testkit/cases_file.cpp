// F: the file, as far as it can be judged without running any of it; E: entry, descriptor, create().
#include <algorithm>
#include <cstring>
#include <set>

#include "cases.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

// Ends the case with the findings of these rules, if there are any.
void judge(const std::vector<plugin::finding>& findings, std::initializer_list<std::string_view> rules) {
  failed bad{{}, true};
  for (const auto& f : findings) {
    if (std::find(rules.begin(), rules.end(), f.rule) == rules.end()) continue;
    bad.text += (bad.text.empty() ? "" : "; ") + f.text;
    bad.warning = bad.warning && !f.must;
  }
  if (!bad.text.empty()) throw bad;
}

#define FILE_RULE(number) [](bench& b) { judge(b.report().findings, {"F" number}); }

void loads(bench& b) { judge(b.load_findings(), {"F11"}); }

// Length of a well-formed UTF-8 text, or -1. RFC 3629: no overlong forms, no surrogates.
bool is_utf8(const char* text) {
  const auto* s = reinterpret_cast<const unsigned char*>(text);
  while (*s) {
    int more = 0;
    std::uint32_t c = *s++, least = 0;
    if (c < 0x80) continue;
    if (c >= 0xf0 && c < 0xf5) more = 3, least = 0x10000, c &= 7;
    else if (c >= 0xe0) more = 2, least = 0x800, c &= 15;
    else if (c >= 0xc2) more = 1, least = 0x80, c &= 31;
    else return false;
    for (; more > 0; --more, ++s) {
      if ((*s & 0xc0) != 0x80) return false;
      c = c << 6 | (*s & 0x3f);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
  }
  return true;
}

void descriptor(bench& b) {
  judge(b.load_findings(), {"E01", "F04"});
  const auto& e = b.entry();
  const auto& d = *e.descriptor;
  const auto text = [](const char* name, const char* s) {
    if (!s || !*s) fail(sdk::cat(name, " is missing or empty"));
    if (!is_utf8(s)) fail(sdk::cat(name, " is not UTF-8"));
    if (std::strpbrk(s, "\r\n")) fail(sdk::cat(name, " has more than one line"));
  };
  text("descriptor.id", d.id);
  text("descriptor.version", d.version);
  text("descriptor.vendor", d.vendor);
  text("descriptor.summary", d.summary);
  const std::string id = d.id, version = d.version, summary = d.summary;
  const auto count = d.option_count;
  {
    fake_host host;
    guest g(e, host, b.where());
    if (!g.create().ok()) return;  // E03 tells
  }
  if (id != d.id || version != d.version || summary != d.summary || count != d.option_count)
    fail("the descriptor changed when an instance was made; it must be static data");
}

void option_table(bench& b) {
  judge(b.load_findings(), {"E02"});
  std::set<std::string> paths;
  for (const auto& o : b.option_table()) {
    const auto say = [&](const char* what) { fail(sdk::cat("option '", o.path, "' ", what)); };
    if (o.path.empty() || o.path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") != std::string::npos)
      say("has a path of other than lower-case words, digits, dots and underscores");
    if (o.doc.empty() || !is_utf8(o.doc.c_str())) say("has no line of documentation in UTF-8");
    if (o.doc.find('\n') != std::string::npos) say("has more than one line of documentation");
    if (o.required && o.default_value) say("is required and has a default, which can never be used");
    if (o.type == TRAPLINE_OPTION_SECRET && o.default_value) say("is a secret with a default");
    paths.insert(o.path);
  }
  for (const auto& p : paths)
    if (const auto next = paths.lower_bound(p + ".");
        next != paths.end() && next->compare(0, p.size() + 1, p + ".") == 0)
      fail(sdk::cat("option '", p, "' is also the group of option '", *next, "'"));
}

void services(bench& b) { judge(b.load_findings(), {"E05"}); }

void two_instances(bench& b) {
  rig one(b), two(b);
  one.created();
  two.created();
  if (one.plugin.table() == two.plugin.table()) fail("create() gave the same instance twice");
  expect_ok(one.plugin.destroy(), "destroy() of the first of two instances");
  expect_ok(two.plugin.destroy(), "destroy() of the second");
}

void quiet_create(bench& b) {
  rig r(b);
  r.created();
  if (const auto found = r.host.breaches(breach::call_in_create); !found.empty())
    fail(first_of(found) + "; look services up in configure() or start()");
}

}  // namespace

std::span<const test_case> file_cases() {
  static constexpr test_case cases[] = {
      {"F00", level::must, "The file is a shared library for this machine", "", FILE_RULE("00")},
      {"F01", level::must, "It exports the entry and nothing else", "F00", FILE_RULE("01")},
      {"F02", level::must, "It has no unique symbols, which would keep it mapped for ever", "F00", FILE_RULE("02")},
      {"F03", level::must, "Its undefined symbols come from the libraries that it names", "F00", FILE_RULE("03")},
      {"F04", level::must, "It carries one sound note", "F00", FILE_RULE("04")},
      {"F05", level::should, "It is linked with -z now and -z relro", "F00", FILE_RULE("05")},
      {"F06", level::must, "It has no run path of its own", "F00", FILE_RULE("06")},
      {"F07", level::must, "It does not link libspdlog", "F00", FILE_RULE("07")},
      {"F08", level::must, "Nobody but its owner may write to it", "F00", FILE_RULE("08")},
      {"F09", level::must, "It was built for an ABI that this host offers", "F00 F04", FILE_RULE("09")},
      {"F11", level::must, "It loads, and its constructors return", "F00 F01 F02 F03 F04 F06 F07 F08 F09", loads},
  };
  return cases;
}

std::span<const test_case> entry_cases() {
  static constexpr test_case cases[] = {
      {"E01", level::must, "Entry and descriptor are complete, in UTF-8, unchanging, and equal to the note", "F11",
       descriptor},
      {"E02", level::must, "The option table is sound and documented", "F11", option_table},
      {"E05", level::must, "This host offers every service that it requires", "F11", services},
      {"E03", level::must, "create() makes instances, as many as wanted, and destroy() ends them", "E01 E02 E05",
       two_instances},
      {"E04", level::must, "create() does not call the host", "E03", quiet_create},
  };
  return cases;
}

}  // namespace trapline::testkit
