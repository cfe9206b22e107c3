/** An export of recorded answers, for tests of what is made of it. */
import { expect } from "vitest";
import { reportFiles } from "../../../../../ops/commands/evidenceReport";
import { answerOf, ownersOf } from "../../../../../ops/lib/audit/acts";
import { foundAccess } from "../../../../../ops/lib/export/access";
import type { ExportParts } from "../../../../../ops/lib/export/parts";
import { ed25519 } from "../../../components/examples";
import { CONFIG, evidence, NOW } from "../evidence/records";

/** Texts that no export may hold, planted where hosts and files have such. */
export const PLANTED = ["Ozyrmandel-the-patient", "hunter2-password", "y4Tq-shadow-hash", "SCRAM-SHA-256$4096:c2FsdA"] as const;
const [NOTE, PASSWORD, SHADOW, SCRAM] = PLANTED;

const RECORD = [
  { time: 1790000000000001, host: "web", kind: "login", what: "ssh", who: "deploy", from: "192.0.2.9", outcome: "success" },
  {
    time: 1790000000000002,
    host: "web",
    kind: "privilege",
    what: "sudo as root: /usr/bin/cat /etc/shadow",
    who: "alice",
    outcome: "success",
  },
];

/** What the hosts answer to the commands of `accessCommands`: web has an account, a key and a member of sudo that nobody declared. */
export const ANSWERS: ReadonlyMap<string, string> = new Map([
  [
    "accounts",
    [
      "root:x:0:0:root:/root:/bin/bash",
      "www-data:x:33:33::/var/www:/usr/sbin/nologin",
      `alice:${SHADOW}:1000:1000:${NOTE}:/home/alice:/bin/bash`,
      "eve:x:1005:1005::/home/eve:/bin/sh",
    ].join("\n"),
  ],
  ["groups", "sudo:x:27:eve\ndocker:x:990:deploy\nphiward-ssh:x:991:alice,deploy\naudio:x:29:eve\n"],
  [
    "keys",
    `/etc/ssh/authorized_keys.d/alice:${ed25519(2)} alice\n/etc/ssh/authorized_keys.d/deploy:restrict,command="${PASSWORD}" ${ed25519(9)} eve\n`,
  ],
  ["sudo", `rule,user,alice,,ALL,,ALL,,NOPASSWD: ALL\nDefaults ${PASSWORD}\n`],
  ["database db", `version 17\nlogin api_2 scram\npowerful eve\nlog_statement=${NOTE}\nway-in host ${SCRAM}\n`],
]);

/** The parts of an export of all hosts, one of which did not answer. */
export function parts(): ExportParts {
  const lines = [...RECORD, { end: true, acts: 2, more: false, hosts: { web: 2 } }].map((line) => JSON.stringify(line)).join("\n");
  const found = evidence();
  const job = { at: "2026-11-26T02:00:00+00:00", snapshot: "ab12" };
  return {
    ...{
      config: CONFIG,
      stack: "prod",
      made: NOW,
      person: "alice",
      from: new Date("2026-01-01T00:00:00Z"),
      to: new Date("2026-11-27T00:00:00Z"),
    },
    record: answerOf("store", lines, ownersOf(CONFIG)),
    backups: [{ host: "web", said: { host: "web", status: { offsite: { backup: job, check: job, drill: job } }, failed: [] } }],
    access: [
      { host: "web", said: foundAccess("web", ANSWERS) },
      { host: "store", unanswered: "Connection refused" },
    ],
    ...{ evidence: found, report: reportFiles(found) },
  };
}

/** JSON as an object, or the test fails. */
export function object(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  expect(value).toBeTypeOf("object");
  return { ...(value as object) }; // asserted above
}
