/** The key `integrity`: when hosts look for what nobody declared, and what of it is accepted. */
import { z } from "zod";
import { day, list, name, text, timeOfDay } from "./values";

const PATH_RULE = "a path from the root, or what a finding calls a thing in place of one; 1 to 300 printable characters of ASCII";
const SHA256_RULE = "64 hexadecimal digits in lower case, as `npx phiward drift` prints them";
const KIND_RULE = "the kind of a finding, as `npx phiward drift` has it before the colon; 3 to 80 printable characters of ASCII";
const REASON_RULE = "a sentence of 20 to 300 printable characters of ASCII, which says why, and where it was decided";
const OWNER_RULE = "who sees to it, in 2 to 200 printable characters of ASCII";

const sha256 = text(SHA256_RULE, /^[0-9a-f]{64}$/);

/** What whoever accepts something answers for. */
export const acceptedTerms = z.object({
  reason: text(REASON_RULE, /^[!-~][ -~]{18,298}[!-~]$/).describe("Why it is there, for whoever reads the file or the report."),
  owner: text(OWNER_RULE, /^[!-~](?:[ -~]{0,198}[!-~])$/).describe("Who sees to it that it goes, or that it is declared."),
  expires: day.describe(
    "The last day, UTC, on which the host accepts it; then it is found again, and an alert is sent. An entry that ends later than in 180 days accepts nothing yet, as of a waiver.",
  ),
});

/** What is found on a host, is neither a package's nor phiward's, and may stay. */
const accepted = z.strictObject({
  host: name.describe("The host that it is on."),
  kind: text(KIND_RULE, /^[!-~][ -~]{1,78}[!-~]$/).describe("What kind of thing it is: another kind at the same path is found."),
  path: text(PATH_RULE, /^[!-~](?:[ -~]{0,298}[!-~])?$/).describe("Its path, or its name, as the finding has it after the colon."),
  sha256: sha256
    .optional()
    .describe("SHA-256 of the file's content: another content is found again. Without it, whatever is at the path is accepted."),
  ...acceptedTerms.shape,
});

export const integrity = z
  .strictObject({
    time: timeOfDay
      .default("21:40")
      .describe(
        "When each host compares every file of its packages and asks all its checks, each day, UTC. 21:40: few work in Europe then, and no backup is made by default. Hosts do not restart themselves from ten minutes before until half an hour after it.",
      ),
    accepted: list("a list of what is accepted", accepted)
      .default([])
      .describe("What hosts have besides, on purpose; `npx phiward accept` writes it. None, since each entry hides a change."),
    sealed: list(
      "a list of hosts with the hash of their baselines",
      z.strictObject({
        host: name.describe("The host."),
        sha256: sha256.describe("SHA-256 of its baseline, as `npx phiward drift` prints it."),
      }),
    )
      .default([])
      .describe(
        "Hashes of what hosts had when integrity was first applied: a baseline that someone rewrote on the host is then found. None, since a hash is known once its host was deployed.",
      ),
  })
  .prefault({})
  .describe("Integrity: what is found on hosts that neither packages, phiward nor this file account for.");
