#include "measure/packed.hpp"

#include <lzma.h>
#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace measure {

std::string read_xz(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream packed;
  packed << in.rdbuf();
  if (!in) throw std::runtime_error(path + ": cannot be read");
  const std::string bytes = packed.str();
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, 0) != LZMA_OK) throw std::runtime_error("liblzma: no decoder");
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string out;
  std::vector<std::uint8_t> buffer(1 << 16);
  lzma_ret r = LZMA_OK;
  while (r == LZMA_OK) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    r = lzma_code(&stream, LZMA_FINISH);
    out.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (r != LZMA_STREAM_END) throw std::runtime_error(path + ": not a whole xz file");
  return out;
}

std::string read_gzip(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::string out;
  std::vector<char> buffer(1 << 16);
  int n = 0;
  while ((n = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
    out.append(buffer.data(), static_cast<std::size_t>(n));
  const bool whole = n == 0 && gzclose(file) == Z_OK;
  if (!whole) throw std::runtime_error(path + ": not a whole gzip file");
  return out;
}

}  // namespace measure
