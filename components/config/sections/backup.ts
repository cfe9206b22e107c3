/** Backups of a stack, and who gets an alert when something fails. */
import { isIP } from "node:net";
import { z } from "zod";
import { DEMANDED_RETENTION, demandedBy } from "../demanded";
import { isUnicast } from "../network";
import { keptOutOfBackups } from "../savedPaths";
import { isWebhook } from "../webhook";
import { absolutePath, checkedText, choice, HOST_NAME, list, mailAddress, name, port, sentence, text, timeOfDay, whole } from "./values";

const savedPath = checkedText(
  "an absolute path",
  (value) => absolutePath.safeParse(value).error?.issues[0]?.message ?? keptOutOfBackups(value),
);

function keepDemanded(least: number): string {
  return demandedBy("backup-restore-tested, and vault-append-only of off-site ones,", `${String(least)} at least`);
}

/** The key `backup`. */
export const backup = z
  .strictObject({
    every: choice(["hour", "day"])
      .default("day")
      .describe("How often. What is written after the last backup is lost with the host's disk."),
    time: timeOfDay
      .default("01:30")
      .describe("When, UTC; of an hourly backup the minute counts. 01:30, before the host may restart itself."),
    paths: list("a list of absolute paths", savedPath.describe("File or directory on the host."))
      .default([])
      .describe("What is backed up beside all databases, volumes and escrowed secrets of the services."),
    keep: z
      .strictObject({
        last: whole(1, 1000)
          .default(7)
          .describe(`Backups that are kept whatever their age. 7.${keepDemanded(DEMANDED_RETENTION.last)}`),
        days: whole(1, 3650)
          .default(30)
          .describe(`Days that every backup is kept. 30.${keepDemanded(DEMANDED_RETENTION.days)}`),
      })
      .prefault({})
      .describe("Retention."),
    restoreTest: choice(["day", "week"])
      .default("week")
      .describe("How often the last backup is restored into a temporary database and compared, row by row (164.308(a)(7)(ii)(D))."),
    restores: z
      .strictObject({
        people: whole(1, 2)
          .optional()
          .describe(
            "How many people a restore over live data needs, who sign the same request with their SSH keys. 2 where two may sign, else 1, which the rule restores-by-two-people refuses without the reason.",
          ),
        reason: sentence.optional().describe("Why one person is enough, where people is 1."),
        approvers: list("a list of people's names", name.describe("A person under people."))
          .default([])
          .describe("Who may sign beside people with sudo."),
      })
      .prefault({})
      .describe("Restores over live data, which one stolen key should not be enough for (164.312(a)(1))."),
    offsite: name
      .optional()
      .describe("A host of this stack of the role vault, elsewhere: it takes a second copy, which this host can add to and cannot delete."),
  })
  .optional()
  .describe("Backups of each host of the role application (164.308(a)(7)(ii)(A)). Without this section there are no backups.");

/** The key `alerts`. */
export const alerts = z
  .strictObject({
    webhook: text(
      "an https address without user or password; http only to a private or loopback address, written as a plain address and not as a name",
      isWebhook,
    )
      .optional()
      .describe(
        "Where a JSON message is posted to. A token goes into /etc/phiward/alert-token on the host, 0600, and is sent as `Authorization: Bearer`.",
      ),
    mail: z
      .strictObject({
        to: mailAddress.describe("Recipient."),
        from: mailAddress.describe("Sender."),
        server: text("the address or name of a mail server", (value) =>
          isIP(value) === 0 ? HOST_NAME.test(value) : isUnicast(value),
        ).describe("The mail server."),
        port: port.default(25).describe("Its port. With STARTTLS wherever it is offered."),
      })
      .optional()
      .describe("Email."),
  })
  .optional()
  .describe(
    "Who gets an alert when a backup, a check or a restore test fails (164.308(a)(6)(ii)). A message has host, job and time, and nothing about patients.",
  );
