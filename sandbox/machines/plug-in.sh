#!/bin/sh
# plug-in.sh NETNS VETH BRIDGE MAC ADDRESS/24 ADDRESS6/64 GATEWAY
# Makes a fresh network namespace and connects it to the sandbox's bridge. Whatever had these names goes first, so that every
# power-on of a host starts with empty firewall tables and the kernel's own sysctls, as on a real server.
set -eu
netns=$1 veth=$2 bridge=$3 mac=$4 address=$5 address6=$6 gateway=$7

ip netns del "$netns" 2>/dev/null || true
ip link del "$veth" 2>/dev/null || true
ip netns add "$netns"
# 1400 bytes also fit through the tunnel or VPN that a laptop's own connection may use.
ip link add "$veth" mtu 1400 type veth peer name eth0 mtu 1400 address "$mac" netns "$netns"
ip link set "$veth" master "$bridge" up
# nodad: the addresses are ours alone, and a tentative one would refuse connections for the first second.
# There is no default route for IPv6: what is outside of the sandbox is reached over IPv4.
ip -n "$netns" -batch - <<END
link set lo up
link set eth0 up
addr add $address dev eth0
addr add $address6 dev eth0 nodad
route add default via $gateway
END
