/** What an encrypted column costs beside a plain one: rows of the same text, written and read in the API's own database of a host. */
import { median } from "./benchRows";
import { execInHost } from "./machines/exec";
import type { SandboxHost } from "./machines/inventory";

/** Rows a second, medians of the rounds. */
export interface ColumnRates {
  readonly written: number;
  readonly encrypted: number;
  readonly read: number;
  readonly decrypted: number;
}

const ROUNDS = 3;
// Of a plain column more, since so few would take no time that can be measured.
const ROWS = { plain: 100_000, encrypted: 2000 } as const;
// About as long as a short note.
const TEXT = "'note ' || i || repeat(' the left knee hurts when it rains', 6)";

// Each statement is timed by the server: neither the client nor a connection is measured. What is read is added up, so that each value is.
const STATEMENTS = [
  `SELECT set_config('phi.accessor', 'bench', false), set_config('phi.reason', 'a measurement', false);`,
  ...timed(`INSERT INTO bench_plain SELECT i, ${TEXT} FROM generate_series(1, ${String(ROWS.plain)}) i;`),
  ...timed(`INSERT INTO bench_phi SELECT i, phi.encrypt_phi(${TEXT}) FROM generate_series(1, ${String(ROWS.encrypted)}) i;`),
  ...timed("SELECT sum(length(body)) FROM bench_plain;"),
  ...timed("SELECT sum(length(phi.decrypt_phi(body, id::text))) FROM bench_phi;"),
];

/** Loads the database of the service `api` for some seconds, and leaves nothing there but lines of the record. Throws where it fails. */
export async function columnRates(host: SandboxHost): Promise<ColumnRates> {
  const rounds: (readonly number[])[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await secondsOf(host));
  const of = (index: number, rows: number): number => rows / median(rounds.map((seconds) => seconds[index] ?? Number.NaN));
  return {
    written: of(0, ROWS.plain),
    encrypted: of(1, ROWS.encrypted),
    read: of(2, ROWS.plain),
    decrypted: of(3, ROWS.encrypted),
  };
}

function timed(statement: string): readonly string[] {
  return [
    "SELECT clock_timestamp() AS began \\gset",
    statement,
    "SELECT 'took ' || extract(epoch FROM clock_timestamp() - :'began'::timestamptz);",
  ];
}

async function secondsOf(host: SandboxHost): Promise<readonly number[]> {
  const tables = ["CREATE TABLE bench_plain (id int, body text);", "CREATE TABLE bench_phi (id int, body bytea);"];
  const script = [
    "SET ROLE api;",
    "DROP TABLE IF EXISTS bench_plain, bench_phi;",
    ...tables,
    ...STATEMENTS,
    "DROP TABLE bench_plain, bench_phi;",
  ];
  const psql = [
    "docker",
    "exec",
    "--interactive",
    "db",
    "psql",
    "--no-psqlrc",
    "-qAt",
    "-v",
    "ON_ERROR_STOP=1",
    "-U",
    "phiward_api",
    "-d",
    "api",
  ];
  const { code, stdout, stderr } = await execInHost(host, psql, { stdin: script.join("\n") });
  if (code !== 0) throw new Error(`the database of the API: ${stderr}`);
  return [...stdout.matchAll(/^took ([\d.]+)$/gm)].map((match) => Number(match[1]));
}
