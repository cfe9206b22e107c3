/** Who did what on which host, as a vault tells it from the journals that it keeps (components/host/phiward_host/records). */
import { createHash } from "node:crypto";
import { z } from "zod";
import { containerUser } from "../../../components/config/containerIds";
import { lastingName } from "../../../components/config/names";
import type { StackConfig } from "../../../components/config/schema";
import { programCommand } from "../../../components/plan/programs";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh, type Patience } from "../ssh";
import { hostJson } from "../terminal";
import { ACT_KINDS } from "./kinds";

const act = z.object({
  /** Microseconds since 1970. */
  time: z.number().int().nonnegative().max(8.64e18),
  host: z.string(),
  kind: z.enum(ACT_KINDS),
  what: z.string(),
  who: z.string().optional(),
  from: z.string().optional(),
  outcome: z.string().optional(),
  key: z.string().optional(),
});
const last = z.object({ end: z.literal(true), acts: z.number(), more: z.boolean(), hosts: z.record(z.string(), z.number()) });

/**
 * One act, at a time in ISO 8601 in UTC; `person` is whose SSH key it was, and `container` the service whose user it was, where the
 * stack still declares them.
 */
export interface AuditAct extends Omit<z.infer<typeof act>, "time"> {
  readonly time: string;
  readonly person?: string;
  readonly container?: string;
  /** Of a deploy, by Pulumi's history: the first twelve digits, and a plus where the work tree had changes besides. */
  readonly commit?: string;
}

/** Whose an account is: people by the fingerprint of a key, services by the account (`uid NUMBER`) that their containers run as. */
export interface Owners {
  readonly keys: ReadonlyMap<string, string>;
  readonly containers: ReadonlyMap<string, string>;
}

/** What is asked. */
export interface Question {
  readonly from: Date;
  readonly to: Date;
  readonly host?: string;
  readonly who?: string;
  readonly what?: readonly (typeof ACT_KINDS)[number][];
  /** The most acts that are answered. */
  readonly most?: number;
}

/** The answer of one vault. */
export interface Answer {
  readonly acts: readonly AuditAct[];
  /** Whether there is more than was asked for at most. */
  readonly more: boolean;
  /** Journal files of each host that the vault has one of. */
  readonly hosts: Readonly<Record<string, number>>;
}

/** Whose accounts are, of a stack. */
export function ownersOf(config: Pick<StackConfig, "people" | "services">): Owners {
  const containers = config.services.map((service) => [`uid ${String(containerUser(service).uid)}`, service.name] as const);
  return { keys: fingerprints(config), containers: new Map(containers) };
}

/** Fingerprints (`SHA256:…`, as sshd logs them) of the keys of people, with whose they are. */
export function fingerprints({ people }: Pick<StackConfig, "people">): ReadonlyMap<string, string> {
  return new Map(people.flatMap(({ name, keys }) => keys.map((key) => [fingerprint(key), name] as const)));
}

/** The fingerprint of a public key: of its type and base64, whatever follows. */
export function fingerprint(key: string): string {
  const blob = Buffer.from(key.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The command that asks a host: it runs as root there, through sudo. */
export function auditCommand(own: string, question: Question, keys: ReadonlyMap<string, string>): readonly string[] {
  const { from, to, host, who, what = [], most } = question;
  const mine = [...keys].filter(([, person]) => person === who).map(([key]) => `key=${key}`);
  return programCommand(
    "records",
    "acts",
    ...[`own=${own}`, `from=${seconds(from)}`, `to=${seconds(to)}`],
    ...(host === undefined ? [] : [`host=${host}`]),
    ...(who === undefined ? [] : [`who=${who}`, ...mine]),
    ...what.map((kind) => `what=${kind}`),
    ...(most === undefined ? [] : [`most=${String(most)}`]),
  );
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** Asks a host as a person. Throws OperatorError with the host's own sentence where it refuses, and where its answer was cut off. */
export async function askActs(
  config: StackConfig,
  host: HostAddress,
  person: string,
  question: Question,
  patience: Patience,
): Promise<Answer> {
  const owners = ownersOf(config);
  const there = host.name === question.host ? question : { ...question, ...keptAs(config, question.host) };
  const command = `exec sudo -n ${auditCommand(host.name, there, owners.keys).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr });
  return asCalledNow(config, answerOf(host.name, stdout, owners));
}

// A vault keeps the records of a host by the name that it had first.
function keptAs({ hosts }: Pick<StackConfig, "hosts">, wanted: string | undefined): { readonly host?: string } {
  const found = hosts.find(({ name }) => name === wanted);
  return found === undefined ? {} : { host: lastingName(found) };
}

/** An answer in which hosts have their present names. */
export function asCalledNow({ hosts }: Pick<StackConfig, "hosts">, answer: Answer): Answer {
  const names = new Map(hosts.map((host) => [lastingName(host), host.name] as const));
  const now = (host: string): string => names.get(host) ?? host;
  return {
    ...answer,
    acts: answer.acts.map((act) => ({ ...act, host: now(act.host) })),
    hosts: Object.fromEntries(Object.entries(answer.hosts).map(([host, files]) => [now(host), files])),
  };
}

/** Reads the lines of an answer; all texts in it come back printable. */
export function answerOf(host: string, stdout: string, owners: Owners): Answer {
  try {
    const lines = stdout.trimEnd().split("\n");
    const { more, hosts } = hostJson(lines.at(-1) ?? "", last);
    const acts = lines.slice(0, -1).map((line) => withOwner(hostJson(line, act), owners));
    return { acts: acts.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)), more, hosts };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new OperatorError(`${host}: its answer was cut off, or is not one of the record; ask again`, 2);
    throw error;
  }
}

function withOwner({ time, ...said }: z.infer<typeof act>, { keys, containers }: Owners): AuditAct {
  const person = said.key === undefined ? undefined : keys.get(said.key);
  const container = said.who === undefined ? undefined : containers.get(said.who);
  // Microseconds are kept: several acts are often within one millisecond.
  const iso = new Date(Math.floor(time / 1000)).toISOString().replace("Z", `${String(time % 1000).padStart(3, "0")}Z`);
  return {
    ...{ time: iso, ...said },
    ...(person === undefined || person === said.who ? {} : { person }),
    ...(container === undefined ? {} : { container }),
  };
}
