import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Argv } from "../../ops/lib/programs";
import { SandboxFailed } from "./errors";
import { run } from "./run";

/** An archive's package lists, as apt gets them. */
export interface ListsOrigin {
  /** What apt reads as its sources: see `debianSources`. */
  readonly sources: string;
  /** Lines of apt.conf(5). */
  readonly settings: readonly string[];
}

/** Keeps what apt complains of, without its mark; the first is the cause, those after it are what came of it. */
export function errorsInto(errors: string[]): (line: string) => void {
  return (line) => {
    if (line.startsWith("E: ")) errors.push(line.slice(3));
  };
}

const fetched = new Map<string, Promise<string>>();

/**
 * Returns a directory of the lists that apt has of an archive, fetched and proven once for all builds of this process, at whose end
 * it is removed. Its path has letters, digits and dashes alone between its slashes, unless TMPDIR has others.
 */
export function packageLists(origin: ListsOrigin): Promise<string> {
  const key = JSON.stringify(origin);
  const known = fetched.get(key) ?? fetch(origin);
  fetched.set(key, known);
  known.catch(() => fetched.delete(key));
  return known;
}

async function fetch({ sources, settings }: ListsOrigin): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "phiward-lists-"));
  process.once("exit", () => {
    rmSync(directory, { recursive: true, force: true });
  });
  // Lists are fetched by the account _apt.
  chmodSync(directory, 0o755);
  for (const part of ["lists/partial", "cache", "parts"]) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, "parts/debian.sources"), sources);
  const configuration = join(directory, "apt.conf");
  const places = [
    // What this machine's own settings say is not for hosts.
    'Dir::Etc::Main "/dev/null";',
    'Dir::Etc::Parts "/dev/null";',
    `Dir::State::Lists "${join(directory, "lists")}";`,
    // An empty status, so that nothing of this machine's packages counts.
    'Dir::State::Status "/dev/null";',
    `Dir::Cache "${join(directory, "cache")}";`,
    'Dir::Etc::SourceList "/dev/null";',
    `Dir::Etc::SourceParts "${join(directory, "parts")}";`,
  ];
  writeFileSync(configuration, `${[...places, ...settings].join("\n")}\n`);
  // By default lists that cannot be fetched are no error to it.
  const argv: Argv = ["apt-get", "update", "--quiet", "--option=APT::Update::Error-Mode=any"];
  const errors: string[] = [];
  const { code } = await run(argv, { env: { ...process.env, APT_CONFIG: configuration }, onLine: errorsInto(errors) });
  if (code !== 0) throw new SandboxFailed(errors[0] ?? `apt-get: exit ${String(code)}`);
  return join(directory, "lists");
}
