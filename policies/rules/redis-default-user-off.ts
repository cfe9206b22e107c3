import type { Finding, Rule } from "../engine/rule";
import { configurationFiles } from "../readers/databases";

/** Who comes to Redis without a name and a password may do nothing. */
export const redisDefaultUserOff: Rule = {
  id: "redis-default-user-off",
  description: "Redis has named users, each with a password, and its default user is off.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["RDS-01"],
  remedy: "leave the list of users as the component renders it: `user default off`, and no password means no commands",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    for (const { path, at, texts } of configurationFiles(unit, "redis", ["redis.conf", "users.acl"], report))
      for (const text of texts) {
        if (path.endsWith("/users.acl")) judgeUsers(text, at, report);
        else judgeSettings(text, at, report);
      }
  },
};

function judgeUsers(text: string, at: string, report: (finding: Finding) => void): void {
  const users = text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first === "user");
  const usual = users.filter(([, name]) => name === "default");
  if (usual.length === 0 || !usual.every((words) => words.includes("off") && !words.includes("on")))
    report({ at, found: "a default user that is not off", allowed: "user default off" });
  // Last of the words that turn it on or off counts, so both in one line is none of ours.
  for (const words of users.filter((user) => user.includes("nopass") && (!user.includes("off") || user.includes("on"))))
    report({ at, found: `a user without a password, in a line of ${String(words.length)} words`, allowed: "a password, or off" });
}

function judgeSettings(text: string, at: string, report: (finding: Finding) => void): void {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const values = (key: string): readonly string[] => lines.filter(([name]) => name?.toLowerCase() === key).map(([, value = ""]) => value);
  if (values("aclfile").length === 0) report({ at, found: "no aclfile", allowed: "the list of users" });
  if (values("protected-mode").some((value) => value !== "yes")) report({ at, found: "protected-mode off", allowed: "yes" });
  // A file of the host's program, with the port without TLS where it is there.
  const others = values("include").filter((value) => value !== "/etc/phiward/tls/plain*.conf");
  for (const key of ["user", "requirepass", "include"])
    if ((key === "include" ? others : values(key)).length > 0)
      report({ at, found: `a line with ${key}, beside the list of users`, allowed: "none" });
}
