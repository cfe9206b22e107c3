import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../../ops/lib/root";
import { COMMON_ADMIN, type PortLayout, type SandboxLayout, sandboxLayout } from "./layout";
import { mustRun, run } from "./run";

/** Makes the sandbox's bridge with this machine's addresses on it, and the NAT by which hosts reach package mirrors. */
export async function raiseNetwork(layout: SandboxLayout, signal: AbortSignal): Promise<void> {
  const { bridge, bridgeMac, adminAddress, adminAddress6, subnet, table } = layout;
  // A fixed address: by default a bridge takes its lowest port's, and would change it whenever a host comes or goes.
  const kind = ["type", "bridge", "mcast_snooping", "0"];
  await mustRun(["ip", "link", "add", bridge, "address", bridgeMac, "mtu", "1400", ...kind], { signal });
  // Some machines switch IPv6 off for every new interface.
  writeFileSync(`/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`, "0\n");
  const links = [`link set ${bridge} up`, `addr add ${adminAddress}/24 dev ${bridge}`, `addr add ${adminAddress6}/64 dev ${bridge} nodad`];
  await mustRun(["ip", "-batch", "-"], { stdin: `${links.join("\n")}\n`, signal });
  // IPv4 only: to forward IPv6 this machine would have to stop listening to its own router's advertisements.
  const nat = `table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet} ip daddr != ${subnet} masquerade
  }
}
`;
  await mustRun(["nft", "-f", "-"], { stdin: nat, signal });
  await openForwarding(bridge, signal);
}

/**
 * Lets this machine's connections to the hosts come from the address that such sandboxes have in common. IPv6 ones still come
 * from the sandbox's own: the hosts have no route beyond their network.
 */
export async function comeFromCommonAddress({ bridge, subnet }: SandboxLayout, signal: AbortSignal): Promise<void> {
  const { adminAddress } = COMMON_ADMIN;
  const route = ["proto", "kernel", "scope", "link", "src", adminAddress];
  await mustRun(["ip", "addr", "add", `${adminAddress}/32`, "dev", bridge], { signal });
  await mustRun(["ip", "route", "replace", subnet, "dev", bridge, ...route], { signal });
}

/** Connects an outsider. Hosts are connected by their supervisor at each power-on. */
export async function plugIn(port: PortLayout, layout: SandboxLayout, signal: AbortSignal): Promise<void> {
  const { netns, veth, mac, address, address6 } = port;
  const script = join(ROOT, "sandbox/machines", "plug-in.sh");
  const addresses = [`${address}/24`, `${address6}/64`, layout.adminAddress];
  await mustRun(["sh", script, netns, veth, layout.bridge, mac, ...addresses], { signal });
}

/** Removes all of a sandbox's network, by the names its number gives it. What is missing already is no fault. */
export async function razeNetwork(number: number): Promise<void> {
  const { bridge, prefix, table } = sandboxLayout(number);
  const namespaces = z.array(z.object({ name: z.string() })).parse(await ipJson(["netns", "list"]));
  for (const { name } of namespaces.filter((namespace) => namespace.name.startsWith(prefix))) {
    const pids = (await run(["ip", "netns", "pids", name])).stdout.split("\n").filter((pid) => pid !== "");
    if (pids.length > 0) await run(["kill", "-KILL", ...pids]);
    await mustRun(["ip", "netns", "del", name]);
  }
  const links = z.array(z.object({ ifname: z.string() })).parse(await ipJson(["link", "show"]));
  const cable = new RegExp(`^${bridge}([ho]\\d+)?$`);
  for (const { ifname } of links.filter((link) => cable.test(link.ifname))) await run(["ip", "link", "del", ifname]);
  if ((await run(["nft", "list", "table", "ip", table])).code === 0) await mustRun(["nft", "delete", "table", "ip", table]);
  for (const rule of (await forwardingRules()).map((line) => line.split(" "))) {
    if (rule.includes(bridge)) await run(["iptables", "-D", ...rule.slice(1)]);
  }
}

/** Docker and ufw set this machine's FORWARD policy to DROP, which no table of our own can lift: only a rule in that chain. */
async function openForwarding(bridge: string, signal: AbortSignal): Promise<void> {
  const rules = await forwardingRules();
  if (!rules.includes("-P FORWARD DROP")) return;
  for (const direction of ["-i", "-o"]) {
    await mustRun(["iptables", "-I", "FORWARD", direction, bridge, "-j", "ACCEPT"], { signal });
  }
}

async function forwardingRules(): Promise<readonly string[]> {
  try {
    return (await run(["iptables", "-S", "FORWARD"])).stdout.split("\n");
  } catch {
    // Without iptables on this machine nothing of the kind is in the way.
    return [];
  }
}

async function ipJson(args: readonly string[]): Promise<unknown> {
  const text = await mustRun(["ip", "-json", ...args]);
  // With nothing to list, some versions print nothing at all.
  return text.trim() === "" ? [] : JSON.parse(text);
}
