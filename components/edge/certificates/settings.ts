import { endsWithAuthority } from "../../config/certificateChain";
import { ACME_DIRECTORY } from "../../config/names";
import { withLineEnd } from "../../config/pem";
import type { HostConfig, SiteConfig, StackConfig } from "../../config/schema";
import { UNOPENED } from "../../config/sections/secrets";
import type { StackModel } from "../../containers/model";
import type { AbsolutePath } from "../../plan/files";
import { type AcmeSettings, type AuthoritySettings, authoritySettings, tokenPath, WEBROOT } from "./acme";

/** A certificate that its owner brings, as the host has it. */
export interface ProvidedSettings {
  /** Paths of its chain and its key. */
  readonly certificate: AbsolutePath;
  readonly key: AbsolutePath;
  /** Whether the chain ends with the owner's own authority. */
  readonly private: boolean;
}

/** A file of a certificate that its owner brings. */
export interface Chain {
  readonly path: AbsolutePath;
  readonly text: string;
}

/** A file that is a secret of the stack. */
export interface SecretFile {
  readonly path: AbsolutePath;
  /** Its name in `phiward:secrets`, and which value of it. */
  readonly secret: string;
  readonly version: string;
}

/** One site's certificate. */
export interface SiteCertificate {
  readonly site: string;
  /** The site's name and its aliases. */
  readonly names: readonly string[];
  readonly key: "ecdsa-p384" | "rsa-4096";
  /** Of the host's own certificate, which stands in for another one until that is there. */
  readonly days: number;
  readonly renewBeforeDays: number;
  readonly authority?: AuthoritySettings;
  readonly provided?: ProvidedSettings;
}

/** The certificates of a host. */
export interface CertificatesSettings {
  readonly sites: readonly SiteCertificate[];
  /** What the host keeps of authorities; left out where no site has one. */
  readonly acme?: AcmeSettings;
  /** What owners bring: chains, and the secrets that are keys and tokens. */
  readonly chains: readonly Chain[];
  readonly secrets: readonly SecretFile[];
}

/** Directory of keys and certificates on the host, readable by root alone: a directory for each site, by its name. */
export const TLS_DIRECTORY = "/etc/phiward/tls";

/** Directory of certificates that owners bring, with their keys. */
export const PROVIDED_DIRECTORY = "/etc/phiward/provided";

// As of a certificate that is declared to be the host's own.
const STAND_IN = { days: 90, renewBeforeDays: 30 } as const;

/** Path of a site's certificate. */
export function certificatePath(site: string): string {
  return `${TLS_DIRECTORY}/${site}/certificate.pem`;
}

/** Path of a site's private key. */
export function keyPath(site: string): string {
  return `${TLS_DIRECTORY}/${site}/key.pem`;
}

export function certificatesSettings({ config }: StackModel, host?: HostConfig): CertificatesSettings {
  const sites = config.sites.map(siteCertificate);
  const brought = { chains: config.sites.flatMap(chains), secrets: secretFiles(config) };
  if (sites.every(({ authority }) => authority === undefined)) return { sites, ...brought };
  // Such a host takes another's place, and comes to that one's account by the restore of its backup.
  const awaitsRestore = config.backup !== undefined && (host?.formerHostKeys ?? []).length > 0;
  return { sites, ...brought, acme: { directory: ACME_DIRECTORY, webroot: WEBROOT, awaitsRestore } };
}

function siteCertificate({ name, aliases, certificate }: SiteConfig): SiteCertificate {
  const names = [name, ...aliases];
  switch (certificate.kind) {
    case "selfSigned": {
      const { key, days, renewBeforeDays } = certificate;
      return { site: name, names, key, days, renewBeforeDays };
    }
    case "acme":
      return { site: name, names, key: certificate.key, ...STAND_IN, authority: authoritySettings(certificate) };
    case "provided": {
      const provided = { certificate: chainPath(name), key: broughtKeyPath(name), private: endsWithAuthority(certificate.chain) };
      return { site: name, names, key: "ecdsa-p384", ...STAND_IN, provided };
    }
  }
}

function chainPath(site: string): AbsolutePath {
  return `${PROVIDED_DIRECTORY}/${site}.crt`;
}

function broughtKeyPath(site: string): AbsolutePath {
  return `${PROVIDED_DIRECTORY}/${site}.key`;
}

function chains({ name, certificate }: SiteConfig): readonly Chain[] {
  return certificate.kind === "provided" ? [{ path: chainPath(name), text: withLineEnd(certificate.chain) }] : [];
}

function secretFiles({ sites, secrets }: StackConfig): readonly SecretFile[] {
  const files = sites.flatMap(({ name, certificate }) => {
    if (certificate.kind === "provided") return [{ path: broughtKeyPath(name), secret: certificate.key }];
    if (certificate.kind === "acme" && certificate.token !== undefined)
      return [{ path: tokenPath(certificate.token), secret: certificate.token }];
    return [];
  });
  // Several sites may have one token.
  const single = [...new Map(files.map((file) => [file.path, file])).values()];
  return single.map((file) => ({ ...file, version: secrets.find(({ name }) => name === file.secret)?.version ?? UNOPENED }));
}
