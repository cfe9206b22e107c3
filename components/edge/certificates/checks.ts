import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { type CertificatesSettings, certificatePath, keyPath, type SiteCertificate } from "./settings";

const DAY = 86_400;
// The timer runs daily, up to an hour late: a certificate that is two days overdue was not renewed.
const GRACE_DAYS = 2;

export function certificatesChecks(
  settings: CertificatesSettings,
  judge: readonly string[],
  units: { readonly service: string; readonly timer: string },
): readonly Check[] {
  const ask = { control: "CRT-01" } as const;
  return [
    isActive(units.timer, { ...ask, id: "certificates-timer-active" }),
    isEnabled(units.timer, { ...ask, id: "certificates-timer-starts-at-boot" }),
    {
      ...ask,
      id: "certificates-last-renewal-succeeded",
      argv: ["systemctl", "show", units.service, "--property=Result", "--value"],
      expect: { kind: "equals", text: "success" },
    },
    { id: "certificates-as-declared", control: "CRT-03", argv: judge, expect: { kind: "exit", code: 0 } },
    ...settings.sites.flatMap(siteChecks),
  ];
}

function siteChecks({ site, names, key, renewBeforeDays }: SiteCertificate): readonly Check[] {
  const certificate = ["openssl", "x509", "-noout", "-in", certificatePath(site)];
  const kind = { "ecdsa-p384": "^ASN1 OID: secp384r1$", "rsa-4096": "^Public-Key: \\(4096 bit\\)$" };
  return [
    {
      id: `certificate-${site}-renewed-in-time`,
      control: "CRT-05",
      argv: [...certificate, "-checkend", `${Math.max(0, renewBeforeDays - GRACE_DAYS) * DAY}`],
      expect: { kind: "exit", code: 0 },
    },
    {
      id: `certificate-${site}-key-kind`,
      control: "CRT-03",
      argv: ["openssl", "pkey", "-in", keyPath(site), "-noout", "-text_pub"],
      expect: { kind: "matches", pattern: kind[key] },
    },
    {
      id: `certificate-${site}-key-owner-only`,
      control: "CRT-03",
      argv: ["stat", "--dereference", "--format=%U:%G %a", keyPath(site)],
      expect: { kind: "equals", text: "root:root 600" },
    },
    ...names.map(
      (name): Check => ({
        id: `certificate-${site}-names-${name}`,
        control: "CRT-01",
        argv: [...certificate, "-checkhost", name],
        expect: { kind: "matches", pattern: "does match certificate$" },
      }),
    ),
  ];
}
