/** A copy of the record that goes to an owner's own collector, such as a SIEM. */
import { isIP } from "node:net";
import { z } from "zod";
import { demandedBy } from "../demanded";
import { isUnicast } from "../network";
import { AUTHORITY_RULE, authorityFault, withLineEnd } from "../pem";
import { PEM, PEM_RULE } from "./certificates";
import { checkedText, choice, domain, name, port, text, whole } from "./values";

const ADDRESS_RULE = "the IPv4 or IPv6 address of a machine, and no name, which others could have lead elsewhere";

const clientCertificate = z
  .strictObject({
    chain: text(PEM_RULE, PEM).describe("The certificate, then those that it was issued by, as PEM."),
    key: name.describe("Name in `phiward:secrets` of its private key, as PEM (PKCS #8)."),
  })
  .optional()
  .describe("By which the collector knows who sends. Without it, it takes records from whoever its firewall lets reach it.");

/** The key `audit.collector`. */
export const collector = z
  .strictObject({
    address: text(ADDRESS_RULE, (value) => isIP(value) !== 0 && isUnicast(value)).describe(
      "Where the collector answers. An address, since the sender can reach that one alone, at that port alone.",
    ),
    port: port.default(6514).describe("Its port. 6514, which RFC 5425 gives to syslog over TLS."),
    ca: checkedText(AUTHORITY_RULE, authorityFault)
      .overwrite(withLineEnd)
      .describe("The authority that its certificate has to be issued by, as PEM text; no other one is believed."),
    name: domain.optional().describe("The name that its certificate has to be for. Without it, its address."),
    operator: choice(["own", "businessAssociate"]).describe(
      `Whose the collector is. \`own\`: the covered entity's. \`businessAssociate\`: another's, with whom an agreement is signed (164.308(b)(1)); records have names of people, addresses and commands.${demandedBy("collector-own-or-agreed", "own, and warns of the other")}`,
    ),
    clientCertificate,
    lateMinutes: whole(5, 1440)
      .default(30)
      .describe("Minutes after which an alert is due where the newest record is not at the collector. 30: a restart of it is shorter."),
  })
  .optional()
  .describe(
    "A copy of the record for an owner's own SIEM, by syslog (RFC 5424) over TLS (RFC 5425), from the vault, or from each host where there is none. None, since the record is whole at the vault, and each copy is one more place that it can be read at.",
  );
