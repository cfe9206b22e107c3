/** What Pulumi's engine says of a preview, an event a line (`pulumi preview --json` with streaming on). */
import { z } from "zod";

// Of secrets it holds "[secret]" in their places.
const properties = z.record(z.string(), z.unknown());

const resource = z.object({
  type: z.string(),
  parent: z.string().nullish(),
  inputs: properties.nullish(),
});

/** A resource as the state has it, or as the program declares it. */
export type Resource = z.infer<typeof resource>;

const step = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: resource.nullish(),
  new: resource.nullish(),
  diffs: z.array(z.string()).nullish(),
});

/** What Pulumi is to do with a resource: `same`, `create`, `update`, `delete`, `replace` and the parts of a replacement. */
export type Step = z.infer<typeof step>;

const finding = z.object({
  resourceUrn: z.string().optional(),
  message: z.string(),
  policyName: z.string(),
  enforcementLevel: z.string(),
});

/** What a policy says of a resource. */
export type Finding = z.infer<typeof finding>;

const diagnostic = z.object({ message: z.string(), severity: z.string(), ephemeral: z.boolean().optional() });

const event = z.object({
  resourcePreEvent: z.object({ metadata: step }).optional(),
  policyEvent: finding.optional(),
  diagnosticEvent: diagnostic.optional(),
  errorEvent: z.object({ error: z.string() }).optional(),
});

/** All that a preview came to. */
export interface Preview {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  /** Of the engine and the program: errors, warnings and what they print, each once. */
  readonly messages: readonly string[];
}

/** The preview in the lines that Pulumi prints; a line that is not an event is a message. */
export function readPreview(lines: readonly string[]): Preview {
  const events = lines.map((line) => ({ line, ...parsed(line) }));
  const messages = events.flatMap(({ line, isEvent, found }) => {
    if (!isEvent) return line.trim() === "" ? [] : [line];
    const said = found.diagnosticEvent;
    if (found.errorEvent !== undefined) return [found.errorEvent.error];
    return said === undefined || said.severity === "debug" || said.ephemeral === true || said.message.trim() === "" ? [] : [said.message];
  });
  return {
    steps: events.flatMap(({ found }) => found.resourcePreEvent?.metadata ?? []),
    findings: events.flatMap(({ found }) => found.policyEvent ?? []),
    messages: [...new Set(messages.map((message) => message.trimEnd()))],
  };
}

function parsed(line: string): { readonly isEvent: boolean; readonly found: z.infer<typeof event> } {
  try {
    return { isEvent: true, found: event.parse(JSON.parse(line)) };
  } catch {
    return { isEvent: false, found: {} };
  }
}
