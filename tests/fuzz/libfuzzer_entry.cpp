// What libFuzzer calls; TRAPLINE_FUZZ_TARGET is the name of the target.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trapline::fuzz {
void TRAPLINE_FUZZ_TARGET(std::string_view input);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapline::fuzz::TRAPLINE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
