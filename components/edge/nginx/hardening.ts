/** How systemd runs nginx: what it does not need is not there. */

/** Settings of the service's sandbox, by name, as `systemctl show` prints them where `shown` is absent. */
export const SANDBOX: readonly { readonly name: string; readonly value: string; readonly shown?: string }[] = [
  { name: "NoNewPrivileges", value: "yes" },
  { name: "ProtectSystem", value: "strict" },
  { name: "ProtectHome", value: "yes" },
  { name: "PrivateTmp", value: "yes" },
  { name: "PrivateDevices", value: "yes" },
  { name: "ProtectClock", value: "yes" },
  { name: "ProtectControlGroups", value: "yes" },
  { name: "ProtectHostname", value: "yes" },
  { name: "ProtectKernelLogs", value: "yes" },
  { name: "ProtectKernelModules", value: "yes" },
  { name: "ProtectKernelTunables", value: "yes" },
  { name: "RestrictNamespaces", value: "yes" },
  { name: "RestrictRealtime", value: "yes" },
  { name: "RestrictSUIDSGID", value: "yes" },
  { name: "LockPersonality", value: "yes" },
  { name: "MemoryDenyWriteExecute", value: "yes" },
];

/** The drop-in. Its process file is in /run, and Debian's upgrade of the program in place writes a second one there. */
export const DROP_IN_TEXT = `[Unit]
OnFailure=phiward-alert@%n.service

[Service]
Restart=on-failure
RestartSec=1
# A thousand requests a second are logged. Of a flood the rest is dropped, lest it push all else out of the journal.
LogRateLimitIntervalSec=10s
LogRateLimitBurst=10000
LimitNOFILE=16384
${SANDBOX.map(({ name, value }) => `${name}=${value}`).join("\n")}
ReadWritePaths=/run /var/lib/nginx
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
CapabilityBoundingSet=CAP_CHOWN CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID
`;
