/** Rules of certificates that others issue: the smallest change to an allowed configuration, and every sentence it earns. */
import { describe, expect, it } from "vitest";
import { changed, ed25519, faultsOf, smallest } from "../examples";
import { brought, OWNERS_AUTHORITY, OWNERS_CERTIFICATE } from "../siteExamples";

const base = (): Record<string, unknown> => ({ ...smallest(), ...brought() });
const certificate = (index: number, key: string): string => `sites.${String(index)}.certificate.${key}`;
const SECOND = { kind: "existing", name: "web2", address: "203.0.113.11", hostKey: ed25519(9) };
const DROPLET = {
  ...{ kind: "droplet", name: "cloud", region: "fra1", size: "s-2vcpu-4gb", firstHostKey: ed25519(3) },
  alerts: { emails: ["ops@example.org"], uptimePath: "/help" },
};

const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly RegExp[]])[] = [
  ["a kind that there is not", { [certificate(1, "kind")]: "bought" }, [/^sites\.1\.certificate.*allowed: selfSigned, acme or provided$/]],
  ["dns-01 without a token", { [certificate(1, "challenge")]: "dns-01" }, [/^sites\.1\.certificate\.token: .*dns-01 needs it$/]],
  ["a token without dns-01", { [certificate(1, "token")]: "dns-token" }, [/^sites\.1\.certificate\.token: .*only dns-01 uses it$/]],
  [
    "a rehearsal and an authority's own certificate where Let's Encrypt has both",
    { [certificate(1, "rehearsal")]: "https://trial.example.org/d", [certificate(1, "ca")]: OWNERS_AUTHORITY },
    [/^sites\.1\.certificate\.rehearsal: .*allowed: nothing/, /^sites\.1\.certificate\.ca: .*allowed: nothing/],
  ],
  ["a directory without HTTPS", { [certificate(3, "directory")]: "http://acme.example.org/d" }, [/^sites\.3\.certificate\.directory: /]],
  ["a directory on this machine", { [certificate(3, "directory")]: "https://localhost/d" }, [/^sites\.3\.certificate\.directory: /]],
  [
    "directories that lead out of the place of their account",
    { [certificate(3, "directory")]: "https://acme.example.org/../../../srv/data", [certificate(3, "rehearsal")]: "https://a.org/x/.." },
    [/^sites\.3\.certificate\.directory: .*without a part that is \. or \.\.$/, /^sites\.3\.certificate\.rehearsal: .*without a part/],
  ],
  [
    "a directory with a password",
    { [certificate(3, "directory")]: "https://a:b@acme.example.org/d" },
    [/^sites\.3\.certificate\.directory: /],
  ],
  [
    "another email address at the same directory",
    { [certificate(2, "email")]: "else@example.org" },
    [/^sites\.2\.certificate\.email: .*one account there$/],
  ],
  [
    "http-01 on two hosts, of which it asks one",
    { "hosts.1": SECOND },
    [/^sites\.1\.certificate\.challenge: .*allowed: dns-01: /, /^sites\.3\.certificate\.challenge: .*allowed: dns-01: /],
  ],
  [
    "a zone whose records forbid the authority",
    { "hosts.0": { ...DROPLET, dns: { zone: "example.org" } } },
    [/^hosts\.0\.dns\.issuers: .*letsencrypt\.org/],
  ],
  [
    "a brought certificate that lacks an alias",
    { "sites.0.aliases.1": "more.example.org" },
    [/^sites\.0\.certificate\.chain: .*it lacks 1 of them$/],
  ],
  [
    "a chain in the wrong order",
    { [certificate(0, "chain")]: `${OWNERS_AUTHORITY}${OWNERS_CERTIFICATE}` },
    [/^sites\.0\.certificate\.chain: .*it lacks 2 of them$/, /^sites\.0\.certificate\.chain: .*followed by the one that it was issued by$/],
  ],
  [
    "a key that nobody brought",
    { [certificate(0, "key")]: "another-key" },
    [/^sites\.0\.certificate\.key: .*allowed: the name of a secret of this stack/, /^secrets: .*nothing uses site-key/],
  ],
  [
    "a chain that cannot be read",
    { [certificate(0, "chain")]: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
    [/^sites\.0\.certificate\.chain: .*one of these cannot be read$/],
  ],
  [
    "a private key in the chain",
    { [certificate(0, "chain")]: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
    [/^sites\.0\.certificate\.chain: found a private key \(treat it as compromised, and create a new pair\), allowed: 1 to 10/],
  ],
];

describe("rules of certificates", () => {
  it("allow the example", () => {
    expect(faultsOf(base())).toEqual([]);
  });

  it.for(FAULTY)("refuse %s", ([, changes, sentences]) => {
    const found = faultsOf(changed(base(), changes));
    expect(found, found.join("\n")).toHaveLength(sentences.length);
    for (const [index, sentence] of sentences.entries()) expect(found[index]).toMatch(sentence);
  });

  it("allow dns-01 on several hosts, and a zone that names the authority", () => {
    const dns = { [certificate(1, "challenge")]: "dns-01", [certificate(1, "token")]: "dns-token" };
    const both = { ...dns, [certificate(3, "challenge")]: "dns-01", [certificate(3, "token")]: "dns-token" };
    expect(faultsOf(changed(base(), { "hosts.1": SECOND, ...both }))).toEqual([]);
    const named = { ...DROPLET, dns: { zone: "example.org", issuers: ["letsencrypt.org"] } };
    expect(faultsOf(changed(base(), { "hosts.0": named }))).toEqual([]);
  });
});
