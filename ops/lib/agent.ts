/** Asks the agent on a host, and reads its one line. */
import { z } from "zod";
import { AGENT_COMMAND, type AgentRequest, envelope } from "../../components/plan/request";
import { OperatorError } from "./errors";
import { overSsh, type Patience, type SshTarget } from "./ssh";
import { hostJson } from "./terminal";

/** One check's result on a running host. */
export const checkResult = z.object({
  unit: z.string(),
  id: z.string(),
  status: z.enum(["pass", "fail", "skipped"]),
  reason: z.string().optional(),
  expected: z.unknown().optional(),
  seen: z.string().optional(),
});
/** One check's result on a running host. */
export type CheckResult = z.infer<typeof checkResult>;
/** The answer to a verify request. */
export const verifyAnswer = z.object({ results: z.array(checkResult) });
/** The answer to an inventory request. */
export const inventoryAnswer = z.object({
  found: z.array(z.object({ unit: z.string(), noun: z.string(), name: z.string(), holds: z.array(z.string()) })),
});
/** The answer to a status request. */
export const statusAnswer = z.object({
  /** SHA-256 of the agent and of what else requests of a deploy name by their hashes. */
  programs: z.array(z.string()),
  /** How what was asked besides went; null where a deploy has still to change the host. */
  results: z.array(checkResult).nullish(),
  /** Since when it is isolated, by whom and why; null where it is not. */
  isolated: z.string().nullish(),
  /** Who and what is kept out by hand, a line each: people, keys, networks. */
  contained: z.array(z.string()).nullish(),
  units: z.record(
    z.string(),
    z.object({ generation: z.string().nullable(), waits: z.boolean(), rolledBack: z.string().nullable(), drift: z.array(z.string()) }),
  ),
});
/** The answer to an apply request. */
export const applyAnswer = z.object({
  unit: z.string(),
  status: z.enum(["changed", "unchanged"]),
  changed: z.array(z.string()),
  generation: z.string(),
  confirmWithin: z.number().nullable(),
  escrow: z.record(z.string(), z.string()),
  reports: z.record(z.string(), z.string()),
});

/** The answer to an apply request. */
export type ApplyAnswer = z.infer<typeof applyAnswer>;

/** Sends a request to the agent and returns its answer. Throws OperatorError with the agent's own sentence if it refuses. */
export async function ask<T>(
  target: SshTarget,
  request: AgentRequest,
  answer: z.ZodType<T>,
  patience: Patience = {},
  command = AGENT_COMMAND,
): Promise<T> {
  const { code, stdout, stderr } = await overSsh(target, command, envelope(request).stdin, patience);
  if (code !== 0) throw new OperatorError(`${target.address}: ${stderr.trim() || `the agent ended with exit code ${String(code)}`}`, 2);
  try {
    return hostJson(stdout, answer, ["seen"]);
  } catch {
    throw new OperatorError(`${target.address}: unexpected output from the agent; does a login script print something?`, 2);
  }
}
