import type { Finding, Rule } from "../engine/rule";
import { configurationFiles } from "../readers/databases";
import { shown } from "../readers/value";

const METHODS = ["scram-sha-256", "reject", "peer", "cert"];

/** SCRAM: a fake server learns no password, and the stored verifiers do not reveal one. */
export const postgresPasswordsScram: Rule = {
  id: "postgres-passwords-scram",
  description: "PostgreSQL authenticates by SCRAM passwords, and accepts no connection without one.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["PG-02", "PG-03"],
  remedy: "use scram-sha-256 in every line of pg_hba.conf that allows access over the network, and in password_encryption",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    for (const { path, at, texts } of configurationFiles(unit, "postgres", ["pg_hba.conf", "postgresql.conf"], report))
      for (const text of texts) {
        if (path.endsWith("/pg_hba.conf")) judgeLines(text, at, report);
        else judgeSettings(text, at, report);
      }
  },
};

function judgeLines(text: string, at: string, report: (finding: Finding) => void): void {
  const lines = text
    .split("\n")
    .map((line) => line.replace(/#.*$/, "").trim())
    // A file of the host's program, which allows the same without TLS where it is there; another rule has this line alone.
    .filter((line) => line !== "include_if_exists /etc/phiward/tls/plain.conf");
  for (const line of lines.filter((entry) => entry !== "")) {
    const words = line.split(/\s+/);
    const [type = ""] = words;
    // Address and mask may be two words.
    const methods = type === "local" ? words.slice(3, 4) : words.slice(4, 6).filter((word) => !/^[\d.:a-f]+$/i.test(word));
    const method = methods[0] ?? "";
    if (!["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"].includes(type))
      report({ at, found: "an unrecognised line", allowed: "local or host…, database, user, address, method" });
    else if (!METHODS.includes(method) || (method === "peer" && type !== "local"))
      report({ at, found: `the method ${shown(method, ["trust", "password", "md5", "ident"])}`, allowed: METHODS.join(" or ") });
  }
  if (lines.every((line) => line === "")) report({ at, found: "no access rules", allowed: "at least one" });
}

function judgeSettings(text: string, at: string, report: (finding: Finding) => void): void {
  const values = [...text.matchAll(/^[ \t]*(\w+)[ \t]*(?:=|[ \t])[ \t]*'?([^'\n#]*)'?/gm)].map(([, key = "", value = ""]) => ({
    key: key.toLowerCase(),
    value: value.trim(),
  }));
  const own = (wanted: string): readonly string[] => values.filter(({ key }) => key === wanted).map(({ value }) => value);
  const encryption = own("password_encryption");
  if (encryption.length === 0) report({ at, found: "no password_encryption", allowed: "scram-sha-256" });
  if (encryption.some((value) => value !== "scram-sha-256")) report({ at, found: "another password_encryption", allowed: "scram-sha-256" });
  if (own("hba_file").some((value) => value !== "/etc/phiward/pg_hba.conf"))
    report({ at, found: "another hba_file", allowed: "/etc/phiward/pg_hba.conf, which is evaluated" });
  if (values.some(({ key }) => key.startsWith("include")))
    report({ at, found: "an include of a file that is not evaluated", allowed: "none" });
}
