#!/usr/bin/env bash
# The manual pages and the bash completion against what the program itself says: every `--help`, command by command.
set -euo pipefail
scratch=$TRAPLINE_TEST_STAGE/manual
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"
PATH=$TRAPLINE_TEST_PREFIX/bin:$PATH
man=$TRAPLINE_TEST_PREFIX/share/man
fail() { echo "FAILED: $*" >&2; exit 1; }
for page in man1/trapline.1 man5/trapline.yaml.5; do
  # Without the escapes and fonts of roff, but for the headings, where bold tells the command from what follows.
  gzip -dc "$man/$page.gz" | sed -e '/^\.SS/b' -e 's/\\f[BIR]//g' -e 's/\\-/-/g' -e 's/\\&//g' -e 's/\\e/\\/g' >"${page##*/}"
  ! grep -n '@[A-Z]*@' "${page##*/}" || fail "$page was not filled in"
  if command -v groff >/dev/null; then
    gzip -dc "$man/$page.gz" | groff -man -Tascii -ww -z 2>warnings && [ ! -s warnings ] || fail "groff says of $page: $(cat warnings)"
  fi
done

# commands PATH...: the words after `Subcommands:` in its help.
commands() { "$@" --help | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }'; }
# options PATH...: the names of its options.
options() { "$@" --help | awk '/^Options:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  -/ { print $1 }' | sed 's/{.*//' | tr ',' '\n'; }
# What stands in the page under the heading of a command.
section() { awk -v h=".SS \\\\fB$*\\\\fR" 'index($0, h) == 1 { on = 1; next } /^\.S[SH]/ { on = 0 } on' trapline.1; }
# complete WORD...: what bash offers for the last word.
complete_words() {
  bash --norc -c 'set -eu; . "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _trapline
    [ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$TRAPLINE_TEST_PREFIX/share/bash-completion/completions/trapline" "$@"
}
same() { diff <(sort -u <<<"$2") <(sort -u <<<"$3") >&2 || fail "$1"; }

told=0
check() {
  local c names inherited=${inherited:-}
  "$@" --help >help
  grep -q '^Usage: ' help || fail "$* --help gives no usage"
  names=$(options "$@")
  if [ $# -gt 1 ]; then
    section "$@" >section
    [ -s section ] || fail "the page has no section '$*'"
    same "the page and '$* --help' tell of different options" "$(grep -v -e '^-h$' -e '^--help$' <<<"$names" || true)" \
      "$(grep -A1 --no-group-separator '^\.TP' section | grep -o '^-[^ ]*' | tr -d ',' || true)"
    # Descriptions: of the command, and of each option.
    grep -qF -- "$(head -n 1 help)" section || fail "the page does not say of '$*': $(head -n 1 help)"
    told=$((told + 1))
  fi
  # An option of `ctl` is taken after its subcommands, too.
  same "completion of options after '$*'" "$names${inherited:+
$inherited}" "$(complete_words "$@" -)"
  if [ -n "$(commands "$@")" ]; then
    same "completion of commands after '$*'" "$(commands "$@")" "$(complete_words "$@" '')"
    [ "$*" != 'trapline ctl' ] || inherited=$(grep -v -e '^-h$' -e '^--help$' <<<"$names")
    for c in $(commands "$@"); do inherited=$inherited check "$@" "$c"; done
  fi
}
check trapline
[ "$told" -eq "$(grep -c '^\.SS' trapline.1)" ] || fail "the page has sections of commands that the help does not list"

# Values, and what stands before them.
same 'words of an option' $'auto\nlive\nlines\noff' "$(complete_words trapline run --view '')"
same 'words after =' $'live\nlines' "$(complete_words trapline run --view = li)"
same 'a value is no command' "$(commands trapline ctl)" "$(complete_words trapline ctl --run-dir status '')"
same 'beginning of an option' '--run-dir' "$(complete_words trapline ctl swap --run)"
mkdir sub
touch mine.so other.txt
same 'plugins and plugin files' $'mm_ws\nmine.so' "$(complete_words trapline explain m)"
same 'directories' 'sub' "$(complete_words trapline ctl --run-dir s)"
same 'files are left to bash' '' "$(complete_words trapline check '')"

# The other page: its example is a configuration.
awk '/^\.nf/ { on = 1; next } /^\.fi/ { on = 0 } on && !/^\./' trapline.yaml.5 >example.yaml
sed -i "s#^  run_dir: ./run#  run_dir: $scratch/run#" example.yaml
trapline check example.yaml
