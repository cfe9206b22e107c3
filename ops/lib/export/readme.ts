/** What an auditor reads first: what the files of an export are, what is missing, and how they are checked without phiward. */
import { counted } from "../counted";
import type { ExportParts } from "./parts";
import { EXPORT_MANIFEST, EXPORT_NAMESPACE, EXPORT_SIGNATURE } from "./signed";

/** The commands that check an unpacked export with OpenSSH and coreutils alone, in its directory; NAME and SIGNERS are the reader's. */
export const CHECK_COMMANDS: readonly string[] = [
  `ssh-keygen -Y verify -f SIGNERS -I NAME -n ${EXPORT_NAMESPACE} -s ${EXPORT_SIGNATURE} <${EXPORT_MANIFEST}`,
  `sha256sum --check --strict ${EXPORT_MANIFEST}`,
  `test "$(ls -A | wc -l)" -eq "$(($(wc -l <${EXPORT_MANIFEST}) + 2))"`,
];

/** The text, in plain words. */
export function readme({ stack, made, person, from, to, host, record }: ExportParts, missing: readonly string[], controls: string): string {
  const of = host === undefined ? "all hosts" : `the host ${host}`;
  return `Audit export of the stack ${stack}

From ${from.toISOString()} to ${to.toISOString()}, the end excluded; records of ${of}.
Made at ${made.toISOString()} by ${person}. All times are in UTC.
${
  missing.length === 0
    ? "Nothing that was asked for is missing."
    : `MISSING (${counted(missing.length, "sentence")}):\n${missing.map((sentence) => `  - ${sentence}`).join("\n")}`
}

What is in it
  records.jsonl            who did what: ${counted(record.acts.length, "act")}, one a line as JSON, in order of time: time, host,
                           kind, who, person (whose key it was), from where, what, outcome. No text of a journal's
                           entry is repeated; of commands, paths and plain words alone
  backups.json             verification of backups: for each host, repository and job (backup, check, restore drill)
                           when it last succeeded and what is known of it, what failed since, what restores kept
  evidence.html            status of compliance, to read or print: every clause of the law, what supports it, how that
                           was tested, with which result, and who answers for the rest; then every control by host:
                           ${controls}
  assessment-results.json  the same as OSCAL assessment results
  evidence.json            the same for programs
  access.json              review of access: people, their roles and keys (fingerprints), accounts and accounts of
                           databases, as declared and as the hosts have them; "undeclared" lists what differs
  export.json              the question, and of how many journal files of each host the records are
  ${EXPORT_MANIFEST}          SHA-256 of each of these files
  ${EXPORT_SIGNATURE}      the signature over that list

It holds names of people, and words of commands may name a patient: keep it as you keep patients' data.

How to check it
  npx phiward audit verify-export FILE --signers SIGNERS
or with OpenSSH (8.1 or newer) and coreutils alone, in a new directory that it was unpacked into:
${CHECK_COMMANDS.map((command) => `  ${command}`).join("\n")}
All must succeed: the first shows who signed the list, the second that no file was changed, the third that none
was added. SIGNERS is a file with a line for each person who may sign; you get their keys by another way than this
archive:
  NAME namespaces="${EXPORT_NAMESPACE}" ssh-ed25519 AAAA...

It proves who made the export and that no byte was changed since; not when it was made, nor more than the vault has
on record.
`;
}
