/* Has a note but exports nothing. */
#include "skeleton.h"

SKELETON_NOTE("no_entry");
