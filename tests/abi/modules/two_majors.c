/* Serves two ABI majors with an entry and a note each: that is allowed. */
#include "skeleton.h"

SKELETON_NOTE("two_majors");
SKELETON_ENTRY("two_majors", skeleton_create, 0, NULL, 0)

__attribute__((section(".note.trapline"), used, aligned(4))) static const trapline_note_section next_note = {
    sizeof(TRAPLINE_NOTE_NAME),
    sizeof(trapline_note),
    TRAPLINE_NOTE_TYPE,
    TRAPLINE_NOTE_NAME,
    {TRAPLINE_NOTE_MAGIC, TRAPLINE_ABI_MAJOR + 1, 0, 0, "two_majors", "1.0.0"}};
TRAPLINE_EXPORT const void* trapline_plugin_entry_v1(void);
const void* trapline_plugin_entry_v1(void) { return NULL; }
