/** Stacks of any size, to see how the gate grows with them. */
import { keyLine, smallest } from "../unit/components/examples";

/** How large a stack is; the vault is one more host. */
export interface Size {
  readonly hosts: number;
  readonly services: number;
  readonly sites: number;
}

// Each service has numbers of its own, as those that follow from names may meet.
const FIRST_USER = 10_000;

/** The configuration of a stack with off-site backups, of whose services every fourth is a database that the next three use. */
export function largeStack({ hosts, services, sites }: Size): Record<string, unknown> {
  const applications = Array.from({ length: services }, (_, index) => index).filter((index) => !isDatabase(index));
  const names = applications.map((index) => `service-${String(index)}`);
  return {
    ...smallest(),
    hosts: [
      ...Array.from({ length: hosts }, (_, index) => ({
        kind: "existing",
        name: `web-${String(index)}`,
        address: `web-${String(index)}.example.org`,
        hostKey: numberedKey(index),
      })),
      { kind: "existing", name: "store", role: "vault", address: "192.0.2.9", hostKey: numberedKey(hosts) },
    ],
    publicPorts: [
      { port: 80, purpose: "redirects to HTTPS" },
      { port: 443, purpose: "HTTPS" },
    ],
    services: Array.from({ length: services }, (_, index) => service(index)),
    sites: Array.from({ length: sites }, (_, index) => ({
      name: `site-${String(index)}.example.org`,
      certificate: { kind: "selfSigned" },
      routes: [{ path: "/", service: `service-${String(applications[index % applications.length])}` }],
    })),
    retention: { kept: names.map((database) => ({ database, reason: "ended by the service itself" })) },
    phi: { databases: names.map((name) => ({ service: name })) },
    subjects: { places: names.map((database) => ({ database, table: "visits", column: "patient" })) },
    backup: { offsite: "store", restores: { people: 1, reason: "one person looks after this stack" } },
    alerts: { webhook: "https://alerts.example.org/" },
    incidents: { contacts: [{ name: "Anna Adams", roles: ["technical", "security", "privacy", "legal"], phone: "+49 30 5550101" }] },
    monitoring: { heartbeat: { url: "https://beat.example.net/ping" }, escalation: { webhook: "https://alerts.example.org/second" } },
  };
}

function isDatabase(index: number): boolean {
  return index % 4 === 0;
}

function service(index: number): object {
  const name = `service-${String(index)}`;
  const user = `${String(FIRST_USER + index)}:${String(FIRST_USER + index)}`;
  if (isDatabase(index)) return { kind: "postgres", name, user, image: `sha256:${"a".repeat(64)}` };
  return {
    kind: "container",
    name,
    user,
    image: `sha256:${"b".repeat(64)}`,
    port: 8080,
    health: { command: ["/app/health"] },
    uses: [`service-${String(index - (index % 4))}`],
    secrets: [{ name: "session-key" }],
    volumes: [{ name: "files", path: "/data" }],
  };
}

function numberedKey(number: number): string {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number + 1);
  return keyLine("ssh-ed25519", bytes);
}
