/* Trapline plugin ABI: everything. */
#ifndef TRAPLINE_ABI_ABI_H
#define TRAPLINE_ABI_ABI_H

#include "trapline/abi/account.h"
#include "trapline/abi/base.h"
#include "trapline/abi/event.h"
#include "trapline/abi/ext/command.h"
#include "trapline/abi/ext/driver.h"
#include "trapline/abi/ext/state.h"
#include "trapline/abi/market.h"
#include "trapline/abi/note.h"
#include "trapline/abi/option.h"
#include "trapline/abi/plugin.h"
#include "trapline/abi/signal.h"
#include "trapline/abi/svc/bus.h"
#include "trapline/abi/svc/clock.h"
#include "trapline/abi/svc/control.h"
#include "trapline/abi/svc/health.h"
#include "trapline/abi/svc/log.h"
#include "trapline/abi/svc/metrics.h"
#include "trapline/abi/svc/secret.h"
#include "trapline/abi/svc/timer.h"
#include "trapline/abi/system.h"
#include "trapline/abi/version.h"

#endif
