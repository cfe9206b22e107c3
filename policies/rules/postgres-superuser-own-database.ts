import type { Finding, Rule } from "../engine/rule";
import { configurationFiles } from "../readers/databases";

const SUPERUSER = "postgres";

/** Code that an application put into its database runs with the rights of whoever meets it: the superuser does not come there. */
export const postgresSuperuserOwnDatabase: Rule = {
  id: "postgres-superuser-own-database",
  description: "PostgreSQL's superuser is let into the database postgres alone, which no application owns, and not over the network.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["PG-05"],
  remedy: "begin pg_hba.conf with `local postgres postgres peer`, `local all postgres reject` and `host all postgres all reject`",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    for (const { at, texts } of configurationFiles(unit, "postgres", ["pg_hba.conf"], report))
      for (const text of texts) {
        const lines = text.split("\n").map((line) => line.replace(/#.*$/, "").trim().split(/\s+/));
        judgeLines(
          lines.filter(([type]) => type === "local").map(([, database, user, method]) => ({ database, user, method, all: true })),
          at,
          report,
        );
        judgeLines(lines.filter(([type = ""]) => type.startsWith("host")).map(networkLine), at, report);
      }
  },
};

interface Line {
  readonly database: string | undefined;
  readonly user: string | undefined;
  readonly method: string | undefined;
  /** Whether it is for every address. */
  readonly all: boolean;
}

function networkLine([, database, user, address, ...rest]: readonly string[]): Line {
  return { database, user, method: rest.includes("reject") ? "reject" : rest[0], all: address === "all" };
}

// PostgreSQL takes the first line that fits, and refuses what none fits.
function judgeLines(lines: readonly Line[], at: string, report: (finding: Finding) => void): void {
  const fitting = lines.filter(({ database, user }) => database !== SUPERUSER && mayBeSuperuser(user ?? ""));
  const decided = fitting.findIndex(({ method, all }) => method === "reject" && all);
  const reached = decided === -1 ? fitting : fitting.slice(0, decided);
  if (reached.some(({ method }) => method !== "reject"))
    report({ at, found: "a line that lets the superuser into other databases", allowed: "none before one that rejects it" });
}

// Groups, lists and files may hold it; a pattern is tried.
function mayBeSuperuser(user: string): boolean {
  if (!user.startsWith("/")) return !/^[a-z0-9-]+$/.test(user) || [SUPERUSER, "all"].includes(user);
  try {
    return new RegExp(user.slice(1)).test(SUPERUSER);
  } catch {
    return true;
  }
}
