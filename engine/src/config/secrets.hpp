// Reads secrets from where a configuration points to.
#pragma once

#include <string>

#include "config/options.hpp"
#include "trapline/abi/base.h"

namespace trapline::config {

// `env:NAME`: environment variable. `file:PATH`: first line of a regular file that belongs to us (or root) and that
// nobody else may read. `credential:NAME`: file of that name in $CREDENTIALS_DIRECTORY (systemd).
// E_IO with a text that never contains the value.
trapline_status read_secret(const secret_reference& from, std::string& value, std::string& why);

}  // namespace trapline::config
