import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PortLayout, SandboxLayout } from "./layout";
import { cgroupTrees } from "./machine";

/** Writes what the host's supervisor needs to know, as NAME=value lines, so that a host can be started again by its directory. */
export function writePowerFile(hostDir: string, name: string, port: PortLayout, layout: SandboxLayout): void {
  const values = {
    HOSTNAME_INSIDE: name,
    NETNS: port.netns,
    // One name for both: the host is found by it, wherever one looks.
    CGROUP: port.netns,
    CGROUP_TREES: cgroupTrees().join(" "),
    VETH: port.veth,
    BRIDGE: layout.bridge,
    MAC: port.mac,
    ADDRESS: `${port.address}/24`,
    ADDRESS6: `${port.address6}/64`,
    GATEWAY: layout.adminAddress,
  };
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(hostDir, "power"), lines.join(""), { mode: 0o600 });
}

/** Returns the name of the host's own cgroup. */
export function cgroupName(hostDir: string): string {
  const line = /^CGROUP=(.*)$/m.exec(readFileSync(join(hostDir, "power"), "utf8"));
  return line?.[1] ?? "";
}
