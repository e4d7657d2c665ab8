#!/usr/bin/env bash
# Prints the layout and the constants of the ABI headers under INCLUDE_DIR as text, for people and for comparison:
#
#   const NAME VALUE              every object-like macro that is a number or a string
#   typedef NAME TYPE             every other typedef of ours
#   struct NAME SIZE              followed by its members in order:
#     OFFSET SIZE MEMBER TYPE
#
# Names and types come from clang's syntax tree and sizes and values from a compiled program, so nothing here has to be
# told about a new header, struct or constant.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: manifest.sh INCLUDE_DIR" >&2; exit 2; }
include=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

(cd "$include" && find trapline/abi -name '*.h' | sort) | sed 's/.*/#include "&"/' >"$work/all.h"
[ -s "$work/all.h" ] || { echo "manifest.sh: no headers under $include/trapline/abi" >&2; exit 2; }

clang -x c -std=c11 -I"$include" -Xclang -ast-dump -fno-color-diagnostics -fsyntax-only "$work/all.h" >"$work/ast"
gcc -x c -std=c11 -I"$include" -E -dM "$work/all.h" | sort >"$work/macros"

# struct|NAME, member|STRUCT|NAME|TYPE, typedef|NAME|TYPE
awk -F"'" '
  function tidy(t) { gsub(/ \[/, "[", t); return t }
  /^[|`]-RecordDecl / {
    inside = ""
    if ($0 !~ / definition$/) next
    n = split($0, w, " ")
    if (w[n - 1] ~ /^trapline_/) { inside = w[n - 1]; print "struct|" inside }
  }
  /^[|`]-TypedefDecl / {
    inside = ""
    split($1, w, " "); name = ""
    for (i in w) if (w[i] ~ /^trapline_/) name = w[i]
    if (name != "" && $2 !~ ("^struct " name "$")) print "typedef|" name "|" tidy($2)
  }
  /^[|`]-(FunctionDecl|VarDecl|StaticAssertDecl) / { inside = "" }
  /^[| ] [|`]-(RecordDecl|IndirectFieldDecl) / && inside != "" {
    print "manifest.sh: " inside " has a struct or union without a name of its own" > "/dev/stderr"; exit 1
  }
  /^[| ] [|`]-FieldDecl / && inside != "" {
    n = split($1, w, " ")
    print "member|" inside "|" w[n] "|" tidy($2)
  }
' "$work/ast" >"$work/decls"

{
  echo '#include <stdio.h>'
  cat "$work/all.h"
  cat <<'C'
static void text(const char* name, const char* s) { printf("const %s \"%s\"\n", name, s); }
static void number(const char* name, long long v) { printf("const %s %lld\n", name, v); }
static void natural(const char* name, unsigned long long v) { printf("const %s %llu\n", name, v); }
#define SHOW(name, value) \
  _Generic((value), char*: text, unsigned: natural, unsigned long: natural, unsigned long long: natural, \
           default: number)(name, value)
int main(void) {
C
  # Include guards are empty; the two that are attributes have no value.
  awk '$2 ~ /^TRAPLINE_[A-Z0-9_]+$/ && NF > 2 && $2 != "TRAPLINE_EXPORT" && $2 != "TRAPLINE_EXTERN_C" {
    print "  SHOW(\"" $2 "\", " $2 ");" }' "$work/macros"
  echo '  return 0; }'
} >"$work/constants.c"

{
  echo '#include <stdio.h>'
  cat "$work/all.h"
  echo 'int main(void) {'
  # Structs by name; members in their order.
  awk -F'|' '$1 == "struct" { print $2 }' "$work/decls" | sort | while read -r name; do
    echo "  printf(\"struct $name %zu\\n\", sizeof(struct $name));"
    awk -F'|' -v s="$name" '$1 == "member" && $2 == s {
      printf "  printf(\"  %%zu %%zu %s %s\\n\", offsetof(struct %s, %s), sizeof(((struct %s*)0)->%s));\n", $3, $4, s, $3, s, $3 }' "$work/decls"
  done
  echo '  return 0; }'
} >"$work/layout.c"

gcc -std=c11 -w -I"$include" -o "$work/layout" "$work/layout.c"
gcc -std=c11 -w -I"$include" -o "$work/constants" "$work/constants.c"
"$work/constants" | sort
awk -F'|' '$1 == "typedef" { print "typedef " $2 " " $3 }' "$work/decls" | sort
"$work/layout"
