/** The record of incidents of a stack, as this machine and the vault have it together: each gets what only the other one has. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { INCIDENT_NAMESPACE } from "../../../components/compliance/incidents";
import type { OpenStack } from "../command";
import { appendLine } from "../duties/file";
import { withVerifier } from "../duties/signatures";
import { OperatorError } from "../errors";
import { withProgress } from "../progress";
import { CONFIG_FAULT } from "../pulumiYaml";
import { warn } from "../terminal";
import { type IncidentRecord, type ReadEntry, readIncidents } from "./entry";
import { fetched, kept, type Vault, vaultsOf } from "./vault";

const MOST_BYTES = 16 * 1024 * 1024;

/** A record, and the vault that has the same of it: none where the stack has none, or it could not be asked. */
export interface Joined {
  readonly record: IncidentRecord;
  readonly path: string;
  readonly vaults: readonly Vault[];
}

/** Path of the record of a stack: beside its `Pulumi.<stack>.yaml`. */
export function incidentsBeside(stackFile: string): string {
  return join(dirname(stackFile), basename(stackFile).replace(/^Pulumi\.(.*)\.yaml$/, "incidents.$1.jsonl"));
}

/** What this machine has. Throws OperatorError of its first fault. */
export function ownIncidents({ stack, context, config }: OpenStack): IncidentRecord {
  const path = incidentsBeside(context.file);
  return withVerifier(config, (verifier) => readIncidents(path, textAt(path), stack, verifier), INCIDENT_NAMESPACE);
}

/** The person by whose login vaults are asked: `as`, or this machine's user; undefined where they have no sudo there. */
export function asker({ config }: Pick<OpenStack, "config">, as?: string): string | undefined {
  const wanted = as ?? userInfo().username;
  return config.people.find(({ name, sudo }) => name === wanted && sudo)?.name;
}

/**
 * Joins this machine's record and the vault's: what only the vault has is added to the file. A vault that cannot be asked is said, and
 * what is here is worked with. Throws OperatorError where the two go on from one entry in two ways, and where a record is faulty.
 */
export async function joinedIncidents(open: OpenStack, person: string | undefined): Promise<Joined> {
  const path = incidentsBeside(open.context.file);
  const own = ownIncidents(open);
  const vaults = vaultsOf(open);
  if (vaults.length === 0) {
    warn(
      `the stack has no vault: the record is ${path} alone, and nothing alerts before a clock is over; look at npx phiward incident status`,
    );
    return { record: own, path, vaults };
  }
  if (person === undefined) {
    warn(`the vault is not asked, since nobody with sudo there asks: give --as NAME; this is what ${path} has`);
    return { record: own, path, vaults: [] };
  }
  let record = own;
  const answering: Vault[] = [];
  for (const vault of vaults) {
    const answer = await withProgress(`asking ${vault.name} for the record of incidents`, () => fetched(open, vault, person));
    if ("why" in answer) {
      warn(`${vault.name} could not be asked (${answer.why}): this is what ${path} has, and the vault gets it with the next entry`);
      continue;
    }
    const theirs = withVerifier(
      open.config,
      (verifier) => readIncidents(vault.name, answer.text, open.stack, verifier),
      INCIDENT_NAMESPACE,
    );
    record = joined(record, theirs, vault.name, path);
    answering.push(vault);
  }
  for (const each of newIn(record, own)) appendLine(path, each.line);
  return { record, path, vaults: answering };
}

/** Adds a line: at the vaults first, since what they refuse is of a record that lacks some; then to the file. Returns what is to be said. */
export async function addEntry(
  open: OpenStack,
  { record, path, vaults }: Joined,
  person: string,
  line: string,
): Promise<readonly string[]> {
  const text = `${[...textsOf(record), line].join("\n")}\n`;
  const said: string[] = [];
  for (const vault of vaults) {
    const { why } = await withProgress(`giving ${vault.name} the entry`, () => kept(open, vault, person, text));
    if (why !== undefined) said.push(`${vault.name} does not have it yet (${why}): the next entry brings it`);
  }
  appendLine(path, line);
  return said;
}

/** The lines of a record, incident by incident. */
function textsOf(record: IncidentRecord): readonly string[] {
  return [...record.values()].flatMap((entries) => entries.map(({ line }) => line));
}

function joined(one: IncidentRecord, other: IncidentRecord, vault: string, path: string): IncidentRecord {
  const numbers = [...new Set([...one.keys(), ...other.keys()])].toSorted((a, b) => a - b);
  return new Map(
    numbers.map((number) => {
      const [here, there] = [one.get(number) ?? [], other.get(number) ?? []];
      const same = Math.min(here.length, there.length);
      const fork = here.slice(0, same).findIndex(({ line }, index) => line !== there[index]?.line);
      if (fork >= 0)
        throw new OperatorError(
          `incident ${String(number)}: found an entry in ${path}, number ${String(fork + 1)} of it, beside another one that ${vault} has, allowed: one record; ` +
            "take that line and those of this incident after it out of the file, run this again, and note what they said once more",
          1,
        );
      return [number, here.length >= there.length ? here : there] as const;
    }),
  );
}

function newIn(record: IncidentRecord, own: IncidentRecord): readonly ReadEntry[] {
  return [...record].flatMap(([number, entries]) => entries.slice(own.get(number)?.length ?? 0));
}

function textAt(path: string): string {
  if (!existsSync(path)) return "";
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > MOST_BYTES)
    throw new OperatorError(`${path}: found no plain file of at most 16 MiB, allowed: what npx phiward incident wrote`, CONFIG_FAULT);
  return readFileSync(path, "utf8");
}
