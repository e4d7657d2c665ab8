/* Its note has the right owner and type, but another magic number. */
#include "skeleton.h"

__attribute__((section(".note.trapline"), used, aligned(4))) static const trapline_note_section note = {
    sizeof(TRAPLINE_NOTE_NAME),
    sizeof(trapline_note),
    TRAPLINE_NOTE_TYPE,
    TRAPLINE_NOTE_NAME,
    {TRAPLINE_NOTE_MAGIC + 1, TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, "bad_note", "1.0.0"}};
SKELETON_ENTRY("bad_note", skeleton_create, 0, NULL, 0)
