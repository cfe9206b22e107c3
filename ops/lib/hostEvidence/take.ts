/** Takes evidence of a host by what still reaches it: its people's login, that of deploys, and else what its vault keeps of it. */
import { lastingName } from "../../../components/config/names";
import { keepers } from "../../commands/audit";
import type { ResolvedStack } from "../command";
import { OperatorError } from "../errors";
import type { HostAddress } from "../hosts";
import { journalled, personTarget } from "../person";
import { deployTarget, overSsh, type SshTarget } from "../ssh";
import { warn } from "../terminal";
import { requireSigned } from "./chain";
import { OtherEvidence } from "./members";
import { writeReceipt } from "./receipt";
import { MOST_BYTES, MOST_BYTES_WITH_MEMORY, type Received, receive, type TakenItem, Unreachable } from "./receive";
import { type EvidenceQuestion, type EvidenceRequest, evidenceRequest, incidentKey } from "./request";
import { type Statement, statementOf } from "./statement";

/** Evidence that was taken. */
export interface Taken extends Omit<Received, "closed" | "words" | "code" | "stopped"> {
  readonly file: string;
  /** Who answered: the host itself, or its vault. */
  readonly host: string;
  readonly seconds: number;
  /** Undefined where it was cut off. */
  readonly statement?: Statement;
  /** Why it proves less than it should; undefined where nothing is wrong. */
  readonly trouble?: string;
}

/** What is taken, by whom, and where to. */
export interface TakeOptions {
  readonly person: string;
  readonly file: string;
  readonly since: Date;
  /** All memory too, where the host itself answers. */
  readonly memory?: boolean;
  readonly onItem?: (item: TakenItem) => void;
  readonly onBytes?: (bytes: number) => void;
}

interface Way {
  readonly host: HostAddress;
  readonly target: SshTarget;
  readonly question: EvidenceQuestion;
  readonly words: string;
}

/** Throws OperatorError where neither the host nor its vault is reached. */
export async function takeEvidence(stack: ResolvedStack, host: HostAddress, options: TakeOptions): Promise<Taken> {
  const reasons: string[] = [];
  for (const way of ways(stack, host, options)) {
    try {
      return await takenBy(stack, way, options);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      reasons.push(`${way.words}: ${error.message}`);
      warn(`${way.words}: nothing came (${error.message})`);
    }
  }
  throw new OperatorError(`${host.name}: no evidence was taken.\n${reasons.join("\n")}`, 2);
}

function ways({ config, hosts }: ResolvedStack, host: HostAddress, { person, since, memory = false }: TakeOptions): readonly Way[] {
  const question: EvidenceQuestion = { mode: "evidence", host: host.name, since, memory };
  const declared = config.hosts.find(({ name }) => name === host.name);
  const of = declared === undefined ? host.name : lastingName(declared);
  return [
    { host, target: personTarget(host, person), question, words: `${host.name} as ${person}` },
    { host, target: deployTarget(host), question, words: `${host.name} by the login of deploys` },
    ...keepers({ config, hosts })
      .filter(({ name }) => name !== host.name)
      .filter(({ name }) => config.hosts.some((entry) => entry.name === name && entry.role === "vault"))
      .map((vault) => ({
        host: vault,
        target: personTarget(vault, person),
        question: { mode: "kept", host: vault.name, since, of } as const,
        words: `what ${vault.name} keeps of ${host.name}`,
      })),
  ];
}

async function takenBy(stack: ResolvedStack, { host, target, question }: Way, options: TakeOptions): Promise<Taken> {
  const request = evidenceRequest(stack.config, question);
  const begun = performance.now();
  const received = await receive(target, request, {
    path: options.file,
    recipient: incidentKey(stack.config),
    patience: stack.context.patience,
    most: question.memory === true ? MOST_BYTES_WITH_MEMORY : MOST_BYTES,
    onItem: options.onItem ?? (() => undefined),
    onBytes: options.onBytes,
  });
  const { closed, words, code, sha256, bytes, items } = received;
  const seconds = (performance.now() - begun) / 1000;
  writeReceipt(options.file, {
    ...{ host: host.name, hostKey: host.hostKey, sha256, bytes },
    statement: closed?.text ?? null,
    signature: closed?.signature ?? null,
  });
  const taken = { sha256, bytes, items, file: options.file, host: host.name, seconds };
  const trouble = troubleOf(received, request, host);
  const statement = closed === undefined ? undefined : readOrNone(closed.text);
  return {
    ...taken,
    ...(statement === undefined ? {} : { statement }),
    ...(trouble === undefined ? {} : { trouble: words === "" || code === 0 ? trouble : `${trouble}; the host said: ${words.trim()}` }),
  };
}

function readOrNone(text: string): Statement | undefined {
  try {
    return statementOf(text);
  } catch {
    return undefined;
  }
}

function troubleOf({ closed, code, stopped }: Received, { nonce, sha256 }: EvidenceRequest, { hostKey }: HostAddress): string | undefined {
  if (stopped !== undefined) return `it was cut off here, and what came is kept: ${stopped}`;
  if (closed === undefined) return "it was cut off: what came is kept, and nothing says that it is all";
  const statement = readOrNone(closed.text);
  if (statement === undefined) return "what closes it is of another form";
  if (statement.nonce !== nonce || statement.request !== sha256) return "it answers another request than this one";
  if (code !== 0) return `the host ended with exit code ${String(code)} after it`;
  try {
    requireSigned(closed, hostKey);
  } catch (error) {
    if (error instanceof OtherEvidence) return error.message;
    throw error;
  }
  return undefined;
}

/** Puts on record where the host cannot change it that evidence was taken or opened. Returns the vaults that took it. */
export async function putOnRecord(stack: ResolvedStack, person: string, line: string): Promise<readonly string[]> {
  const vaults = stack.config.hosts.filter(({ role }) => role === "vault").map(({ name }) => name);
  const took: string[] = [];
  for (const host of stack.hosts.filter(({ name }) => vaults.includes(name))) {
    const { code, stderr } = await overSsh(personTarget(host, person), journalled(line), "", stack.context.patience);
    if (code === 0) took.push(host.name);
    else warn(`${host.name}: it is not on record there: ${stderr.trim()}`);
  }
  return took;
}
