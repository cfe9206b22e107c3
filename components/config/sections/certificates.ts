/** The certificates of a site: the host's own, an authority's, or one that its owner brings. */
import { z } from "zod";
import { demandedBy } from "../demanded";
import { choice, isServer, mailAddress, name, text, whole } from "./values";

const KEYS = ["ecdsa-p384", "rsa-4096"] as const;

const selfSigned = z.strictObject({
  kind: z
    .literal("selfSigned")
    .meta({ allowed: "selfSigned" })
    .describe("Created and renewed on the host. Clients must be configured to trust it."),
  key: choice(KEYS).default("ecdsa-p384").describe("Kind of key. ECDSA P-384: as strong as the ciphers, and fast."),
  days: whole(10, 397).default(90).describe("Days a certificate is valid. 90, so that renewal is a habit."),
  renewBeforeDays: whole(3, 200).default(30).describe("Days before it expires at which it is renewed. 30: time to notice that it was not."),
});

const ADDRESS = "an address such as https://acme.example.org/directory, of letters, digits and / . : _ ~ -, without a part that is . or ..";

function isDirectory(value: string): boolean {
  const [, server = "", port = "443", path = ""] =
    /^https:\/\/([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(\/[A-Za-z0-9/._~-]{1,200})$/.exec(value) ?? [];
  // certbot keeps the account in a directory by this path.
  const isPlain = !path.split("/").some((part) => part === "." || part === "..");
  return server !== "" && isServer(server) && Number(port) > 0 && Number(port) < 65_536 && isPlain;
}

/** Certificates as text, one behind the other. */
export const PEM = /^(-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,76}\n){1,100}-----END CERTIFICATE-----\n*){1,10}$/;

/** What that is. */
export const PEM_RULE = "1 to 10 certificates as PEM, each with its lines, and nothing else";

const acme = z.strictObject({
  kind: z
    .literal("acme")
    .meta({ allowed: "acme" })
    .describe("Issued by a certificate authority over ACME (RFC 8555), with certbot; whoever sets it agrees to the authority's terms."),
  email: mailAddress.describe(
    "Where the authority sends notices; the same for all sites at one directory, since a host has one account there.",
  ),
  challenge: choice(["http-01", "dns-01"])
    .default("http-01")
    .describe(
      "How the authority sees that the names are ours. http-01: nginx answers it at port 80. dns-01: a record in a zone at DigitalOcean.",
    ),
  token: name.optional().describe("Name in `phiward:secrets` of a DigitalOcean token that may edit domains; for dns-01, and only there."),
  directory: text(`production, staging, or ${ADDRESS}`, (value) => ["production", "staging"].includes(value) || isDirectory(value))
    .default("production")
    .describe(
      `The authority. production: Let's Encrypt, which clients trust, and where each order is tried at its staging directory first.${demandedBy("certificates-not-staging", "all but staging")}`,
    ),
  rehearsal: text(ADDRESS, isDirectory)
    .optional()
    .describe("Directory at which an order is tried first, of an authority of your own; Let's Encrypt has its staging directory for that."),
  ca: text(PEM_RULE, PEM)
    .optional()
    .describe("Certificate by which the directory of an authority of your own is trusted, as PEM. Default: those of the system."),
  key: choice(KEYS)
    .default("ecdsa-p384")
    .describe("Kind of key; a new one for each certificate. ECDSA P-384: as strong as the ciphers, and fast."),
});

const provided = z.strictObject({
  kind: z
    .literal("provided")
    .meta({ allowed: "provided" })
    .describe("Brought by its owner, who renews it too: by another `chain` and `key`."),
  chain: text(PEM_RULE, PEM).describe("The certificate, then those that it was issued by, as PEM. The last may be your own authority's."),
  key: name.describe("Name in `phiward:secrets` of its private key, as PEM (PKCS #8)."),
});

/** The key `certificate` of a site. */
export const certificate = z
  .discriminatedUnion("kind", [selfSigned, acme, provided])
  .meta({ allowed: "selfSigned, acme or provided" })
  .describe("Origin of its certificate.");
