import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { type CertificatesSettings, certificatePath, keyPath, type SiteCertificate } from "./settings";

const DAY = 86_400;
// The timer runs daily, up to an hour late: a certificate that is two days overdue was not renewed.
const GRACE_DAYS = 2;

export function certificatesChecks(
  settings: CertificatesSettings,
  command: (...words: readonly string[]) => readonly string[],
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
      // Whoever deploys cannot put right what an authority refuses.
      ...(settings.acme === undefined ? {} : { onlyWarns: true }),
    },
    { id: "certificates-as-declared", control: "CRT-03", argv: command("check"), expect: { kind: "exit", code: 0 } },
    ...settings.sites.flatMap((site) => siteChecks(site, command)),
  ];
}

const OWN_KEYS = { "ecdsa-p384": "^ASN1 OID: secp384r1$", "rsa-4096": "^Public-Key: \\(4096 bit\\)$" } as const;
// Of a key that its owner brings: what authorities issue certificates for.
const STRONG_KEYS = "^ASN1 OID: (?:prime256v1|secp384r1|secp521r1)$|^Public-Key: \\((?:2048|3072|4096|8192) bit\\)$";

function siteChecks(certificate: SiteCertificate, command: (...words: readonly string[]) => readonly string[]): readonly Check[] {
  const { site, names, key, renewBeforeDays, authority, provided } = certificate;
  const isBrought = authority !== undefined || provided !== undefined;
  const read = ["openssl", "x509", "-noout", "-in", certificatePath(site)];
  const asked = {
    argv: [...read, "-checkend", `${Math.max(0, renewBeforeDays - GRACE_DAYS) * DAY}`],
    expect: { kind: "exit", code: 0 },
  } as const;
  return [
    { id: `certificate-${site}-renewed-in-time`, control: "CRT-05", ...(isBrought ? told(command("in-time", site)) : asked) },
    ...(isBrought ? [{ id: `certificate-${site}-trusted`, control: "CRT-02", ...told(command("trusted", site)) } as const] : []),
    {
      id: `certificate-${site}-key-kind`,
      control: "CRT-03",
      argv: ["openssl", "pkey", "-in", keyPath(site), "-noout", "-text_pub"],
      expect: { kind: "matches", pattern: provided === undefined ? OWN_KEYS[key] : STRONG_KEYS },
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
        argv: [...read, "-checkhost", name],
        expect: { kind: "matches", pattern: "does match certificate$" },
        // A further name is in the next certificate that the authority issues.
        ...(authority !== undefined && name !== site ? { onlyWarns: true } : {}),
      }),
    ),
  ];
}

// Others decide it: an authority, or whoever brings the certificate.
function told(argv: readonly string[]): Pick<Check, "argv" | "expect" | "onlyWarns"> {
  return { argv, expect: { kind: "exit", code: 0 }, onlyWarns: true };
}
