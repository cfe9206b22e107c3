/** Requests to the agent as policies read them in the standard input of a command. */
import { unzlibSync } from "fflate";
import { member, membersOf } from "../../components/config/unknown";
import type { HostPlan } from "../../components/plan/hostPlan";
import { AGENT_ARCHIVES } from "../../components/plan/request";
import { sha256OfSent } from "../../components/plan/reviewedArguments";

/** What a request asks for. */
export interface SentRequest {
  /** Whether the agent that it carries is one of ours. */
  readonly isOurAgent: boolean;
  readonly mode: string;
  /** Of an apply: the unit, and SHA-256 of its plan as its component shows it. */
  readonly plan?: { readonly unit: string; readonly sha256: string };
  /** Of any other: all that it asks for, as the agent reads it. */
  readonly asked: Readonly<Record<string, unknown>>;
}

const HEAD = /^phiward (\d{1,9}) [0-9a-f]{64}\n/;

/** The request in a text; undefined where it is none, or has another form. */
export function sentRequest(text: string): SentRequest | undefined {
  const head = HEAD.exec(text)?.[0];
  if (head === undefined) return undefined;
  try {
    const body: unknown = JSON.parse(text.slice(head.length));
    const compressed = member(body, "compressed");
    const request: unknown =
      typeof compressed === "string" ? JSON.parse(Buffer.from(unzlibSync(Buffer.from(compressed, "base64"))).toString()) : body;
    const [agent, mode, plan] = [member(body, "agent"), member(request, "mode"), member(request, "plan")];
    if (typeof agent !== "string" || typeof mode !== "string") return undefined;
    const sent = { isOurAgent: AGENT_ARCHIVES.includes(agent), mode, asked: membersOf(request) };
    // What is not of a plan's form fails on the way to its hash.
    return mode === "apply" ? { ...sent, plan: { unit: String(member(plan, "unit")), sha256: sha256OfSent(plan as HostPlan) } } : sent;
  } catch {
    return undefined;
  }
}
