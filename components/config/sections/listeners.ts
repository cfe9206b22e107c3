/** The listeners of a stack: TCP ports with TLS, for protocols other than HTTP. */
import { z } from "zod";
import { DEMANDED_LENGTH, demandedBy } from "../demanded";
import { networkFault } from "../network";
import { AUTHORITY_RULE, authorityFault, isRevocationList, REVOCATIONS_RULE, withLineEnd } from "../pem";
import { checkedText, choice, domain, list, name, text, whole } from "./values";

const network = checkedText("a network with its length, such as 198.51.100.0/24 or 2001:db8:5::/64", networkFault).describe(
  `In prefix notation, as in adminNetworks.${demandedBy("listener-networks-narrow", `/${String(DEMANDED_LENGTH.ipv4)} (IPv4) and /${String(DEMANDED_LENGTH.ipv6)} (IPv6) at the widest`)}`,
);

const clientCertificates = z
  .strictObject({
    authorities: list(
      "a list of at least one certificate of an authority, as PEM text",
      checkedText(AUTHORITY_RULE, authorityFault)
        .overwrite(withLineEnd)
        .describe("Certificate of an authority, as PEM text; two while one takes the place of the other."),
      1,
    ).describe("Authorities whose certificates are accepted. One of your own: all that it ever issues is accepted."),
    depth: whole(1, 5)
      .default(1)
      .describe("Certificates between a client's and an authority's, and one. 1: the authority itself issues them."),
    revocations: list(
      "a list of lists of revoked certificates, as PEM text",
      text(REVOCATIONS_RULE, isRevocationList).overwrite(withLineEnd).describe("A list of revoked certificates (CRL), as PEM text."),
    )
      .default([])
      .describe(
        "Lists of revoked certificates, one of each authority. Once one is past its next update, nobody is accepted until a newer one is deployed; `npx phiward verify` reports it. None: a certificate is accepted until it expires.",
      ),
  })
  .optional()
  .describe("Clients must show a certificate of one of these authorities (164.312(d)). None: whoever is in the networks may connect.");

const listener = z.strictObject({
  name: name.describe("Name of the listener; its log lines have it."),
  port: whole(1, 32_767).describe(
    `Port that it listens on, e.g. 2762 (DICOM over TLS) or 2575 (HL7 MLLP); below those that the kernel gives to outgoing connections.${demandedBy("listener-networks-narrow", "none of databases and administration")}`,
  ),
  networks: list("a list of at least one network: it is never open to the world", network, 1).describe(
    "Networks that may connect, and nobody else: by the firewall, and by the web server once more.",
  ),
  site: domain.describe("Name of the site whose certificate it shows; clients trust it as those of the site do."),
  service: name.describe("The service that answers."),
  servicePort: name.optional().describe("Name of the service's port, of its `ports`. Default: its `port`."),
  minimumTls: choice(["TLSv1.3", "TLSv1.2"])
    .default("TLSv1.3")
    .describe(
      `Oldest version of TLS that is spoken. TLSv1.2 is for devices that know no other, with forward secrecy and authenticated ciphers alone (RFC 9325, DICOM PS3.15 B.12).${demandedBy("listener-tls13-only", "TLSv1.3")}`,
    ),
  clientCertificates,
  connections: whole(1, 1000)
    .default(10)
    .describe("Connections that one address may have open. 10: a device opens a few, for images in parallel."),
  idleSeconds: whole(10, 86_400)
    .default(600)
    .describe(
      "Seconds without a byte in either direction after which a connection is closed. 600: associations of devices outlast a long examination's pauses.",
    ),
});

/** The key `listeners`. */
export const listeners = list("a list of listeners", listener)
  .default([])
  .describe(
    "TCP ports with TLS that lead to a service, on each host of the role application, for what is not HTTP: medical devices speak DICOM and HL7 MLLP. For named networks only. None, as fits most.",
  );
