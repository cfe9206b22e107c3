/** A stack with secrets of each kind, for tests of what is said of them. */
import { parseConfig } from "../../../../../components/config/faults";
import type { StackConfig } from "../../../../../components/config/schema";
import { ed25519, smallest } from "../../../components/examples";

export const NOW = Date.parse("2026-11-29T12:00:00Z") / 1000;
export const TODAY = "2026-11-29";
const DAY = 86_400;

/** Seconds of a time so many days ago. */
export function daysAgo(days: number): number {
  return NOW - days * DAY;
}

/** The sections beside those of the smallest stack. */
export function sections(): Record<string, unknown> {
  const image = `registry.example.org/api@sha256:${"c".repeat(64)}`;
  const health = { command: ["/bin/true"] };
  return {
    hosts: [
      { kind: "existing", name: "web", address: "203.0.113.10", hostKey: ed25519(1) },
      { kind: "existing", name: "store", role: "vault", address: "203.0.113.11", hostKey: ed25519(9) },
    ],
    backup: { offsite: "store" },
    alerts: { webhook: "https://alerts.example.org/hook" },
    registries: [{ host: "registry.example.org", username: "puller", password: "puller-token" }],
    secrets: { "mail-key": "a", "puller-token": "b", "version-key": "made-up-at-random-0123456789-abcdef" },
    services: [
      { kind: "postgres", name: "db", image: `sha256:${"a".repeat(64)}`, epoch: 2 },
      { kind: "redis", name: "cache", image: `sha256:${"b".repeat(64)}` },
      {
        ...{ kind: "container", name: "portal", formerly: ["api"], image, user: "10001:10001", health, uses: ["db", "cache"] },
        secrets: [{ name: "session-key" }, { name: "files-key", epoch: 3, escrow: true }, { name: "mail", from: "mail-key" }],
      },
      {
        kind: "container",
        name: "worker",
        image,
        user: "10002:10002",
        health,
        uses: ["db"],
        secrets: [{ name: "mail", from: "mail-key" }],
      },
    ],
  };
}

/** The stack. */
export function stackWithSecrets(): StackConfig {
  return parseConfig({ ...smallest(), ...sections() });
}
