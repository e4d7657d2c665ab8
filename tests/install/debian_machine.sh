#!/usr/bin/env bash
# The Debian package on this very machine: dpkg -i, a run as its user, purge. Only where TRAPLINE_TEST_DPKG=1 says that the
# machine is one to throw away. Needs debian_package.sh to have run.
set -euo pipefail
[ "${TRAPLINE_TEST_DPKG:-}" = 1 ] || { echo 'SKIPPED: installs a package on this machine; TRAPLINE_TEST_DPKG=1 allows it'; exit 77; }
[ "$(id -u)" -eq 0 ] || { echo 'SKIPPED: not root'; exit 77; }
! dpkg-query -W trapline >/dev/null 2>&1 || { echo 'SKIPPED: trapline is installed here already'; exit 77; }
stage=$TRAPLINE_TEST_STAGE/debian
[ -f "$stage/trapline.deb" ] || { echo 'SKIPPED: no packages were built'; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
state=/var/lib/trapline/demo
cleanup() { dpkg -P trapline-dev trapline >/dev/null 2>&1 || true; }
trap cleanup EXIT
dpkg -i "$stage/trapline.deb" "$stage/trapline-dev.deb" || fail 'dpkg -i; dependencies are those of ./dev setup'
getent passwd trapline | grep -q ':/var/lib/trapline:' || fail 'there is no user trapline'
# As systemd would: its own user, its own directory, nothing else writable.
install -d -o trapline -g trapline -m 700 $state
(cd $state && setpriv --reuid trapline --regid trapline --clear-groups env HOME=/nonexistent \
  /usr/bin/trapline run --view off --seconds 1 /etc/trapline/demo.yaml) || fail 'the demo, as user trapline'
[ "$(stat -c %U $state/run/venue/api_key)" = trapline ] || fail 'what the engine wrote is not its own'
man -w trapline trapline.yaml >/dev/null 2>&1 || echo 'no man here: the pages were not looked up'
# A stranger's plugin, by the installed package alone.
mkdir -p "$stage/stranger" && cd "$stage/stranger"
cp -r /usr/share/trapline/examples/cpp_plugin . && cd cpp_plugin
cmake -G Ninja -B build >/dev/null && cmake --build build --target volume_burst >/dev/null || fail 'building a plugin by trapline-dev'
/usr/bin/trapline inspect build/plugins/volume_burst.so >/dev/null || fail 'the plugin has findings'
dpkg -P trapline-dev trapline || fail 'purge'
for path in /usr/bin/trapline /etc/trapline /var/lib/trapline /var/log/trapline /usr/lib/trapline /usr/include/trapline /lib/systemd/system/trapline@.service; do
  [ ! -e "$path" ] || fail "$path is left behind"
done
! getent passwd trapline || fail 'the user is left behind'
