/** Rules about listeners and further ports: the smallest change to an allowed configuration, and every sentence it earns. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { DEVICE, DEVICE_AUTHORITY, DEVICE_REVOCATIONS, OTHER_AUTHORITY } from "../deviceAuthority";
import { changed, faultsOf, GONE } from "../examples";
import { listened } from "../siteExamples";

const L = "listeners.0";
const CERTIFICATE = "one certificate as PEM text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing besides";
const { privateKey } = generateKeyPairSync("ed25519", {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  [
    "no network",
    { [`${L}.networks`]: [] },
    `${L}.networks: found an empty list, allowed: a list of at least one network: it is never open to the world`,
  ],
  [
    "a network twice",
    { [`${L}.networks.1`]: "10.20.7.0/24" },
    `${L}.networks.1: found "10.20.7.0/24", allowed: must be unique; already used by ${L}.networks.0`,
  ],
  [
    "the whole Internet",
    { [`${L}.networks.0`]: "0.0.0.0/0" },
    `${L}.networks.0: found "0.0.0.0/0", allowed: a network of your own, no larger than /8; never the whole Internet or a large part of it`,
  ],
  [
    "networks of containers",
    { [`${L}.networks.0`]: "172.30.5.0/24", docker: { addressPool: "172.30.0.0/16" } },
    `${L}.networks.0: found "172.30.5.0/24", allowed: an address or network apart from docker.addressPool, which is 172.30.0.0/16: hosts would look for it among their containers; choose another docker.addressPool`,
  ],
  [
    "a port of a database",
    { [`${L}.port`]: 5432 },
    `${L}.port: found 5432, allowed: a port other than 22, 80, 443, 5432, 6379, 6380: SSH, sites and databases have these`,
  ],
  [
    "a port by which services are reached",
    { [`${L}.port`]: 20_001 },
    `${L}.port: found 20001, allowed: a port outside 20000 to 29999, by which the web server reaches services`,
  ],
  ["a port that the kernel gives to others", { [`${L}.port`]: 40_000 }, `${L}.port: found 40000, allowed: a whole number from 1 to 32767`],
  [
    "a port that is public",
    { "publicPorts.2": { port: 2762, purpose: "x" } },
    `${L}.port: found 2762, allowed: a port that is not in publicPorts: it would be open to the world`,
  ],
  [
    "no such site",
    { [`${L}.site`]: "www2.example.org" },
    `${L}.site: found text of 16 characters, allowed: the name of a site, whose certificate it shows`,
  ],
  [
    "no such service",
    { [`${L}.service`]: "pacs" },
    `${L}.service: found text of 4 characters, allowed: the name of a service of kind container with a port, or with ports`,
  ],
  [
    "no such port of the service",
    { [`${L}.servicePort`]: "hl7" },
    `${L}.servicePort: found text of 3 characters, allowed: the name of one of the service's ports`,
  ],
  [
    "no port of the service",
    {
      "services.0.port": GONE,
      [`${L}.servicePort`]: GONE,
      [`${L}.site`]: "api.example.org",
      sites: [{ name: "api.example.org", certificate: { kind: "selfSigned" }, routes: [{ path: "/", service: "docs" }] }],
    },
    `${L}.servicePort: found nothing, allowed: the name of one of the service's ports: it has no \`port\``,
  ],
  [
    "a certificate of a device",
    { [`${L}.clientCertificates.authorities.0`]: DEVICE },
    `allowed: the certificate of an authority (basic constraints CA:TRUE); a client's own certificate proves nothing of others`,
  ],
  ["a private key", { [`${L}.clientCertificates.authorities.0`]: privateKey }, `allowed: ${CERTIFICATE}`],
  [
    "a certificate that is cut off",
    { [`${L}.clientCertificates.authorities.0`]: DEVICE_AUTHORITY.replace(/\n.{64}\n/, "\n") },
    `allowed: ${CERTIFICATE}`,
  ],
  [
    "an authority without its list",
    {
      [`${L}.clientCertificates.authorities.1`]: OTHER_AUTHORITY,
      [`${L}.clientCertificates.revocations`]: [DEVICE_REVOCATIONS],
    },
    `${L}.clientCertificates.revocations: found a list of 1, allowed: a list of each of the 2 authorities, or of none: clients of an authority without one would be refused`,
  ],
  [
    "a port of a service twice",
    { "services.0.ports.1": { name: "dicom", port: 104 } },
    "services.0.ports.1.name: found text of 5 characters, allowed: must be unique; already used by services.0.ports.0.name",
  ],
  [
    "a port that is its first",
    { "services.0.ports.0.port": 8080 },
    "services.0.ports.0.port: found 8080, allowed: must be unique among port and ports; already used by services.0.port",
  ],
  [
    "too few processors",
    { "services.0.cpus": 0.05 },
    "services.0.cpus: found 0.05, allowed: a number from 0.1 to 128 with two digits behind the point at most",
  ],
  [
    "a fraction that Docker would round",
    { "services.0.cpus": 0.333 },
    "services.0.cpus: found 0.333, allowed: a number from 0.1 to 128 with two digits behind the point at most",
  ],
];

describe("a listener", () => {
  it("is allowed, with all its keys and with what it must have", () => {
    const [first, second] = parseConfig(listened()).listeners;
    expect(first?.clientCertificates).toEqual({ authorities: [DEVICE_AUTHORITY], depth: 2, revocations: [DEVICE_REVOCATIONS] });
    expect(second).toEqual({
      ...{ name: "hl7", port: 2575, networks: ["10.20.7.0/24"], site: "api.example.org", service: "docs" },
      ...{ minimumTls: "TLSv1.3", connections: 10, idleSeconds: 600 },
    });
  });

  it.each(FAULTY)("is refused for %s", (_, changes, fault) => {
    expect(faultsOf(changed(listened(), changes))).toEqual([expect.stringContaining(fault)]);
  });
});
