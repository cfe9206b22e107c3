/** What a host is asked for its evidence, or for what changed on it: with the program that looks, and what this machine declares of it. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { StackConfig } from "../../../components/config/schema";
import { evidenceArchive } from "../../../components/host/archive";
import type { PlanFile } from "../../../components/plan/files";
import { packed, sha256Of } from "../../../components/plan/request";
import { hostPlans } from "../../../components/registry";
import { adoptPlan } from "../../../components/system/adoption/plan";

/** `evidence`: all that a host shows. `findings`: what changed. `kept`: what a host keeps of another one, `of`. */
export type EvidenceMode = "evidence" | "findings" | "kept";

/** What is asked, in words of the operator. */
export interface EvidenceQuestion {
  readonly mode: EvidenceMode;
  /** The host that answers. */
  readonly host: string;
  /** Of logs and changes, what came after it. */
  readonly since: Date;
  readonly of?: string;
  /** All memory too, which is as large as the host's RAM. */
  readonly memory?: boolean;
}

/** A request on its way, and what its answer has to name. */
export interface EvidenceRequest {
  readonly stdin: string;
  readonly sha256: string;
  readonly nonce: string;
}

/** Whom evidence is encrypted to. */
export function incidentKey({ audit, recovery }: Pick<StackConfig, "audit" | "recovery">): string {
  return audit.sessionsKey ?? recovery.publicKey;
}

/** The request for one host. */
export function evidenceRequest(config: StackConfig, { mode, host, since, of, memory = false }: EvidenceQuestion): EvidenceRequest {
  const nonce = randomBytes(16).toString("hex");
  const { declared, digests } = declaredOf(config, host);
  const { stdin, sha256 } = packed(evidenceArchive().toString("base64"), {
    ...{ mode, host, nonce, declared, digests },
    recipient: mode === "findings" ? null : incidentKey(config),
    since: Math.floor(since.getTime() / 1000),
    ...(of === undefined ? {} : { of }),
    ...(memory ? { memory } : {}),
  });
  return { stdin, sha256, nonce };
}

const SETTINGS = "/etc/phiward/integrity.json";

/** What the stack declares of a host: of each file what it may hold, as SHA-256, and nothing where only the host knows it. */
export function declaredOf(config: StackConfig, host: string): { readonly declared: unknown; readonly digests: Record<string, string[]> } {
  const files = [adoptPlan(config), ...hostPlans(config, host)].flatMap((plan) => plan.files);
  const settings = files.findLast(({ path }) => path === SETTINGS)?.content;
  const declared: unknown = JSON.parse(settings?.kind === "text" ? settings.text : "null");
  return { declared: z.object({}).loose().parse(declared), digests: Object.fromEntries(files.map((file) => [file.path, allowed(file)])) };
}

function allowed({ content }: PlanFile): string[] {
  if (content.kind === "text") return [sha256Of(content.text)];
  if (content.kind === "bytes") return [sha256Of(Buffer.from(content.bytes, "base64"))];
  if (content.kind !== "versioned") return [];
  const { cases, otherwise } = content.versioned;
  return [...new Set([...cases.map(({ text }) => text), otherwise])].map(sha256Of);
}
