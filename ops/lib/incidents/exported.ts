/** An incident as files that are checked elsewhere: its signed entries, keys of people, the review and the drafts. */
import { INCIDENT_NAMESPACE } from "../../../components/compliance/incidents";
import type { StackConfig } from "../../../components/config/schema";
import type { Files } from "../export/tar";
import { NOTICES, type NoticeName, noticeDraft } from "./drafts";
import type { ReadEntry } from "./entry";
import { type Acts, reviewPage } from "./review";
import type { Incident } from "./state";

/** Names of files of an export. */
export const ENTRIES = "incident.jsonl";
const SIGNERS = "people.signers";

/** The files, by name. */
export function incidentFiles(config: StackConfig, incident: Incident, entries: readonly ReadEntry[], acts: Acts, now: Date): Files {
  const { incidents: settings, people } = config;
  const signers = people.flatMap(({ name, keys }) =>
    keys.map((key) => `${name} namespaces="${INCIDENT_NAMESPACE}" ${key.split(" ").slice(0, 2).join(" ")}\n`),
  );
  // Object.keys is typed as plain strings; these are the keys of a constant.
  const notices = incident.data === "none" ? [] : (Object.keys(NOTICES) as readonly NoticeName[]);
  const drafts = notices.map((name) => [`draft-${name}.md`, noticeDraft(name, incident, settings, now)] as const);
  const texts: readonly (readonly [string, string])[] = [
    ["README.txt", README],
    [ENTRIES, entries.map(({ line }) => `${line}\n`).join("")],
    [SIGNERS, signers.join("")],
    ["review.md", reviewPage(incident, entries, acts, settings, now)],
    ...drafts,
  ];
  return new Map(texts.map(([name, text]) => [name, Buffer.from(text)]));
}

const README = `An incident, as phiward has it on record. Keep it as you keep patients' data.

  ${ENTRIES}     its entries, one a line: the text that was signed, and the signature under it; each has the SHA-256 of the line before
  ${SIGNERS}     keys of the people of the stack when this was made, as ALLOWED SIGNERS of ssh-keygen(1) has them
  review.md          its times, cause, actions and timeline
  draft-*.md         drafts of notices as the law asks for them; whether and when each was sent is among the entries
  manifest.sha256    SHA-256 of each of these, and manifest.sha256.sig the signature over that list

  npx phiward incident verify FILE --signers SIGNERS

checks all of it. SIGNERS is a file of keys that you have by another way than this archive; people.signers shows its form. An entry proves
who signed it and that nothing was changed or taken out from between; its times are those of the clock of whoever signed.
`;
