import type { SiteConfig } from "../../config/schema";
import type { StackModel } from "../../containers/model";

/** One site's certificate. */
export interface SiteCertificate {
  readonly site: string;
  /** The site's name and its aliases. */
  readonly names: readonly string[];
  readonly key: "ecdsa-p384" | "rsa-4096";
  readonly days: number;
  readonly renewBeforeDays: number;
}

/** The certificates of a host, made and renewed on it. */
export interface CertificatesSettings {
  readonly sites: readonly SiteCertificate[];
}

/** Directory of keys and certificates on the host, readable by root alone: a directory for each site, by its name. */
export const TLS_DIRECTORY = "/etc/phiward/tls";

/** Path of a site's certificate. */
export function certificatePath(site: string): string {
  return `${TLS_DIRECTORY}/${site}/certificate.pem`;
}

/** Path of a site's private key. */
export function keyPath(site: string): string {
  return `${TLS_DIRECTORY}/${site}/key.pem`;
}

export function certificatesSettings({ config }: StackModel): CertificatesSettings {
  return { sites: config.sites.flatMap(siteCertificate) };
}

function siteCertificate({ name, aliases, certificate }: SiteConfig): readonly SiteCertificate[] {
  if (certificate.kind !== "selfSigned") return [];
  const { key, days, renewBeforeDays } = certificate;
  return [{ site: name, names: [name, ...aliases], key, days, renewBeforeDays }];
}
