/** A stack with a droplet, and the pair that it starts with. */
import { generateKeyPairSync } from "node:crypto";
import { parseConfig } from "../../../../../components/config/faults";
import type { DropletConfig, StackConfig } from "../../../../../components/config/schema";
import { changed, ed25519, keyLine, smallest } from "../../examples";

/** An OpenSSH key pair, made for one run of the tests (PROTOCOL.key). */
export function keyPair(cipher = "none"): { readonly publicKey: string; readonly privateKey: string } {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [open, secret] = [Buffer.from(jwk.x ?? "", "base64url"), Buffer.from(jwk.d ?? "", "base64url")];
  const publicKey = keyLine("ssh-ed25519", open);
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  const secretPart = Buffer.concat([Buffer.alloc(8), blob, framed(Buffer.concat([secret, open])), framed(Buffer.alloc(0))]);
  const padding = Buffer.from(Array.from({ length: (8 - (secretPart.length % 8)) % 8 }, (_, index) => index + 1));
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    framed(Buffer.from(cipher)),
    framed(Buffer.from(cipher === "none" ? "none" : "bcrypt")),
    framed(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    framed(blob),
    framed(Buffer.concat([secretPart, padding])),
  ]);
  const lines = whole.toString("base64").replaceAll(/.{70}/g, "$&\n");
  return { publicKey, privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n` };
}

/** The pair of the droplet `cloud`. */
export const PAIR = keyPair();

const SITE = {
  certificate: { kind: "selfSigned" },
  routes: [{ path: "/", service: "api" }],
};

/** An existing server `web` and a droplet `cloud` with all that a droplet can have. */
export function raw(): Record<string, unknown> {
  return {
    ...smallest(),
    hosts: [
      ...[smallest()["hosts"]].flat(),
      {
        kind: "droplet",
        name: "cloud",
        region: "fra1",
        size: "s-2vcpu-4gb",
        tags: ["owner:ops"],
        firstHostKey: PAIR.publicKey,
        vpc: { ipRange: "10.20.0.0/24" },
        volume: { gigabytes: 100 },
        dns: { zone: "example.org", create: true, report: "security@example.org" },
        alerts: { emails: ["ops@example.org"] },
        backups: { plan: "weekly" },
      },
    ],
    firstHostKeys: { cloud: PAIR.privateKey },
    publicPorts: [
      { port: 443, purpose: "HTTPS" },
      { port: 80, purpose: "HTTP" },
    ],
    services: [
      {
        kind: "container",
        name: "api",
        image: `sha256:${"3".repeat(64)}`,
        user: "10001:10001",
        port: 8080,
        health: { command: ["/bin/true"] },
      },
    ],
    sites: [
      { ...SITE, name: "api.example.org", aliases: ["example.org"] },
      { ...SITE, name: "api.example.com" },
    ],
  };
}

/** The stack, with other values at some paths. */
export function stack(changes: Readonly<Record<string, unknown>> = {}): StackConfig {
  return parseConfig(changed(raw(), changes));
}

/** The droplet of a stack. */
export function dropletOf(config: StackConfig): DropletConfig {
  const found = config.hosts.find((host) => host.kind === "droplet");
  if (found === undefined) throw new Error("the stack has no droplet");
  return found;
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Changes that make the droplet a vault, as it can be once it is made. */
export const AS_VAULT: Readonly<Record<string, unknown>> = {
  "hosts.1.role": "vault",
  "hosts.1.address": "203.0.113.20",
  "hosts.1.hostKey": ed25519(8),
  backup: { offsite: "cloud" },
  alerts: { webhook: "https://alerts.example.org/" },
};
