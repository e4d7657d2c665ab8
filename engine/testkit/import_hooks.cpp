#include "import_hooks.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <string_view>

#include "trapline/testkit/fake_host.hpp"

namespace trapline::testkit {
namespace {

thread_local bool counting_here = false;
thread_local std::uint64_t counted = 0;

void count() noexcept {
  if (counting_here && !fake_host::serving()) ++counted;
}

void* counted_malloc(std::size_t n) { return count(), std::malloc(n); }
void* counted_calloc(std::size_t n, std::size_t size) { return count(), std::calloc(n, size); }
void* counted_realloc(void* p, std::size_t n) { return count(), std::realloc(p, n); }
void* counted_aligned_alloc(std::size_t a, std::size_t n) { return count(), ::aligned_alloc(a, n); }
int counted_posix_memalign(void** p, std::size_t a, std::size_t n) { return count(), ::posix_memalign(p, a, n); }
void* counted_memalign(std::size_t a, std::size_t n) { return count(), ::memalign(a, n); }

struct hook {
  std::string_view name;
  void* function;
};
const hook hooks[] = {{"malloc", reinterpret_cast<void*>(counted_malloc)},
                      {"calloc", reinterpret_cast<void*>(counted_calloc)},
                      {"realloc", reinterpret_cast<void*>(counted_realloc)},
                      {"aligned_alloc", reinterpret_cast<void*>(counted_aligned_alloc)},
                      {"posix_memalign", reinterpret_cast<void*>(counted_posix_memalign)},
                      {"memalign", reinterpret_cast<void*>(counted_memalign)}};

// Calls f(name, slot) for every imported symbol of a library; `slot` holds its address.
void each_import(const dl_phdr_info& info, const std::function<void(const char*, void**)>& f) {
  const ElfW(Dyn)* dynamic = nullptr;
  for (int n = 0; n < info.dlpi_phnum; ++n)
    if (info.dlpi_phdr[n].p_type == PT_DYNAMIC)
      dynamic = reinterpret_cast<const ElfW(Dyn)*>(info.dlpi_addr + info.dlpi_phdr[n].p_vaddr);
  if (!dynamic) return;
  // glibc has made these addresses absolute; the vDSO's are not, and it imports nothing.
  const auto absolute = [&](ElfW(Addr) a) { return a < info.dlpi_addr ? a + info.dlpi_addr : a; };
  const char* names = nullptr;
  const ElfW(Sym)* symbols = nullptr;
  struct {
    const ElfW(Rela) * first = nullptr;
    std::size_t bytes = 0;
  } tables[2];
  for (; dynamic->d_tag != DT_NULL; ++dynamic) switch (dynamic->d_tag) {
      case DT_STRTAB:
        names = reinterpret_cast<const char*>(absolute(dynamic->d_un.d_ptr));
        break;
      case DT_SYMTAB:
        symbols = reinterpret_cast<const ElfW(Sym)*>(absolute(dynamic->d_un.d_ptr));
        break;
      case DT_JMPREL:
        tables[0].first = reinterpret_cast<const ElfW(Rela)*>(absolute(dynamic->d_un.d_ptr));
        break;
      case DT_PLTRELSZ:
        tables[0].bytes = dynamic->d_un.d_val;
        break;
      case DT_RELA:
        tables[1].first = reinterpret_cast<const ElfW(Rela)*>(absolute(dynamic->d_un.d_ptr));
        break;
      case DT_RELASZ:
        tables[1].bytes = dynamic->d_un.d_val;
        break;
      default:
        break;
    }
  if (!names || !symbols) return;
  for (const auto& t : tables)
    for (std::size_t n = 0; t.first && n < t.bytes / sizeof(ElfW(Rela)); ++n) {
      const auto& symbol = symbols[ELF64_R_SYM(t.first[n].r_info)];
      if (ELF64_R_SYM(t.first[n].r_info) == 0 || symbol.st_shndx != SHN_UNDEF) continue;
      f(names + symbol.st_name, reinterpret_cast<void**>(info.dlpi_addr + t.first[n].r_offset));
    }
}

bool contains(const dl_phdr_info& info, const void* address) {
  const auto a = reinterpret_cast<ElfW(Addr)>(address);
  for (int n = 0; n < info.dlpi_phnum; ++n) {
    const auto& p = info.dlpi_phdr[n];
    const ElfW(Addr) begin = info.dlpi_addr + p.p_vaddr;
    if (p.p_type == PT_LOAD && a >= begin && a < begin + p.p_memsz) return true;
  }
  return false;
}

template <class F>
void each_library(F f) {
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        (*static_cast<F*>(data))(*info);
        return 0;
      },
      &f);
}

// The slot's page is read-only in a library with -z relro.
bool redirect(void** slot, void* to) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  auto* begin = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(slot) & ~(page - 1));
  if (::mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) return false;
  *slot = to;
  return true;
}

}  // namespace

std::vector<std::string> imports_of(const void* address) {
  std::vector<std::string> out;
  each_library([&](const dl_phdr_info& info) {
    if (contains(info, address)) each_import(info, [&](const char* name, void**) { out.emplace_back(name); });
  });
  return out;
}

bool count_allocations() {
  // Of this program itself, whose calls stay as they are, and so reach the allocator.
  const void* self = reinterpret_cast<const void*>(&count_allocations);
  std::vector<std::pair<void**, void*>> slots;  // collected first: changing them allocates nothing then
  each_library([&](const dl_phdr_info& info) {
    if (contains(info, self)) return;
    each_import(info, [&](const char* name, void** slot) {
      for (const auto& h : hooks)
        if (h.name == name) slots.emplace_back(slot, h.function);
    });
  });
  bool any = false;
  for (const auto& [slot, function] : slots) any = redirect(slot, function) || any;
  return any;
}

void set_counting(bool counting) { counting_here = counting; }
std::uint64_t allocations() { return counted; }

}  // namespace trapline::testkit
