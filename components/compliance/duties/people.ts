/** Duties that only people can do: each is attested by whoever did it, with a signature by their SSH key. */
import type { Duty } from "./duty";

export const PEOPLE_DUTIES = {
  "records-read": {
    title: "The record of the week was read, and what nobody can explain was followed up",
    every: "week",
    done: {
      by: "person",
      what: "logins, root shells, changed files, restores and alerts of the week: who did each, and why",
      command: "audit --from DAY",
    },
    law: ["164.308(a)(1)(ii)(D)"],
  },
  "vulnerabilities-reviewed": {
    title: "Known faults of packages and images were looked at, and images that have updates were replaced",
    every: "week",
    done: {
      by: "person",
      what: "updates that wait in images and for a restart; images of which nothing is known",
      command: "vulnerabilities",
    },
    law: ["164.308(a)(1)(ii)(B)", "164.308(a)(5)(ii)(B)"],
  },
  "thresholds-reviewed": {
    title: "The limits of bans and alerts were compared with what happened",
    every: "month",
    done: { by: "person", what: "bans and alerts of the month: which were false, what was missed", command: "status" },
    law: ["164.308(a)(1)(ii)(D)"],
  },
  "restore-practised": {
    title: "Something was restored by hand to another place, and looked at",
    every: "month",
    done: {
      by: "person",
      what: "by whoever would do it at night; a database comes back beside the present one",
      command: 'restore --host web --what file:/etc/nginx/nginx.conf --into /root/compare --why "a drill"',
    },
    law: ["164.308(a)(7)(ii)(D)"],
  },
  "compliance-reviewed": {
    title: "Attestations, waivers and the report of the month were read",
    every: "month",
    done: { by: "person", what: "what runs out next month, what failed, who sees to it", command: "policy" },
    law: ["164.316(b)(2)(iii)", "164.308(a)(8)"],
  },
  "access-reviewed": {
    title: "Every person, key, right and last day was compared with who works here, and needs it",
    every: "quarter",
    done: {
      by: "person",
      what: "`people` of the stack, sudo, databases' accounts, deploy keys; logins of each since the last review",
      command: "audit --what login --from DAY",
    },
    law: ["164.308(a)(3)(ii)(B)", "164.308(a)(4)(ii)(C)"],
  },
  "passwords-rotated": {
    title: "Passwords of databases and secrets of services were rotated",
    every: "quarter",
    done: { by: "person", what: "raise the epochs in the stack's file, and replace what was brought", command: "secrets rotate --all" },
    law: ["164.308(a)(5)(ii)(D)"],
  },
  "policies-reviewed": {
    title: "The security policies were read and brought up to date",
    every: "quarter",
    done: { by: "person", what: "policies and procedures of the organization" },
    law: ["164.316(b)(2)(iii)"],
  },
  "training-held": {
    title: "Everybody who handles health data was trained",
    every: "quarter",
    done: { by: "person", what: "who took part, and on what; those who were absent later" },
    law: ["164.308(a)(5)(i)", "164.308(a)(5)(ii)(A)"],
  },
  "incident-practised": {
    title: "An incident was practised from its alert to its report",
    every: "quarter",
    done: {
      by: "person",
      what: "an alert, who answers in which time, evidence, recovery, whom the law has notified",
      command: "incident open --class P4 --what WHAT",
    },
    law: ["164.308(a)(6)(i)", "164.308(a)(6)(ii)"],
  },
  "contacts-checked": {
    title: "Everybody who is to be called in an incident was reached",
    every: "quarter",
    done: { by: "person", what: "administrator, security, compliance, lawyer; the webhook and mail of `alerts`" },
    law: ["164.308(a)(2)", "164.308(a)(6)(ii)"],
  },
  "documents-updated": {
    title: "Procedures, contacts and drawings say what is so",
    every: "quarter",
    done: { by: "person", what: "what changed in the stack's file since the last time" },
    law: ["164.316(b)(2)(iii)"],
  },
  "recovery-key-opened": {
    title: "The recovery key was taken from where it is kept, and opens the escrow of the stack",
    every: "quarter",
    done: { by: "person", what: "the key's place, who can reach it; the escrow among the stack's outputs" },
    law: ["164.308(a)(7)(ii)(C)"],
  },
  "keys-rotated": {
    title: "Keys were rotated: SSH keys of people and deploys, keys that were brought, the recovery key",
    every: "year",
    done: { by: "person", what: "`people`, `deploy`, `secrets` and `recovery` of the stack's file", command: "up" },
    law: ["164.312(a)(2)(iv)", "164.308(a)(5)(ii)(D)"],
  },
  "risks-analysed": {
    title: "The analysis of risks was made again",
    every: "year",
    done: { by: "person", what: "what could happen to health data, how likely, what is done about it" },
    law: ["164.308(a)(1)(ii)(A)", "GDPR 32(2)"],
  },
  "security-audited": {
    title: "All of security was audited by someone who does not run it",
    every: "year",
    done: { by: "person", what: "the evidence of the year, law.md and controls.md", command: "audit export --from DAY --to DAY" },
    law: ["164.308(a)(8)"],
  },
  "disaster-recovered": {
    title: "A whole host was restored onto an empty server, and the time was taken",
    every: "year",
    done: {
      by: "person",
      what: "the steps of a lost host in this guide, on a new server and a stack of its own, from the vault and the recovery key alone",
    },
    law: ["164.308(a)(7)(ii)(B)", "164.308(a)(7)(ii)(D)"],
  },
  "assessed-from-outside": {
    title: "Someone from outside assessed security",
    every: "year",
    done: { by: "person", what: "a penetration test or an assessment, and what was done about its findings" },
    law: ["164.308(a)(8)", "GDPR 32(1)(d)"],
  },
  "contracts-reviewed": {
    title: "Contracts with whoever handles health data for you were read and are in force",
    every: "year",
    done: { by: "person", what: "providers of servers, backups, alerts and software; what they have to prove" },
    law: ["164.308(b)(1)", "GDPR 28(3)"],
  },
  "places-reviewed": {
    title: "Places of work, devices and disks that hold or reach health data were looked at",
    every: "year",
    done: { by: "person", what: "laptops that deploy, screens, disks that were given away; the provider's certificate for its buildings" },
    law: ["164.310(b)", "164.310(d)(1)"],
  },
} as const satisfies Readonly<Record<string, Duty>>;
