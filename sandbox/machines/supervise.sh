#!/bin/bash
# supervise.sh DIR
# Is the power supply of one sandbox host: boots it, boots it again when it reboots, and ends when it powers off or dies.
# SIGTERM powers it off. DIR/power holds what it needs, as NAME=value lines.
set -u
dir=$1
while IFS='=' read -r name value; do declare -r "$name=$value"; done <"$dir/power"

# A cgroup of the host's own, in each tree, before anything is started: its inhabitants are found and ended by it.
for tree in $CGROUP_TREES; do
  mkdir -p "$tree/$CGROUP" && echo $$ >"$tree/$CGROUP/cgroup.procs" || exit 1
done

# A unified cgroup tree is all that Debian 13 boots on. Only sysctls of the network namespace are writable: all others are
# this machine's own. The system call filter of older releases would refuse calls that Docker needs.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_SECCOMP=0

binds=()
for device in /dev/fuse /dev/net/tun; do [ -e "$device" ] && binds+=("--bind=$device"); done
# Nodes of the host's own: the kernel hands out loop devices by number, and this machine's /dev may not show them all.
if [ -e /dev/loop-control ]; then
  mkdir -p "$dir/loop" && binds+=("--bind=/dev/loop-control")
  for number in {0..31}; do
    [ -b "$dir/loop/loop$number" ] || mknod -m 0600 "$dir/loop/loop$number" b 7 "$number" || exit 1
    binds+=("--bind=$dir/loop/loop$number:/dev/loop$number")
  done
fi
# Docker cannot lay an overlay over our overlay.
binds+=("--bind=$dir/docker:/var/lib/docker" "--bind=$dir/containerd:/var/lib/containerd")
binds+=("--bind=$dir/archives:/var/cache/apt/archives")

stopping=
nspawn=
trap 'stopping=1; [ -z "$nspawn" ] || kill -TERM "$nspawn" 2>/dev/null' TERM
while [ -z "$stopping" ]; do
  sh "$dir/plug-in.sh" "$NETNS" "$VETH" "$BRIDGE" "$MAC" "$ADDRESS" "$ADDRESS6" "$GATEWAY" || exit 1
  # Never CAP_SYS_TIME: the clock and its zone are not namespaced, a host would set this machine's.
  systemd-nspawn --boot --directory="$dir/root" --machine="$NETNS" --hostname="$HOSTNAME_INSIDE" \
    --network-namespace-path="/run/netns/$NETNS" --capability=all --drop-capability=CAP_SYS_TIME \
    --register=no --keep-unit --console=read-only --link-journal=no --resolv-conf=off --timezone=off \
    "${binds[@]}" </dev/null &
  nspawn=$!
  # A signal ends a wait early, hence the loop.
  while wait "$nspawn"; status=$?; kill -0 "$nspawn" 2>/dev/null; do :; done
  nspawn=
  ip link del "$VETH" 2>/dev/null
  ip netns del "$NETNS" 2>/dev/null
  # 133 is nspawn's way to say that the host wants to be booted again (systemd-nspawn(1), --keep-unit).
  [ "$status" = 133 ] || break
  echo "--- reboot ---"
done
