// What the journal is told of the engine: the run, its configuration, its instances. Never a secret.
#include <elf.h>
#include <link.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "engine_impl.hpp"
#include "plugin/file_rules.hpp"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline {
namespace {

using json = nlohmann::ordered_json;

json tree(const config::node& n) {
  switch (n.type) {
    case config::node::kind::scalar:
      return n.scalar;
    case config::node::kind::list: {
      json out = json::array();
      for (const auto& i : n.items) out.push_back(tree(i));
      return out;
    }
    case config::node::kind::map: {
      json out = json::object();
      for (const auto& e : n.entries) out[e.key] = tree(e.value);
      return out;
    }
    default:
      return nullptr;
  }
}

// The linker's fingerprint of this program's file, in hex; empty if it made none.
std::string build_id() {
  std::string out;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* to) {
        for (int n = 0; n < info->dlpi_phnum; ++n) {
          const auto& part = info->dlpi_phdr[n];
          if (part.p_type != PT_NOTE) continue;
          const auto* p = reinterpret_cast<const char*>(info->dlpi_addr + part.p_vaddr);
          const auto* end = p + part.p_memsz;
          while (end - p >= static_cast<std::ptrdiff_t>(sizeof(ElfW(Nhdr)))) {
            const auto& note = *reinterpret_cast<const ElfW(Nhdr)*>(p);
            const auto* name = p + sizeof note;
            const auto* bytes = name + ((note.n_namesz + 3) & ~3u);
            p = bytes + ((note.n_descsz + 3) & ~3u);
            if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || std::string_view(name, 3) != "GNU") continue;
            constexpr char hex[] = "0123456789abcdef";
            for (std::uint32_t i = 0; i < note.n_descsz; ++i) {
              const auto b = static_cast<unsigned char>(bytes[i]);
              (*static_cast<std::string*>(to) += hex[b >> 4]) += hex[b & 15];
            }
            return 1;
          }
        }
        return 1;  // the first is the program itself
      },
      &out);
  return out;
}

}  // namespace

// Known secrets, and the passwords of URLs: user:password@host.
std::string engine::impl::without_secrets(std::string text) const {
  const std::regex password(R"((://[^/@:\s"]*):[^/@\s"]+@)");
  return std::regex_replace(rt->redacted(text), password, "$1:***@");
}

void engine::impl::make_journal() {
  if (!config.journal) return;
  auto s = *config.journal;
  s.dir = std::filesystem::absolute(s.dir.empty() ? config.run_dir + "/journal" : s.dir).lexically_normal();
  journal = std::make_unique<journal::recorder>(*rt, std::move(s), config.hang_limit);
  rt->lives = &journal->life();
}

std::string engine::impl::start_journal() {
  if (!journal) return {};
  journal::manifest about;
  about.engine = without_secrets(config.name);
  about.program = version_text;
  about.build_id = build_id();
  about.config_json = without_secrets(tree(source_tree).dump(-1, ' ', false, json::error_handler_t::replace));
  about.config_sha256 = plugin::sha256_hex(about.config_json);
  auto why = journal->start(std::move(about));
  if (!why.empty()) why = "the journal cannot be written (on_full: halt): " + why;
  return why;
}

void engine::impl::tell_journal(const plugin::instance& i, const config::plugin_config& p) {
  if (!journal) return;
  const auto& d = i.img()->descriptor();
  journal::instance_info info;
  info.id = i.id();
  info.name = i.name();
  info.plugin = d.id;
  info.version = d.version;
  if (!i.img()->copy().empty()) {  // else it is part of the program, and there is no file to replay it with
    info.sha256 = i.sha256();
    info.use = without_secrets(p.use);
  }
  info.lane = p.lane;
  info.flags = d.flags;
  info.driver = i.driver() != nullptr;
  info.options = without_secrets(i.options().json);
  journal->life().put(std::move(info));
}

}  // namespace trapline
