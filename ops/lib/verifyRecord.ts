/** What verify found on the hosts of a stack, and when: what `phiward verify --json` prints. */
import { z } from "zod";
import { checkResult } from "./agent";

/** Why a fault is accepted, by whom, and until when. */
export const acceptance = z.object({
  reason: z.string(),
  owner: z.string(),
  approver: z.string(),
  ticket: z.string(),
  expires: z.iso.date(),
});

/** The record; a host is in one of its two lists. */
export const verifyRecord = z.object({
  stack: z.string(),
  /** When the hosts had answered: ISO 8601, in UTC. */
  date: z.iso.datetime(),
  /** Version of the agent that asked the checks: SHA-256, hexadecimal. */
  programs: z.string(),
  /** A failure that is accepted stays one, with its waiver. */
  hosts: z
    .array(z.object({ host: z.string(), results: z.array(checkResult.extend({ waiver: acceptance.exactOptional() })).readonly() }))
    .readonly(),
  /** Hosts that could not be asked, and what stood in the way. */
  unanswered: z.array(z.object({ host: z.string(), reason: z.string() })).readonly(),
  /** What is wrong with the stack's waivers, each at its line. */
  waivers: z.array(z.object({ line: z.number(), key: z.string(), found: z.string(), allowed: z.string() })).readonly(),
});

/** What verify found on the hosts of a stack. */
export type VerifyRecord = z.infer<typeof verifyRecord>;
