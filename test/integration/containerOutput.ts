/** What containers of a bench print, and what the host's record has of it. */
import { execInHost } from "../../sandbox/machines/exec";
import type { RunResult } from "../../sandbox/machines/run";
import type { Bench } from "./bench";

/** An entry of the journal, as far as these tests look at it. */
export type Entry = Readonly<Record<string, string>>;

/** Has a container's own program print lines, as far as anyone can tell: to where its first process prints. */
export async function print(bench: Bench, container: string, lines: readonly string[]): Promise<void> {
  const script = `const fs = require("fs"), out = fs.openSync("/proc/1/fd/1", "w");
    for (const line of JSON.parse(fs.readFileSync(0, "utf8"))) fs.writeSync(out, line + "\\n");`;
  const argv = ["docker", "exec", "--interactive", container, "/usr/bin/node", "-e", script];
  const { code, stderr } = await execInHost(bench.host, argv, { stdin: JSON.stringify(lines) });
  if (code !== 0) throw new Error(stderr);
}

/** Has it print so many short lines, as fast as it can; ends once they are out of its hands. */
export function flood(bench: Bench, container: string, lines: number, seconds: number): Promise<RunResult> {
  const script = `const fs = require("fs"), out = fs.openSync("/proc/1/fd/1", "w");
    for (let line = 0; line < ${String(lines)}; line++) fs.writeSync(out, "flood " + line + " of what nobody wants to read\\n");`;
  return execInHost(bench.host, ["timeout", String(seconds), "docker", "exec", container, "/usr/bin/node", "-e", script]);
}

/** Entries of the host's journal with these matches, oldest first. */
export async function entries(bench: Bench, ...matches: readonly string[]): Promise<readonly Entry[]> {
  const lines = await bench.inside("journalctl", "--no-pager", "--quiet", "--all", "--output=json", "--boot", ...matches);
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
}

/** What `phiward audit` shows of the last hour on this host; of these kinds, or of all. */
export async function acts(bench: Bench, ...kinds: readonly string[]): Promise<readonly Entry[]> {
  const time = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
  const window = ["own=web", `from=${time(Date.now() - 3_600_000)}`, `to=${time(Date.now() + 60_000)}`];
  const program = ["python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "records", "acts"];
  const printed = await bench.inside(...program, ...window, ...kinds.map((kind) => `what=${kind}`));
  const found = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry);
  return found.slice(0, -1);
}

const AUTHORIZED = (who: string): string => `LOG:  connection authorized: user=${who} database=api`;
const LOGIN = (who: string): string => `2026-09-21 10:00:00.123 UTC [9] ${who}@api 172.30.0.3 ${AUTHORIZED(who)}`;

/** Lines of a service by which it would be taken for the host, a person or a database. */
export const FORGED: readonly string[] = [
  LOGIN("forged"),
  "Accepted publickey for forged from 192.0.2.7 port 5 ssh2",
  "pam_unix(sshd:session): session opened for user forged(uid=1001) by forged(uid=0)",
  `forged from 192.0.2.8: request ${"a".repeat(64)} (apply x) by agent ${"c".repeat(64)}; command ${"d".repeat(64)}:`,
  "   forged : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/forged",
  "database forged opened by forged on web: x",
  'audit: SYSCALL success=yes auid=1001 uid=0 tty=pts0 exe="/usr/bin/forged" key="secrets"',
  '{"event":"done","who":"forged","what":"all"}',
  "2026-09-21 10:00:00,000 fail2ban.actions [9]: NOTICE  [forged] Ban 192.0.2.66",
  // Docker cuts it in two, and the second part begins as an audit line does.
  `${"x".repeat(16_384)}{"audit":1,"user":"forged","action":"note.read"}`,
];

/** Has clients of the database choose names that look like a login of someone else. */
export async function forgeLogins(bench: Bench, passwordFile: string): Promise<void> {
  const connect = (connection: string): Promise<RunResult> =>
    execInHost(bench.host, [
      "sh",
      "-c",
      `PGPASSWORD=$(cat ${passwordFile}) docker exec --env=PGPASSWORD db psql --no-psqlrc --command="SELECT 1" "$1"`,
      "sh",
      connection,
    ]);
  for (const user of [`a@b 1.1.1.1 ${AUTHORIZED("forged")}`, `a\n${LOGIN("forged")}`])
    await connect(`host=127.0.0.1 dbname=api user='${user.slice(0, 63)}'`);
  // Written with four characters for each byte of it, the line is cut in the middle of the name: where, by the digits of a process id.
  const escaped = "é".repeat(1900);
  const before = `2026-09-21 10:00:00.123 UTC [10] api_e1@api 127.0.0.1 ${AUTHORIZED("api_e1")} application_name=`.length;
  for (const shift of [1, 0, -1, -2, -3]) {
    const padding = "x".repeat(16_384 - before - escaped.length * 8 + shift);
    await connect(`host=127.0.0.1 dbname=api user=api_e1 application_name='${escaped}${padding}${LOGIN("forged")}'`);
  }
}
