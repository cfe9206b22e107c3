/** The key `incidents`: whom to call, in which time each class is answered, and which law's clocks run. */
import { z } from "zod";
import { demandedBy } from "../demanded";
import { SEVERITIES } from "../severity";
import { choice, list, mailAddress, text, whole } from "./values";

const RULE = "incident-response-declared";

/** What a contact is called for. */
export const CONTACT_ROLES = ["technical", "security", "privacy", "legal", "management", "authority", "vendor"] as const;
/** The classes of incidents, the gravest first: the runbook's names of the one scale of severities. */
export const INCIDENT_CLASSES = ["P1", "P2", "P3", "P4"] as const;
/** Laws whose clocks can run. */
export const INCIDENT_LAWS = ["gdpr", "hipaa", "hipaa-associate"] as const;

const line = (most: number) =>
  text(
    `1 to ${String(most)} printable characters on one line, none of them a space at either end`,
    (value) => value.length <= most && /^(?! )[^\p{C}\p{Zl}\p{Zp}]+(?<! )$/u.test(value),
  );

/** A contact. */
export const contact = z.strictObject({
  name: line(80).describe("The person, office or company, as it is called by."),
  roles: list("a list of at least one role", choice(CONTACT_ROLES).describe(`A role. The rule ${RULE} asks for four of them.`), 1).describe(
    "What they are called for: `technical` runs the hosts, `security` leads, `privacy` is the data protection or compliance officer, `legal` and `management` decide, `authority` supervises (GDPR 55), `vendor` mends what is theirs.",
  ),
  mail: mailAddress.optional().describe("Their email address; a contact has it, a telephone or both."),
  phone: text("a telephone number with its country, such as +49 30 1234567", /^\+[1-9][0-9](?:[ -]?[0-9]){4,14}$/)
    .optional()
    .describe("Their telephone, with its country: mail may be down, or read by whoever broke in."),
  from: choice(INCIDENT_CLASSES)
    .default("P4")
    .describe("The least grave class that they are called for. `P4`: every one; `P1`: the gravest alone."),
});

const minutes = (severity: keyof typeof SEVERITIES) => {
  const { responseMinutes, runbook } = SEVERITIES[severity];
  return whole(1, 10_080)
    .default(responseMinutes)
    .describe(
      `Minutes in which someone takes on an incident of class ${runbook}. ${String(responseMinutes)}, as alerts of that severity.${demandedBy(RULE, `${String(responseMinutes)} at most`)}`,
    );
};

/** The key `incidents`. */
export const incidents = z
  .strictObject({
    organisation: line(120)
      .optional()
      .describe("The organization in whose name notices are drafted. None: the draft says that it is missing."),
    contacts: list("a list of contacts", contact)
      .default([])
      .describe(
        `Whom to call, and how. None, since they are yours.${demandedBy(RULE, "a list with technical, security, privacy and legal contacts, and where the GDPR applies the authority; one person may be several")}`,
      ),
    responses: z
      .strictObject({ P1: minutes("critical"), P2: minutes("high"), P3: minutes("medium"), P4: minutes("low") })
      .prefault({})
      .describe("Response times by class, on the one scale of alerts."),
    law: list("a list of at least one law", choice(INCIDENT_LAWS).describe("A law."), 1)
      .default(["gdpr", "hipaa"])
      .describe(
        "Whose clocks run for incidents with patients' data: `gdpr` (33: 72 hours to the authority; 34), `hipaa` of a covered entity (164.404 to 164.408: 60 days), `hipaa-associate` of a business associate, who notifies the covered entity (164.410: 60 days). The first two, as phiward supports both: strike what does not apply to your patients, wherever the hosts are.",
      ),
  })
  .prefault({})
  .describe(
    "Incidents: who is called, and the clocks of each (164.308(a)(6)(ii), GDPR 33). The incident key is `audit.sessionsKey`, or else `recovery.publicKey`.",
  );
