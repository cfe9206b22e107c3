/** How every client of ours knows a host: by the key that the configuration or the state pins, and by nothing else. */

/** Options of ssh_config(5) under which a connection is made to the holder of `hostKey` (type and base64) alone, and no file on this machine has a say. */
export function pinnedHostKey(hostKey: string): Readonly<Record<string, string>> {
  return {
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: "/dev/null",
    GlobalKnownHostsFile: "/dev/null",
    KnownHostsCommand: `/bin/echo * ${hostKey}`,
    HostKeyAlgorithms: hostKey.split(" ")[0] ?? "",
    UpdateHostKeys: "no",
  };
}
