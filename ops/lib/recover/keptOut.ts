/** Who and what hosts of a stack keep out by hand, as each says it of itself, and by what acts another host keeps out the same. */
import { z } from "zod";
import type { StackConfig } from "../../../components/config/schema";
import { blockedNetwork } from "../../commands/block";
import { fingerprintOf, revokedKey } from "../../commands/revoke";
import { ask } from "../agent";
import type { OpenStack } from "../command";
import type { AskedAct } from "../containment/everywhere";
import { OperatorError } from "../errors";
import { type HostAddress, resolveHosts, stackOutputs } from "../hosts";
import { deployTarget, type Patience } from "../ssh";

// What a host says of more is believed of none: people give these one by one.
const MOST = 1000;
// Within the times that a Date has.
const seconds = z.number().min(0).max(8e12);
const entry = z.object({ since: seconds, who: z.string(), why: z.string(), until: seconds, keys: z.array(z.string()).max(MOST) });
const entries = z.record(z.string(), entry).refine((found) => Object.keys(found).length <= MOST);
const keptOut = z.object({ people: entries, keys: entries, networks: entries });
const answer = z.object({ keptOut: keptOut.nullable() });
type Entry = z.infer<typeof entry>;

/** What one host says; `silent` is why it does not. */
export type Said = { readonly host: string } & ({ readonly kept: z.infer<typeof keptOut> } | { readonly silent: string });

// A host that hangs is not waited for.
const ASK_SECONDS = 60;
// As long as a host blocks for (isolation/keeping.py).
const LONGEST_SECONDS = 366 * 86_400;

/** Asks all hosts of the stack but one, the vault's answer first. None is waited for longer than two minutes. */
export async function askOthers({ stack, config, context }: OpenStack, but: string): Promise<readonly Said[]> {
  const { reachable } = resolveHosts(config, stackOutputs(config, stack));
  const isVault = ({ name }: HostAddress): boolean => name === config.backup?.offsite;
  const others = reachable.filter(({ name }) => name !== but);
  const inOrder = [...others.filter(isVault), ...others.filter((host) => !isVault(host))];
  return Promise.all(inOrder.map((host) => saidBy(host, context.patience)));
}

/** Asks one. It is waited for no longer than two minutes. */
export async function saidBy(host: HostAddress, patience: Patience): Promise<Said> {
  const how = { ...patience, retries: 1, mostSeconds: ASK_SECONDS };
  try {
    const { keptOut: kept } = await ask(deployTarget(host), { mode: "status", plans: [], secrets: {} }, answer, how);
    return kept === null ? { host: host.name, silent: "its record of that cannot be read" } : { host: host.name, kept };
  } catch (error) {
    if (error instanceof OperatorError) return { host: host.name, silent: error.message };
    throw error;
  }
}

/** An act that a host is asked for, and what is so then, for people. */
export interface KeepOut {
  readonly act: AskedAct;
  readonly words: string;
}

/** What hosts said, as acts on another host, each once; `left` are sentences on what becomes none. */
export interface Union {
  readonly acts: readonly KeepOut[];
  readonly left: readonly string[];
}

interface Found {
  readonly host: string;
  readonly name: string;
  readonly entry: Entry;
}

/** The union of what hosts said. Of an entry that several have, the first one's reason counts, and the end of a block that is last. */
export function unionOf(said: readonly Said[], config: Pick<StackConfig, "people" | "hosts">, now: number): Union {
  const all = (kind: "people" | "keys" | "networks"): readonly Found[] =>
    said.flatMap((one) => ("kept" in one ? Object.entries(one.kept[kind]).map(([name, of]) => ({ host: one.host, name, entry: of })) : []));
  const declared = new Map(config.people.map(({ name, keys }) => [name, keys]));
  const people = firstOf(all("people"));
  const locked = people.filter(({ name }) => declared.has(name));
  const former = people.filter(({ name }) => !declared.has(name));
  // Those that a person had when they were locked, and has in the file no more: a lock alone would not refuse them.
  const covered = new Set(locked.flatMap(({ name }) => (declared.get(name) ?? []).map(plainKey)));
  const ofPeople = people.flatMap((found) => found.entry.keys.map((name) => ({ ...found, name })));
  const keys = firstOf([...all("keys"), ...ofPeople.filter(({ name }) => !covered.has(name))]);
  const networks = firstOf(all("networks").toSorted(laterFirst)).filter(({ entry: { until } }) => until === 0 || until > now / 1000);
  const made = [
    ...locked.map((found) => attempt(found, () => ({ verb: "lock", what: found.name, words: `${found.name} is locked` }))),
    ...keys.map((found) =>
      attempt(found, () => {
        const key = revokedKey(config, found.name);
        return { verb: "revoke", what: key, words: `${fingerprintOf(key)} is revoked` };
      }),
    ),
    ...networks.map((found) => attempt(found, () => blockOf(found, now))),
  ];
  return {
    acts: made.flatMap((one) => (typeof one === "string" ? [] : [one])),
    left: [
      ...former.map(({ name, host }) => `${name}, locked at ${host}, has no account here: the stack's file does not declare them`),
      ...made.flatMap((one) => (typeof one === "string" ? [one] : [])),
    ],
  };
}

/** Whom hosts have locked and the stack's file declares: a new server admits them until it is asked not to. */
export function lockedAndDeclared(said: readonly Said[], { people }: Pick<StackConfig, "people">): readonly string[] {
  const names = new Set(said.flatMap((one) => ("kept" in one ? Object.keys(one.kept.people) : [])));
  return people.flatMap(({ name }) => (names.has(name) ? [name] : []));
}

type Wording = Pick<AskedAct, "verb" | "what" | "seconds"> & { readonly words: string };

// What a host names may be none of what it is to be: that is said, and goes no further.
function attempt(found: Found, make: () => Wording): KeepOut | string {
  try {
    const { words, ...act } = make();
    return { act: { ...act, why: reasonFor(found) }, words: `${words}, as at ${found.host} since ${sinceOf(found.entry)}` };
  } catch (error) {
    if (error instanceof OperatorError) return `! ${found.host}: ${error.message}`;
    throw error;
  }
}

function blockOf({ name, entry: { until } }: Found, now: number): Wording {
  const what = blockedNetwork(name);
  const left = until === 0 ? {} : { seconds: Math.min(Math.ceil(until - now / 1000), LONGEST_SECONDS) };
  return { verb: "block", what, ...left, words: `${what} is blocked` };
}

// As reasons go on a host's record: a line of ASCII.
function reasonFor({ host, entry: of }: Found): string {
  const text = `recovered: kept out at ${host} since ${sinceOf(of)} by ${of.who}: ${of.why}`;
  return text
    .replaceAll(/[^ -~]/g, "?")
    .slice(0, 300)
    .trimEnd();
}

function sinceOf({ since }: Entry): string {
  return `${new Date(since * 1000).toISOString().slice(0, 19)}Z`;
}

function laterFirst({ entry: { until } }: Found, { entry: other }: Found): number {
  if (until === 0 || other.until === 0) return Number(other.until === 0) - Number(until === 0);
  return other.until - until;
}

function firstOf(found: readonly Found[]): readonly Found[] {
  const named = new Map<string, Found>();
  for (const one of found) if (!named.has(one.name)) named.set(one.name, one);
  return [...named.values()];
}

function plainKey(line: string): string {
  return line.split(" ").slice(0, 2).join(" ");
}
