import { type Allowed, allowed, becomes, type Refused, refused } from "./spoil";

/** What the rules about every unit must refuse. */
export const UNITS_REFUSED: readonly Refused[] = [
  ...refused("connection-host-key-pinned", "ssh", [
    ["no host key is given", "connection.hostKey", becomes(undefined), "connection.hostKey: found nothing"],
  ]),
  ...refused("connection-host-key-pinned", "verify", [
    ["the host key is empty", "connection.hostKey", becomes(""), "not a complete Ed25519 key"],
    ["there is no connection", "connection", becomes(undefined), "connection: found nothing"],
  ]),
  ...refused("connection-host-key-pinned", "baseline", [
    [
      "the host key is of another kind",
      "connection.hostKey",
      becomes("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"),
      "found ssh-rsa, not a complete Ed25519 key",
    ],
    ["the host key is cut short", "connection.hostKey", (good) => String(good).slice(0, -4), "not a complete Ed25519 key"],
  ]),
  ...refused("connection-host-key-pinned", "people", [
    ["the deploy logs in as root", "connection.user", becomes("root"), "connection.user: found root"],
  ]),
  ...(["baseline", "people", "ssh", "ufw", "fail2ban"] as const).flatMap((unit) =>
    refused("guarded-units-have-dead-man", unit, [
      [`the switch of ${unit} is not set`, "deadManSeconds", becomes(null), "deadManSeconds: found nothing"],
    ]),
  ),
  ...refused("guarded-units-have-dead-man", "ssh", [
    ["the switch acts after more than an hour", "deadManSeconds", becomes(3601), "found 3601 seconds"],
  ]),
  ...refused("guarded-units-have-dead-man", "ufw", [
    ["the switch acts before anybody can confirm", "deadManSeconds", becomes(19), "found 19 seconds"],
  ]),
];

/** What they must let pass. */
export const UNITS_ALLOWED: readonly Allowed[] = [
  ...allowed("guarded-units-have-dead-man", "ssh", [
    ["the switch acts after an hour", "deadManSeconds", becomes(3600)],
    ["the switch acts after 20 seconds", "deadManSeconds", becomes(20)],
  ]),
];
