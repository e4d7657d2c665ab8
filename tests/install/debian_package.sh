#!/usr/bin/env bash
# Builds the Debian packages from what is built already, and looks at what is in them. (lintian: ./dev package, and CI.)
set -euo pipefail
stage=$TRAPLINE_TEST_STAGE/debian
rm -rf "$stage"
mkdir -p "$stage"
cd "$stage"
fail() { echo "FAILED: $*" >&2; exit 1; }
for tool in dpkg-deb dpkg-shlibdeps file; do
  command -v $tool >/dev/null || { echo "SKIPPED: no $tool (Debian: dpkg-dev, file)"; exit 77; }
done
(umask 022 && cpack --config "$TRAPLINE_TEST_BUILD/CPackConfig.cmake" -B "$stage" -D CPACK_OUTPUT_FILE_PREFIX="$stage") >log 2>&1 || fail "$(cat log)"
for p in trapline trapline-dev; do
  mv "$p"_*.deb $p.deb
  mkdir $p
  dpkg-deb -x $p.deb $p
  dpkg-deb -c $p.deb | awk '$1 !~ /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/ || $2 != "root/root"' | { ! grep . ; } || fail "modes or owners in $p"
done
has() { [ -e "trapline/$1" ] || fail "the package lacks $1"; }
for f in usr/bin/trapline usr/lib/trapline/plugins/{mm_ws,paper_venue,redis_bridge,trap_detector}.so etc/trapline/demo.yaml \
  lib/systemd/system/trapline@.service usr/lib/sysusers.d/trapline.conf usr/share/man/man{1/trapline.1,5/trapline.yaml.5}.gz \
  usr/share/bash-completion/completions/trapline usr/share/doc/trapline/{operations.md,copyright,changelog.gz}; do has "$f"; done
# No file is in both, and what one machine runs needs nothing of the other.
comm -12 <(cd trapline && find . ! -type d | sort) <(cd trapline-dev && find . ! -type d | sort) | { ! grep . ; } || fail 'in both packages; see above'
[ ! -e trapline/usr/include ] || fail 'headers in the package of the program'
diff <(cd trapline && find etc -type f | sed 's#^#/#' | sort) <(dpkg-deb --ctrl-tarfile trapline.deb | tar -xO ./conffiles | sort) || fail 'conffiles are not what is in /etc'
[[ $(dpkg-deb -f trapline.deb Depends) == *libssl3* ]] || fail 'the libraries of the plugins are not in Depends'
[[ $(dpkg-deb -f trapline-dev.deb Depends) == "trapline (= $(dpkg-deb -f trapline.deb Version))" ]] || fail 'trapline-dev takes another trapline'
zcat trapline/usr/share/doc/trapline/changelog.gz | head -n 1 | grep -qF "($(dpkg-deb -f trapline.deb Version))" || fail 'the changelog is of another version'

# The service.
unit=trapline/lib/systemd/system/trapline@.service
program=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' $unit)
has "$program"
eval "arguments=($(sed -n 's/^ExecStart=[^ ]* //p' $unit | sed 's/%i/demo/'))"
"trapline/$program" "${arguments[0]}" --help >/dev/null
if command -v systemd-analyze >/dev/null; then
  mkdir units
  # As it is after installation, but for where the program is.
  for name in trapline@.service trapline@demo.service; do
    sed -e "s#/usr/bin/trapline#$PWD/trapline/usr/bin/trapline#" -e '/^Documentation=/d' $unit >units/$name
  done
  SYSTEMD_LOG_LEVEL=warning systemd-analyze verify units/trapline@demo.service || fail 'systemd-analyze verify'
  systemd-analyze security --offline=true --no-pager --threshold=20 units/trapline@demo.service | tail -n 1 || fail 'the sandbox of the unit has become weaker'
else
  echo 'no systemd-analyze: the unit was not verified'
fi
