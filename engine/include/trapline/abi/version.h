/*
 * Trapline plugin ABI: version numbers and the compatibility policy.
 *
 * The contract is what the headers of this folder say: names, types, layouts, values, thread marks, lifetimes,
 * meanings. Host and plugin work together if their majors are equal and the host's minor is at least the plugin's
 * `min_host_minor`.
 *
 *  1. What was released never changes inside a major: no name, type, layout, value, thread mark, lifetime or meaning.
 *  2. What was never released may change freely. It lives in `draft/` and keeps its id when it becomes stable.
 *  3. A change is an addition: a member at the tail of a struct that says its own size, a function `..._v2`, a service
 * or extension `.../2`, a new event type, a higher event `schema` with members appended.
 *  4. Every struct that crosses by pointer starts with `struct_size`, which its writer sets to what it knows. The
 * reader uses a member only if it lies inside (TRAPLINE_HAS); an absent member reads as zero or NULL and means "not
 *     offered". A larger struct than the reader knows is right, and its tail is ignored; one smaller than in its first
 *     revision is an error. Structs without a size (strings, frames, levels, rows, the event header, what an array
 *     follows) never grow.
 *  5. What is added later is optional for the other side: a callback may be NULL, a service may be absent.
 *  6. Every reader has a default for constants it does not know: unknown event types, sides, stages and states are
 *     ignored, never an error. Unknown flag bits, too. Members named `reserved` are written 0 and not read.
 *  7. Nothing is removed inside a major; a deprecated slot stays filled.
 *  8. The minor rises with every release that adds. `min_host_minor` is what a plugin needs, not what it was built
 * with.
 *  9. Two majors are served together for at least a year: a plugin may export an entry of each (`..._v0`, `..._v1`)
 * with a note of each, and a host adapts both.
 *
 * Major 0 leads up to the freeze. It keeps this policy from 0.0 on; what the freeze itself (major 1) may still change
 * is told in CHANGELOG.md first. The layouts and constants of every minor stand in `golden/`, and tests compare.
 *
 * How to read the headers. A function's comment says, as far as it differs from the following: what it does; its thread
 * mark; in which states it may be called; who owns what its pointers point to, and how long; its errors; since when it
 * exists.
 *   - Thread marks: [control] the one host thread that creates, configures and destroys instances; [lane] the thread of
 *     the instance's lane, and an instance is never entered twice at once, on whatever threads; [any] any thread, the
 *     plugin's own included. Concurrent calls to an [any] function are allowed.
 *   - States: a plugin may call the host from the beginning of configure() to the end of destroy(), never in create().
 *   - Pointers: what a caller passes is borrowed for the call and not NULL; who needs it longer copies it. Neither side
 *     ever frees the other's memory. A `trapline_str` with `len` 0 may have any `ptr`.
 *   - Errors: a breach of the above that can be noticed is TRAPLINE_E_INVALID; a host that runs out of memory answers
 *     TRAPLINE_E_NOMEM. When an error is returned, nothing was done and out-parameters are as before.
 *   - Functions do not block and do not throw.
 *   - Members without a mark: since 0.0.
 */
#ifndef TRAPLINE_ABI_VERSION_H
#define TRAPLINE_ABI_VERSION_H

/* Minors, and what each added:
 *   0.0  the first header set
 *   0.1  descriptor `consumes` and `produces`; metrics `histogram` and `record`; overflow policy
 *        `conflate` (TRAPLINE_FLAG_CONFLATED); instance states RESTARTING and LEFT_OUT;
 *        TRAPLINE_E_TIMEOUT; service `trapline.control/1`; extensions `trapline.command/1` and `trapline.state/1`,
 *        with trapline_sink */
#define TRAPLINE_ABI_MAJOR 0
#define TRAPLINE_ABI_MINOR 1

#endif
