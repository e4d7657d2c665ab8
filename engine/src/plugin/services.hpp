// The host's side of the service tables in abi/svc/.
#pragma once

#include "trapline/abi/plugin.h"

namespace trapline::plugin {

class instance;

void fill_host_table(trapline_host& table, instance& self);
bool offers_service(const char* id) noexcept;

}  // namespace trapline::plugin
