/** Secrets, backups and governance. */
import type { Control } from "../control";

/** Controls SEC-01, BKP-01, GOV-01 and on. */
export const DATA = {
  "SEC-01": {
    title: "Secrets in the configuration are encrypted",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:env"],
  },
  "SEC-02": {
    title: "No secret is in a droplet's user data",
    hipaa: ["164.312(a)(2)(iv)"],
  },
  "SEC-03": {
    title: "No secret is in a command's arguments",
    hipaa: ["164.312(a)(2)(iv)"],
    source: ["runbook:rotate"],
  },
  "SEC-04": {
    title: "Generated secrets are long enough, and of letters and digits",
    hipaa: ["164.308(a)(5)(ii)(D)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:rotate"],
  },
  "SEC-05": {
    title: "Secrets are rotated as declared, before they are too old",
    hipaa: ["164.308(a)(5)(ii)(D)"],
    source: ["ops-guide:pwrot", "ops-guide:keyrot", "runbook:api", "ops-guide:check"],
  },
  "SEC-06": {
    title: "Secrets are rotated in order: add, switch, verify, retire",
    hipaa: ["164.308(a)(5)(ii)(D)", "164.312(d)"],
    gdpr: ["32(1)(b) availability"],
    source: ["runbook:rotate"],
  },
  "SEC-07": {
    title: "Data keys are versioned, and data is encrypted again with the new one",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:keyrot", "ops-guide:keyrot"],
  },
  "SEC-08": {
    title: "No unencrypted copy of a secret is left",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["5(1)(f)"],
    source: ["runbook:rotate", "runbook:env"],
  },
  "SEC-09": {
    title: "Secret files can be read by their owner only",
    hipaa: ["164.312(a)(1)", "164.312(d)", "164.308(a)(5)(ii)(D)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:env"],
  },
  "SEC-10": {
    title: "Data is erased by destroying its key",
    hipaa: ["164.310(d)(2)(i)"],
    gdpr: ["17(1)"],
    source: ["ops-guide:keyrot"],
  },
  "SEC-11": {
    title: "The cloud's token is limited, and on no host",
    hipaa: ["164.312(a)(1)"],
  },
  "SEC-12": {
    title: "Pulumi's state is encrypted, and access to it logged",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)"],
  },
  "SEC-13": {
    title: "The deploy account is used with people's own keys",
    hipaa: ["164.312(a)(2)(i)"],
  },
  "SEC-14": {
    title: "Secrets that must survive the host are encrypted to the owner's recovery key",
    hipaa: ["164.308(a)(7)(ii)(B)", "164.308(a)(7)(ii)(A)", "164.312(a)(2)(ii)"],
    gdpr: ["32(1)(c)"],
  },
  "SEC-15": {
    title: "A secret keeps its value for as long as something is locked by it",
    hipaa: ["164.308(a)(7)(ii)(A)"],
    gdpr: ["32(1)(b) availability"],
    why: { "164.308(a)(7)(ii)(A)": "A copy whose password was replaced cannot be retrieved." },
  },
  "BKP-01": {
    title: "Databases and files are backed up every day",
    hipaa: ["164.308(a)(7)(ii)(A)"],
    gdpr: ["32(1)(c)"],
    source: ["runbook:metrics", "ops-guide:check"],
  },
  "BKP-02": {
    title: "Backups are encrypted before they leave the host",
    hipaa: ["164.312(a)(2)(iv)", "164.312(a)(1)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:audit"],
  },
  "BKP-03": {
    title: "A second copy of the backups is off-site",
    hipaa: ["164.308(a)(7)(ii)(A)"],
    gdpr: ["32(1)(c)"],
    supporting: { "164.310(d)(2)(iv)": "A copy elsewhere exists before any machine is moved." },
    source: ["ops-guide:offsite"],
  },
  "BKP-04": {
    title: "A host can add to its off-site backups and cannot destroy them",
    hipaa: ["164.308(a)(7)(ii)(A)", "164.312(c)(1)"],
    gdpr: ["32(1)(b) resilience"],
    source: ["ops-guide:offsite"],
  },
  "BKP-05": {
    title: "A restore is tested every week",
    hipaa: ["164.308(a)(7)(ii)(D)"],
    gdpr: ["32(1)(c)", "32(1)(d)"],
    source: ["ops-guide:bkverify", "ops-guide:check"],
  },
  "BKP-06": {
    title: "Backups are verified by their checksums",
    hipaa: ["164.312(c)(2)"],
    source: ["ops-guide:offsite"],
  },
  "BKP-07": {
    title: "Backups are kept as long as declared",
    hipaa: ["164.308(a)(7)(ii)(A)"],
    gdpr: ["5(1)(e)"],
    supporting: {
      "164.310(d)(2)(iv)": "Older states are there before any machine is moved.",
      "GDPR 17(1)": "What was erased leaves the backups when they are pruned.",
    },
    source: ["ops-guide:bkretain"],
  },
  "BKP-08": {
    title: "Restores raise an alert",
    hipaa: ["164.308(a)(1)(ii)(D)", "164.312(b)"],
    why: { "164.308(a)(1)(ii)(D)": "A restore reads all of the data, and someone looks at each of them." },
    source: ["ops-guide:restore"],
  },
  "BKP-09": {
    title: "Recovery times are declared, and measured in drills",
    hipaa: ["164.308(a)(7)(ii)(B)", "164.308(a)(7)(ii)(C)"],
    gdpr: ["32(1)(c)"],
    source: ["ops-guide:check"],
  },
  "BKP-10": {
    title: "Backup jobs run by timers, and a failure alerts someone",
    hipaa: ["164.308(a)(6)(ii)", "164.308(a)(7)(ii)(A)"],
    supporting: { "GDPR 33(1)": "A breach that is noticed late is notified late: the 72 hours begin when it becomes known." },
    source: ["ops-guide:bkverify"],
  },
  "BKP-11": {
    title: "Volumes and droplets are protected from deletion and backed up by the cloud",
    hipaa: ["164.308(a)(7)(ii)(A)"],
    gdpr: ["32(1)(b) availability", "32(1)(c)"],
  },
  "BKP-12": {
    title: "Databases are backed up consistently, not by volume snapshots",
    hipaa: ["164.312(c)(1)"],
  },
  "GOV-01": {
    title: "Patients' data is on services that are under a business associate agreement",
    hipaa: ["164.308(b)(1)", "164.314(a)(1)"],
    supporting: { "GDPR 28(1)": "A type of service is used after someone has looked at what its provider guarantees." },
    source: ["runbook:hipaa"],
  },
  "GOV-02": {
    title: "Data stays in declared regions",
    gdpr: ["44"],
  },
  "GOV-03": {
    title: "Resources are tagged with owner, environment and class of data",
    hipaa: ["164.308(a)(1)(ii)(A)"],
    supporting: { "164.310(d)(2)(iii)": "The owner of each resource is on it.", "164.308(a)(7)(ii)(E)": "The class of data is on it." },
  },
  "GOV-04": {
    title: "Waivers have a reason, and are listed",
    hipaa: ["164.308(a)(1)(ii)(B)", "164.316(b)(1)(ii)"],
  },
  "GOV-05": {
    title: "Each deploy leaves evidence",
    hipaa: ["164.316(b)(1)(ii)", "164.316(b)(2)(i)"],
    supporting: { "GDPR 33(1)": "The notification describes the breach from evidence." },
    source: ["ops-guide:hipaaresp"],
  },
  "GOV-06": {
    title: "Documents say what a setting supports, and never that it makes anything compliant",
    gdpr: ["5(2)"],
    source: ["runbook:roadmap"],
  },
  "GOV-07": {
    title: "Assets and networks are listed from the stack itself",
    hipaa: ["164.308(a)(1)(ii)(A)"],
    gdpr: ["32(1)(d)"],
    supporting: { "GDPR 30(1)": "Hosts, services and where data go are listed from what runs." },
  },
  "GOV-08": {
    title: "What only people can do is asked of them when it is due, and attested by a signature",
    hipaa: ["164.316(b)(1)(ii)", "164.308(a)(8)"],
    gdpr: ["32(1)(d)"],
    supporting: { "164.308(a)(5)(i)": "A training that is overdue raises an alert." },
    source: ["ops-guide:checklists"],
  },
} as const satisfies Readonly<Record<`SEC-${string}` | `BKP-${string}` | `GOV-${string}`, Control>>;
