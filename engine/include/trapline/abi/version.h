/*
 * Trapline plugin ABI: version numbers and the compatibility policy.
 *
 * This is ABI 0: a draft. Host and plugin must agree on major 0 and the host's minor must be at
 * least the plugin's `min_host_minor`. From major 1 on the following holds.
 *
 *  1. Released names, types, layouts, values, thread marks, lifetimes and meanings never change
 *     inside a major.
 *  2. A change is an addition: a member at the tail of a table, a function `..._v2`, a service
 *     `.../2`, a new event type, or a higher event `schema` with members appended.
 *  3. Every struct that crosses by pointer starts with `struct_size`. The reader uses a member only
 *     if it lies inside the writer's `struct_size`; an absent member reads as zero or NULL and means
 *     "not offered".
 *  4. Every reader has a default for constants it does not know: unknown event types, sides, stages
 *     and states are ignored, never an error.
 *  5. Nothing is removed inside a major; a deprecated slot stays filled.
 *  6. The minor rises with every release that adds. `min_host_minor` is what a plugin needs, not
 *     what it was built with.
 *
 * Thread marks used in all headers:
 *   [control]  the one host thread that creates, configures and destroys instances
 *   [lane]     the thread of the instance's lane; an instance is never entered twice at once
 *   [any]      any thread, the plugin's own included
 */
#ifndef TRAPLINE_ABI_VERSION_H
#define TRAPLINE_ABI_VERSION_H

/* Minors, and what each added:
 *   0.0  the first header set
 *   0.1  descriptor `consumes` and `produces`; metrics `histogram` and `record`; overflow policy
 *        `conflate` (TRAPLINE_FLAG_CONFLATED); instance states RESTARTING and LEFT_OUT;
 *        TRAPLINE_E_TIMEOUT */
#define TRAPLINE_ABI_MAJOR 0
#define TRAPLINE_ABI_MINOR 1

#endif
