#!/usr/bin/env bash
# Is the manifest NEW (see manifest.sh) one that writers and readers of OLD can live with? Says every way in which not.
#
# Constants and typedefs of OLD stand in NEW with the same value; TRAPLINE_ABI_MINOR and names that end in _COUNT, which
# tell how many constants there are, may rise. Each struct of OLD is in NEW, its members first and unchanged. It may have
# more members after them only if nobody relies on its size: it says its own `struct_size`, or it is the payload of an
# event, which says its size, and no array follows it.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: manifest_check.sh OLD NEW" >&2; exit 2; }
awk '
  BEGIN {
    # Elements of arrays, passed by value, at a fixed place in a file, or followed by an array.
    split("str buf frame event level evidence matrix_row note note_section book signal trap_matrix", list, " ")
    for (i in list) fixed["trapline_" list[i]] = 1
  }
  function bad(text) { print "ABI broken: " text; failures++ }
  function take(table, order, counts) {
    if ($1 == "struct") { current = $2; table["struct " current] = $3; counts[current] = 0 }
    else if ($1 == "const" || $1 == "typedef") {
      name = $1 " " $2; value = substr($0, length(name) + 2); table[name] = value
    } else if (current != "" && /^  [0-9]/) order[current, ++counts[current]] = $0
    else if (NF > 0) { print "manifest_check.sh: cannot read: " $0 > "/dev/stderr"; exit 2 }
  }
  FNR == 1 { file++; current = "" }
  file == 1 { take(old, old_member, old_count); next }
  { take(new, new_member, new_count) }
  END {
    if (length(old) < 10 || length(new) < 10) { print "manifest_check.sh: an empty manifest" > "/dev/stderr"; exit 2 }
    for (name in old) {
      if (name ~ /^struct /) continue
      if (!(name in new)) bad(name " is gone")
      else if (new[name] != old[name]) {
        may_rise = name == "const TRAPLINE_ABI_MINOR" || name ~ /_COUNT$/
        if (!may_rise || new[name] + 0 < old[name] + 0) bad(name " was " old[name] ", is " new[name])
      }
    }
    for (s in old_count) {
      if (!(("struct " s) in new)) { bad("struct " s " is gone"); continue }
      for (i = 1; i <= old_count[s]; i++)
        if (i > new_count[s]) bad("struct " s " lost:" old_member[s, i])
        else if (old_member[s, i] != new_member[s, i])
          bad("struct " s " has `" substr(new_member[s, i], 3) "` where `" substr(old_member[s, i], 3) "` was")
      was = old["struct " s] + 0; is = new["struct " s] + 0
      if (is < was) bad("struct " s " shrank from " was " to " is " bytes")
      if (is > was && s in fixed) bad("struct " s " grew from " was " to " is " bytes, but its size is part of the contract")
      if (is > was && new_count[s] == old_count[s]) bad("struct " s " grew without a new member")
    }
    exit failures > 0
  }' "$1" "$2" | sort
