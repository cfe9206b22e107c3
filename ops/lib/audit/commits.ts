/** Which commit a deploy was of, by the history that Pulumi keeps beside a stack's state: no host has a part in that. */
import { z } from "zod";
import type { OpenStack } from "../command";
import { SANDBOX_STACK } from "../context";
import { OperatorError } from "../errors";
import { readyProject } from "../localProject";
import { askPulumi, pulumiVersion } from "../pulumi";
import type { AuditAct } from "./acts";

/**
 * A run of Pulumi that changed the stack, in milliseconds since 1970; `commit` is that of the work tree it ran in, if any: twelve
 * digits, and a plus where there were changes besides.
 */
export interface Update {
  readonly begin: number;
  readonly end: number;
  readonly commit?: string;
}

// Of one that was killed nobody knows the end.
const update = z.object({
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime().optional(),
  environment: z.record(z.string(), z.string()).catch({}),
});
const COMMIT = /^[0-9a-f]{40,64}$/;
const PAGE = 50;
const MOST_PAGES = 20;
// Between the clock of a host and that of whoever deploys.
const SLACK_MS = 5000;

/** A page of `pulumi stack history --json`, the newest first as there. Throws SyntaxError or ZodError where it is of another form. */
export function updatesOf(history: string): readonly Update[] {
  return z
    .array(update)
    .parse(JSON.parse(history))
    .map(({ startTime, endTime, environment }) => {
      const head = environment["git.head"] ?? "";
      const changes = environment["git.dirty"] === "true" ? "+" : "";
      const begin = Date.parse(startTime);
      return {
        begin,
        end: endTime === undefined ? begin : Date.parse(endTime),
        ...(COMMIT.test(head) ? { commit: `${head.slice(0, 12)}${changes}` } : {}),
      };
    });
}

/** The same acts; each deploy that happened during one update alone has its commit. */
export function withCommits(acts: readonly AuditAct[], updates: readonly Update[]): readonly AuditAct[] {
  return acts.map((act) => {
    if (act.kind !== "deploy") return act;
    const at = Date.parse(act.time);
    const commits = new Set(updates.filter(({ begin, end }) => at >= begin - SLACK_MS && at <= end + SLACK_MS).map(({ commit }) => commit));
    const [commit] = commits;
    // Of two at once neither is known to be the one.
    return commit === undefined || commits.size > 1 ? act : { ...act, commit };
  });
}

/** The updates of a stack, back to `from`. Throws OperatorError where Pulumi does not answer, SyntaxError or ZodError where it answers otherwise. */
function updatesSince(stack: string, from: Date, project: string | undefined): readonly Update[] {
  const found: Update[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const words = ["stack", "history", "--json", "--stack", stack, "--page-size", String(PAGE), "--page", String(page)];
    const updates = updatesOf(askPulumi(words, process.env, project));
    found.push(...updates);
    const oldest = updates.at(-1);
    if (oldest === undefined || updates.length < PAGE || oldest.begin < from.getTime()) break;
  }
  return found;
}

/** The acts with the commits of their deploys, and what to say where these could not be had. */
export function actsWithCommits(
  acts: readonly AuditAct[],
  { stack, context }: Pick<OpenStack, "stack" | "context">,
  from: Date,
): { readonly acts: readonly AuditAct[]; readonly reason?: string } {
  const { file, pulumi } = context;
  // The embedded engine of a sandbox keeps no history.
  if (!acts.some(({ kind }) => kind === "deploy") || (stack === SANDBOX_STACK && pulumi === undefined)) return { acts };
  const lacking = "deploys are shown without their commits";
  if (pulumiVersion() === undefined) return { acts, reason: `${lacking}, which Pulumi's history has: found no pulumi on PATH` };
  if (pulumi !== undefined) readyProject(pulumi, stack, file);
  try {
    return { acts: withCommits(acts, updatesSince(stack, from, pulumi?.project)) };
  } catch (error) {
    if (error instanceof OperatorError) return { acts, reason: `${lacking}: ${error.message}` };
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      return { acts, reason: `${lacking}: pulumi stack history gave an answer of another form` };
    throw error;
  }
}
