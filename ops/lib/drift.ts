/** What nobody declared on a host, as its own inventory reports it, and what ends each of them. */
import { z } from "zod";
import { programCommand } from "../../components/plan/programs";
import { OperatorError, refusalOf } from "./errors";
import type { HostAddress } from "./hosts";
import { personTarget, quoted } from "./person";
import { overSsh, type Patience } from "./ssh";
import { hostJson, oneLine } from "./terminal";

const finding = z.object({
  kind: z.string(),
  path: z.string(),
  /** SHA-256 of a file's content, or another text that changes with it. */
  digest: z.string(),
  /** `up`: a deploy puts it right. `host`: this command ends it, as root. `look`: this one shows what is to be decided about. */
  remedy: z.object({ by: z.enum(["up", "host", "look"]), command: z.string() }),
  /** Whether the stack's file may accept it. */
  acceptable: z.boolean(),
});
/** One thing that was found. */
export type DriftFinding = z.infer<typeof finding>;

const driftReport = z.object({
  /** SHA-256 of the baseline; null before the first. */
  seal: z.string().nullable(),
  daily: z.object({ hours: z.number(), cpu: z.number() }).nullable(),
  found: z.array(finding),
});

/** What a host answered. */
export interface HostDrift extends z.infer<typeof driftReport> {
  readonly host: string;
}

/** Asks a host as a person, who needs sudo there. Throws OperatorError where it does not answer. */
export async function askDrift(host: HostAddress, person: string, patience: Patience): Promise<HostDrift> {
  const command = `sudo -n ${programCommand("integrity", "report").join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  try {
    return { host: host.name, ...hostJson(stdout, driftReport) };
  } catch {
    throw new OperatorError(`${host.name}: found an answer of another form, allowed: that of this version; run npx phiward up`, 2);
  }
}

/** The findings of a stack's hosts for a person, each with what ends it. */
export function driftText(stack: string, hosts: readonly HostDrift[]): string {
  return hosts.map((host) => [headingOf(host), ...host.found.flatMap((one) => linesOf(stack, host.host, one))].join("\n")).join("\n\n");
}

function headingOf({ host, seal, daily, found }: HostDrift): string {
  const look =
    daily === null
      ? "no daily look yet"
      : `the last daily look was ${String(daily.hours)} hours ago and took ${String(daily.cpu)} s of CPU`;
  return `${host}: ${String(found.length)} found; ${look}; ${seal === null ? "no baseline yet" : `baseline ${seal}`}`;
}

function linesOf(stack: string, host: string, { kind, path, remedy, acceptable }: DriftFinding): readonly string[] {
  const accept = `npx phiward accept ${host} ${quoted(path)} --stack ${stack} --reason TEXT --owner NAME --expires DAY`;
  return [`  ${kind}: ${path}`, `    ${endedBy(stack, remedy)}`, ...(acceptable ? [`    accept:  ${accept}`] : [])];
}

function endedBy(stack: string, { by, command }: DriftFinding["remedy"]): string {
  if (by === "up") return `repair:  npx phiward up --stack ${stack}`;
  // As root: some are two commands.
  return by === "host" ? `remove:  sudo sh -c ${quoted(command)}` : `look at: sudo ${command}`;
}
