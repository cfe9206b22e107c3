/** A configuration with sites, for the concerns that serve them. */

import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { DEVICE_AUTHORITY, DEVICE_REVOCATIONS } from "./deviceAuthority";
import { changed, complete, smallest } from "./examples";

const SERVICE = {
  kind: "container",
  image: `sha256:${"a".repeat(64)}`,
  health: { command: ["/app/health"] },
};

/** Two sites: one with every key set, and to none of its defaults, and one with none but what it must have. */
export function sited(): Record<string, unknown> {
  return {
    publicPorts: [
      { port: 80, purpose: "HTTP" },
      { port: 443, purpose: "HTTPS" },
    ],
    services: [
      { ...SERVICE, name: "api", port: 8080 },
      { ...SERVICE, name: "docs", port: 9090 },
    ],
    // Those of the whole example are of services that are not here.
    jobs: [],
    people: smallest()["people"],
    retention: undefined,
    subjects: undefined,
    sites: [
      {
        name: "api.example.org",
        aliases: ["records.example.org"],
        certificate: { kind: "selfSigned", key: "rsa-4096", days: 60, renewBeforeDays: 20 },
        routes: [
          { path: "/session/login", match: "exact", service: "api", methods: ["POST"], bodyKilobytes: 4 },
          { path: "/notes", service: "api", timeoutSeconds: 90 },
          {
            path: "/scans/",
            service: "api",
            methods: ["PUT"],
            bodyKilobytes: 4_194_304,
            clientTimeoutSeconds: 60,
            allow: ["203.0.113.0/24", "2001:db8::/48"],
          },
          {
            path: "/live",
            service: "api",
            webSocket: true,
            webSocketIdleSeconds: 300,
            webSocketOrigins: ["https://portal.example.org:8443", "none"],
            authentication: "basic",
          },
          {
            path: "/help",
            service: "docs",
            methods: ["GET", "HEAD"],
            data: "public",
            cacheSeconds: 86_400,
            cacheImmutable: true,
            compress: true,
          },
        ],
        login: "/session/login",
        contentSecurityPolicy:
          "default-src 'self'; script-src 'self' 'service-nonce'; img-src 'self' data: blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
        sameSite: "lax",
        readableCookies: ["csrftoken"],
        requestsPerSecond: 50,
        burst: 100,
        connections: 10,
      },
      { name: "www.example.org", certificate: { kind: "selfSigned" }, allow: ["192.0.2.7/32"], routes: [{ path: "/", service: "docs" }] },
    ],
  };
}

/** The configuration that the sites' golden files are rendered from. */
export const SITED: StackConfig = parseConfig(changed(complete(), sited()));

/** A configuration with two listeners: one with every key set, and one with none but what it must have. */
export function listened(): Record<string, unknown> {
  // What is changed is a map, and stays one.
  return changed(
    { ...smallest(), ...sited() },
    {
      "services.0.ports": [{ name: "dicom", port: 11_112 }],
      "services.0.cpus": 1.5,
      listeners: [
        {
          ...{ name: "dicom", port: 2762, networks: ["10.20.7.0/24", "2001:db8:5::/64"], site: "www.example.org" },
          ...{ service: "api", servicePort: "dicom", minimumTls: "TLSv1.2", connections: 4, idleSeconds: 900 },
          clientCertificates: { authorities: [DEVICE_AUTHORITY], depth: 2, revocations: [DEVICE_REVOCATIONS] },
        },
        { name: "hl7", port: 2575, networks: ["10.20.7.0/24"], site: "api.example.org", service: "docs" },
      ],
    },
  ) as Record<string, unknown>;
}

/** A certificate for the names of the first site, which an authority of its owner issued. */
export const OWNERS_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBvzCCAWWgAwIBAgIUfbLyHDFW21cddNgJKoBrrbaHFK8wCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUQW4gb3duZXIncyBhdXRob3JpdHkwIBcNMjYxMTI3MDUzNzE3
WhgPMjEyNjExMDMwNTM3MTdaMBoxGDAWBgNVBAMMD2FwaS5leGFtcGxlLm9yZzBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABOZm2ohgCi5p4JHFBxSWXUL8toU20DU5
ftb37p347RY7v5DtEePhV0lGUvnbIm+y1JVGzUzXADdm7ohXXKk5DrajgYEwfzAv
BgNVHREEKDAmgg9hcGkuZXhhbXBsZS5vcmeCE3JlY29yZHMuZXhhbXBsZS5vcmcw
DAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUHWCizX+za6i+cZeTAFGT7QaFmK8wHwYD
VR0jBBgwFoAUg25IqtId7GntzYbpaTdy4BO9so4wCgYIKoZIzj0EAwIDSAAwRQIg
Bz++7SxKo6oPH/1ExX+F/XvyhXEyPy6RvyU6GWQBoqACIQD/IzYCKRAA48x1SOxk
3W/LM7bnZ/0qB2gqmWk6uGUBrw==
-----END CERTIFICATE-----
`;

/** That authority's own certificate. */
export const OWNERS_AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBpjCCAUugAwIBAgIUKrRQIVI4l8KzWTe5mV0tMqoaSbwwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUQW4gb3duZXIncyBhdXRob3JpdHkwIBcNMjYxMTI3MDUzNzE3
WhgPMjEyNjExMDMwNTM3MTdaMB8xHTAbBgNVBAMMFEFuIG93bmVyJ3MgYXV0aG9y
aXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETLTD2JQucWNiHgP07hCihPRO
wFhUI9DdPR6MKzPt3RRjgq3LrEPcU9vFOeuSY1RsvBD8lowWnHWSaS4Hp4qrFqNj
MGEwHQYDVR0OBBYEFINuSKrSHexp7c2G6Wk3cuATvbKOMB8GA1UdIwQYMBaAFINu
SKrSHexp7c2G6Wk3cuATvbKOMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQD
AgIEMAoGCCqGSM49BAMCA0kAMEYCIQC1AGAorI985/d1iIJuTd5D87QxdTGSkKQs
qKzckJZB+gIhAIw9Fy5Lkiqko+nCcEJKrmdI3oF7qFtVsalovYDskGNB
-----END CERTIFICATE-----
`;

/** Sites with each kind of certificate that others issue. */
export function brought(): Record<string, unknown> {
  const acme = { kind: "acme", email: "ops@example.org" };
  const routes = [{ path: "/", service: "docs" }];
  const [api] = sited()["sites"] as readonly object[];
  return {
    ...sited(),
    secrets: ["dns-token", "site-key"].map((name) => ({ name, version: "0123456789abcdef" })),
    sites: [
      { ...api, certificate: { kind: "provided", chain: `${OWNERS_CERTIFICATE}${OWNERS_AUTHORITY}`, key: "site-key" } },
      { name: "www.example.org", aliases: ["example.org"], certificate: acme, routes },
      { name: "inside.example.org", certificate: { ...acme, challenge: "dns-01", token: "dns-token", key: "rsa-4096" }, routes },
      {
        name: "own.example.org",
        certificate: {
          ...acme,
          directory: "https://acme.example.org:8443/directory",
          rehearsal: "https://trial.example.org/directory",
          ca: OWNERS_AUTHORITY,
        },
        routes,
      },
    ],
  };
}

/** The configuration that golden files of such sites are rendered from. */
export const BROUGHT: StackConfig = parseConfig(changed(complete(), brought()));
