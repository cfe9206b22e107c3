/** How systemd runs the programs that are ours, and nginx: what none of them needs is not there. */

/** Settings of a unit's section `Service`, by name; see systemd.exec(5). */
export const CONFINEMENT_SETTINGS = {
  NoNewPrivileges: "yes",
  ProtectSystem: "strict",
  PrivateTmp: "yes",
  PrivateDevices: "yes",
  ProtectClock: "yes",
  ProtectControlGroups: "yes",
  ProtectHostname: "yes",
  ProtectKernelLogs: "yes",
  ProtectKernelModules: "yes",
  ProtectKernelTunables: "yes",
  RestrictAddressFamilies: "AF_UNIX AF_INET AF_INET6",
  RestrictNamespaces: "yes",
  RestrictRealtime: "yes",
  RestrictSUIDSGID: "yes",
  LockPersonality: "yes",
  MemoryDenyWriteExecute: "yes",
  SystemCallArchitectures: "native",
  SystemCallFilter: "@system-service",
  UMask: "0077",
} as const;

/** All of them, as lines of a unit; ends without a line break. */
export const CONFINEMENT = Object.entries(CONFINEMENT_SETTINGS)
  .map(([name, value]) => `${name}=${value}`)
  .join("\n");
