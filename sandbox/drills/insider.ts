/** A person who may become root takes what is not theirs: all patients' notes, a secret, backups; and empties what has a trace of it. */
import { programCommand } from "../../components/plan/programs";
import { readerOnHost } from "../../ops/commands/psql";
import { writeNote } from "../notes";
import { type DrillBench, PATIENCE_SECONDS, until } from "./bench";
import { Drill, serves } from "./drill";
import type { DrillResult } from "./figures";
import { asPerson, keyFileOf, openSession } from "./people";

const NOTES = 12;
// The password of the backups, and the one of the service's administrator, which is among what they hold.
const SECRET = "/var/lib/phiward/secrets/backup.1";
const KEPT = "/var/lib/phiward/secrets/api-admin-password.1";
// The first begins a moment after it is told of, and that is sent on by then: of a file of the journal that goes at once nobody may have
// read the end.
const TRACES = [
  "sleep 1 | sudo -n xargs journalctl --quiet --rotate --vacuum-time=1s",
  "sudo -n sh -c 'rm --force /var/log/sudo.log; rm --recursive --force /var/log/journal/*/*@*'",
].join("; ");
const ROLES =
  "SELECT rolcanlogin, (SELECT count(*) FROM pg_stat_activity WHERE usename = rolname) FROM pg_roles WHERE rolname = 'person__dave'";

export async function insider(bench: DrillBench): Promise<DrillResult> {
  const drill = new Drill("insider", bench);
  const { sandbox, web } = bench;
  const { site, cookie } = await bench.session();
  for (let number = 1; number <= NOTES; number++) await writeNote(site, cookie, `patient ${String(number)}`, "of one patient alone");

  const at = await drill.attack();
  const reading = openSession(sandbox, web, "dave", `exec ${readerOnHost("api", "a report")}`, {
    stdin: "select count(*), 'notes read' from notes;\n",
  });
  await until("the notes, read by dave", PATIENCE_SECONDS, () =>
    Promise.resolve(/ *[0-9]+ *\| *notes read/.test(reading.shown()) ? true : undefined),
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${reading.shown()}`);
  });
  const shell = openSession(sandbox, web, "dave", "sudo -n sleep 3600");
  // As long as a person would look at it: of a program that has ended at once, a busy host does not note whose it was.
  const taken = await asPerson(sandbox, web, "dave", `sleep 1 | sudo -n cat ${SECRET} - > taken; test -s taken`);
  if (taken.code !== 0) throw new Error(`dave could not read ${SECRET}: ${taken.stderr}`);
  for (const into of ["/root/taken-1", "/root/taken-2"])
    await bench.phiward(
      "restore",
      "--host",
      "web",
      "--what",
      `file:${KEPT}`,
      "--into",
      into,
      "--why",
      "a test",
      "--key",
      keyFileOf(sandbox, "dave"),
    );
  await asPerson(sandbox, web, "dave", TRACES);
  await drill.detected("MULTIPLE_BACKUP_RESTORES");
  await drill.part("isolated", () => bench.phiward("lock", "dave", "--as", "alice", "--why", "drill: an insider", "--yes"));
  for (const session of [shell, reading]) await until("the end of dave's session", PATIENCE_SECONDS, () => Promise.resolve(session.code()));
  const left = await bench.must(
    web,
    "docker",
    "exec",
    "db",
    "psql",
    "--no-psqlrc",
    "--tuples-only",
    "--host=/run/postgresql",
    "--username=postgres",
    "--command",
    ROLES,
  );
  drill.prove("dave's sessions have ended, in the database too", left.replaceAll(" ", "").trim() === "f|0", left);
  const codes = (
    await Promise.all([
      asPerson(sandbox, web, "dave", "true"),
      asPerson(sandbox, web, "dave", "true", "deploy"),
      asPerson(sandbox, bench.vault, "dave", "true"),
    ])
  ).map(({ code }) => code);
  drill.prove(
    "dave gets in nowhere: not as dave, not for deploys, not at the vault",
    codes.every((code) => code === 255),
    codes.join(" "),
  );
  drill.prove("patients are served meanwhile", await serves(bench));

  await drill.evidence();
  const record = await bench.phiward(
    "audit",
    "--as",
    "alice",
    "--who",
    "dave",
    "--host",
    "web",
    "--from",
    `${at.toISOString().slice(0, 19)}Z`,
  );
  const own = await bench.must(
    web,
    "journalctl",
    "--output=cat",
    "--quiet",
    "--identifier=sudo",
    `--since=@${String(at.getTime() / 1000)}`,
  );
  drill.prove("the host itself has forgotten the secret that dave read", !own.includes(SECRET));
  for (const [what, seen] of [
    ["the secret that he read", SECRET],
    ["the database that he opened", programCommand("psql").join(" ")],
    ["the traces that he removed", "--vacuum-time"],
  ] as const)
    drill.prove(`the vault's record has dave by name with ${what}`, record.includes(seen), record);
  drill.without("recovered", "the host served all along; what he read is known, so secrets are rotated");
  return drill.result;
}
