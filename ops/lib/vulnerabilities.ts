/** What a host's own looks found: known vulnerabilities of its packages and its images, and lynis' judgement of its settings. */
import { z } from "zod";
import { programCommand } from "../../components/plan/programs";
import { OperatorError, refusalOf } from "./errors";
import type { HostAddress } from "./hosts";
import { personTarget } from "./person";
import { overSsh, type Patience } from "./ssh";
import { hostJson, oneLine } from "./terminal";

const waiting = z.object({
  package: z.string(),
  installed: z.string(),
  fixed: z.string(),
  cves: z.array(z.string()),
  severity: z.enum(["high", "medium", "low", "unknown"]),
  /** When a look found that it is there, in seconds. */
  since: z.number(),
});

const place = z.object({
  /** `host`, or the name of an image. */
  where: z.string(),
  containers: z.array(z.string()),
  system: z.string(),
  /** Why nothing is known of it; empty where something is. */
  untold: z.string(),
  waiting: z.array(waiting),
  /** CVEs that Debian has not mended, by severity; null without the tracker's data. */
  unfixed: z.record(z.string(), z.number()).nullable(),
});

const report = z.object({
  now: z.number(),
  look: z.object({ at: z.number(), archive: z.number().nullable(), tracker: z.number().nullable(), places: z.array(place) }).nullable(),
  lynis: z
    .object({
      at: z.number(),
      version: z.string(),
      index: z.number(),
      dropped: z.number(),
      warnings: z.array(z.string()),
      suggestions: z.array(z.string()),
    })
    .nullable(),
});

/** What a host answered. */
export interface HostScans extends z.infer<typeof report> {
  readonly host: string;
}

/** A host that could not be asked, and why. */
export interface UnaskedHost {
  readonly host: string;
  readonly unreachable: string;
}

/** Asks each host by itself: one that does not answer keeps nothing of the others back. */
export async function askEach<Answer>(
  hosts: readonly HostAddress[],
  asks: (host: HostAddress) => Promise<Answer>,
): Promise<readonly (Answer | UnaskedHost)[]> {
  return Promise.all(
    hosts.map((host) =>
      asks(host).catch((error: unknown) => {
        if (error instanceof OperatorError) return { host: host.name, unreachable: error.message };
        throw error;
      }),
    ),
  );
}

/** Whether all were asked, and no update waits on any. */
export function isNoneWaiting(hosts: readonly (HostScans | UnaskedHost)[]): boolean {
  return hosts.every((scans) => !("unreachable" in scans) && (scans.look?.places ?? []).every(({ waiting }) => waiting.length === 0));
}

/** Asks a host as a person, who needs sudo there. Throws OperatorError where it does not answer. */
export async function askScans(host: HostAddress, person: string, patience: Patience): Promise<HostScans> {
  const command = `sudo -n ${programCommand("scans", "report").join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  try {
    return { host: host.name, ...hostJson(stdout, report) };
  } catch {
    throw new OperatorError(`${host.name}: found an answer of another form, allowed: that of this version; run npx phiward up`, 2);
  }
}

/** How many packages wait, by severity, the gravest first; those of none are left out. */
export function countedWaiting(scans: HostScans): string {
  const all = (scans.look?.places ?? []).flatMap((one) => one.waiting);
  const counts = waiting.shape.severity.options.map((severity) => {
    const count = all.filter((one) => one.severity === severity).length;
    return count === 0 ? "" : `${String(count)} ${severity}`;
  });
  return counts.filter((text) => text !== "").join(", ") || "none";
}
