#!/usr/bin/env bash
# The Debian package in a root directory of its own: dpkg installs, upgrades, removes and purges it there, and the installed
# program runs. Needs debian_package.sh to have run. Nothing of this machine is touched.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then # files are to belong to root, or to look so
  command -v fakeroot >/dev/null || { echo 'SKIPPED: neither root nor fakeroot'; exit 77; }
  exec fakeroot "$0" "$@"
fi
stage=$TRAPLINE_TEST_STAGE/debian
[ -f "$stage/trapline.deb" ] || { echo 'SKIPPED: no packages were built'; exit 77; }
cd "$stage"
fail() { echo "FAILED: $*" >&2; exit 1; }
root=$stage/root
rm -rf "$root" next
mkdir -p "$root"/{var/lib/dpkg/{info,updates},etc,usr/bin,tmp}
touch "$root"/var/lib/dpkg/{status,available}
: >"$root/etc/passwd"
# Dependencies are those of this machine; maintainer scripts run outside, told of the root by DPKG_ROOT.
dpkg_there() {
  DEBIAN_FRONTEND=noninteractive dpkg --root="$root" --force-script-chrootless --force-depends --log=/dev/null "$@" >log 2>&1 ||
    fail "dpkg $*: $(cat log)"
}
has_user() { grep -q '^trapline:' "$root/etc/passwd"; }
find "$root" -path "$root/var/lib/dpkg" -prune -o -print | sort >before

dpkg_there -i trapline.deb trapline-dev.deb
has_user || fail 'there is no user trapline'
# The installed program, as the service runs it: in its state directory, until it is told to stop.
state=$root/var/lib/trapline/demo
mkdir -p "$state"
PATH=$root/usr/bin:$PATH
cd "$state"
trapline plugins | grep -qF "$root/usr/lib/trapline/plugins/mm_ws.so" || fail 'the installed program does not find its plugins'
for config in "$root"/etc/trapline/*.yaml; do trapline check "$config"; done
trapline run --view off --seconds 1 --metrics-file metrics "$root/etc/trapline/demo.yaml" 2>journal || fail "the demo: $(cat journal)"
[ ! -e run/trapline.log ] || fail 'the demo of the service logs to a file, not to the journal'
grep -q 'starts .demo.' journal || fail 'the log is not on standard error'
awk '/^trapline_lane_events/ { n += $2 } END { exit n > 0 ? 0 : 1 }' metrics || fail 'nothing happened in the demo'
cd "$stage"

# An upgrade: what somebody changed stays, what nobody changed is new.
dpkg-deb -R trapline.deb next
sed -i 's/^Version: .*/&+next/' next/DEBIAN/control
for name in demo live-public; do echo '# of the next version' >>"next/etc/trapline/$name.yaml"; done
(cd next && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | xargs -0 md5sum >DEBIAN/md5sums)
dpkg-deb -Znone -b next next.deb >/dev/null
echo '# mine' >>"$root/etc/trapline/demo.yaml"
dpkg_there --force-confold -i next.deb
grep -q '^# mine' "$root/etc/trapline/demo.yaml" || fail 'a changed configuration was overwritten'
grep -q 'next version' "$root/etc/trapline/live-public.yaml" || fail 'an unchanged configuration was kept'
has_user || fail 'the user is gone after an upgrade'
# And back.
dpkg_there --force-confold -i trapline.deb
grep -q '^# mine' "$root/etc/trapline/demo.yaml" || fail 'a changed configuration was lost in a downgrade'

# Removed, the configurations and what the engines wrote stay; purged, only what somebody else wrote.
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s /lib/systemd/system/trapline@.service "$root/etc/systemd/system/multi-user.target.wants/trapline@demo.service"
echo mine >"$root/etc/trapline/mine.yaml"
dpkg_there -r trapline-dev trapline
[ ! -e "$root/usr/bin/trapline" ] || fail 'still there after removal'
grep -q '^# mine' "$root/etc/trapline/demo.yaml" && [ -e "$state/metrics" ] || fail 'removal took what purging takes'
dpkg_there -P trapline-dev trapline
! has_user || fail 'the user is still there'
[ "$(cat "$root/etc/trapline/mine.yaml")" = mine ] || fail "somebody's own configuration is gone"
rm -r "$root"/etc/{trapline,systemd}
# The user database, and what dpkg makes of empty directories of Debian's own, do not count.
find "$root" -path "$root/var/lib/dpkg" -prune -o -print | sort | comm -13 before - |
  { ! grep -vE "^$root/etc/(passwd|group|shadow|gshadow)-?$|^$root/etc/\.pwd\.lock$"; } || fail 'left behind; see above'
