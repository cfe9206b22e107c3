/** Certificates of an authority: where it is, what the host keeps of it, and how it asks for them. */
import type { SiteConfig } from "../../config/schema";
import type { AbsolutePath } from "../../plan/files";

/** An ACME directory, and how the host shows it that the names are its own. */
export interface AuthoritySettings {
  readonly email: string;
  readonly challenge: "http-01" | "dns-01";
  /** Address of the directory. */
  readonly directory: string;
  /** Address of the directory at which an order is tried first. */
  readonly rehearsal: string | null;
  /** By what the directory itself is trusted, as PEM; null: by what the system trusts. */
  readonly ca: string | null;
  /** Path of the DigitalOcean token. */
  readonly token: AbsolutePath | null;
}

/** What a host keeps of authorities. */
export interface AcmeSettings {
  /** ACME_DIRECTORY. */
  readonly directory: string;
  /** nginx answers challenges from here. */
  readonly webroot: string;
  /** Whether the host takes another's place, whose backup holds the account. */
  readonly awaitsRestore: boolean;
}

/** Readable by the web server, and written by certbot alone. */
export const WEBROOT = "/var/lib/phiward-acme";

/** The path at which authorities ask (RFC 8555 section 8.3). */
export const CHALLENGE_PATH = "/.well-known/acme-challenge/";

// https://letsencrypt.org/docs/acme-protocol-updates/ and https://letsencrypt.org/docs/staging-environment/
const LETS_ENCRYPT = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

/** Directory of the tokens by which records are added for dns-01. */
export const TOKENS_DIRECTORY = "/etc/phiward/acme-tokens";

/** Path of a token, by the name of the secret. */
export function tokenPath(secret: string): AbsolutePath {
  return `${TOKENS_DIRECTORY}/${secret}`;
}

/** A certificate of kind acme as the host gets it. */
export function authoritySettings(certificate: Extract<SiteConfig["certificate"], { kind: "acme" }>): AuthoritySettings {
  const { email, challenge, token, ca = null, rehearsal = null, directory } = certificate;
  const common = { email, challenge, token: token === undefined ? null : tokenPath(token) };
  switch (directory) {
    case "production":
      return { ...common, directory: LETS_ENCRYPT.production, rehearsal: LETS_ENCRYPT.staging, ca };
    case "staging":
      return { ...common, directory: LETS_ENCRYPT.staging, rehearsal: null, ca };
    default:
      return { ...common, directory, rehearsal, ca };
  }
}

/** Whether nginx answers challenges under a site's names. */
export function answersChallenges({ certificate }: Pick<SiteConfig, "certificate">): boolean {
  return certificate.kind === "acme" && certificate.challenge === "http-01";
}
