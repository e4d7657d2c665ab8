// Prints docs/redis.md.
#include <cstdio>

#include "contract.hpp"

int main() {
  const auto text = trapline::redis_bridge::contract_markdown();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
