/**
 * Parts of OSCAL assessment results, version 1.1.3, as https://pages.nist.gov/OSCAL-Reference/models/ has them: what was looked at, what
 * was seen, and what follows for each control. Everything has a UUID that follows from its name, so that two reports of the same say the same.
 */
import { createHash } from "node:crypto";
import { oneLine } from "../terminal";

/** The version of OSCAL that is written. */
export const OSCAL_VERSION = "1.1.3";

/** Whose the names of our properties are; under a domain that is reserved, so that it is nobody else's. */
export const NAMESPACE_URI = "https://phiward.invalid/ns/oscal";

/** A value with a name; the name is a token, the value a line of text. */
export interface Property {
  readonly name: string;
  readonly ns: typeof NAMESPACE_URI;
  readonly value: string;
}

/** A thing that was looked at: a host, a resource, or the stack. */
export interface Component {
  readonly uuid: string;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly props?: readonly Property[];
  readonly status: { readonly state: "operational" | "under-development" | "other" };
}

/** Something that was seen, by whom and when; dates are in RFC 3339. */
export interface Observation {
  readonly uuid: string;
  readonly title: string;
  readonly description: string;
  readonly props?: readonly Property[];
  readonly methods: readonly ("EXAMINE" | "INTERVIEW" | "TEST")[];
  readonly types?: readonly string[];
  readonly origins?: readonly { readonly actors: readonly { readonly type: "tool"; readonly "actor-uuid": string }[] }[];
  readonly subjects?: readonly { readonly "subject-uuid": string; readonly type: "component"; readonly title: string }[];
  readonly "relevant-evidence"?: readonly { readonly href?: string; readonly description: string }[];
  readonly collected: string;
  readonly expires?: string;
  readonly remarks?: string;
}

/** What follows from observations for one control. */
export interface OscalFinding {
  readonly uuid: string;
  readonly title: string;
  readonly description: string;
  readonly props?: readonly Property[];
  readonly target: {
    readonly type: "objective-id";
    readonly "target-id": string;
    readonly status: { readonly state: "satisfied" | "not-satisfied"; readonly reason?: string; readonly remarks?: string };
  };
  readonly "related-observations"?: readonly { readonly "observation-uuid": string }[];
}

/** One assessment: of which controls, of what, and what was seen. */
export interface AssessmentResult {
  readonly uuid: string;
  readonly title: string;
  readonly description: string;
  readonly start: string;
  readonly end?: string;
  readonly props?: readonly Property[];
  readonly "local-definitions"?: { readonly components: readonly Component[] };
  readonly "reviewed-controls": {
    readonly "control-selections": readonly (
      | { readonly "include-controls": readonly { readonly "control-id": string }[] }
      | { readonly "include-all": Readonly<Record<string, never>> }
    )[];
  };
  readonly observations?: readonly Observation[];
  readonly findings?: readonly OscalFinding[];
}

/** A whole document. */
export interface AssessmentResults {
  readonly "assessment-results": {
    readonly uuid: string;
    readonly metadata: {
      readonly title: string;
      readonly "last-modified": string;
      readonly version: string;
      readonly "oscal-version": typeof OSCAL_VERSION;
      readonly remarks?: string;
    };
    readonly "import-ap": { readonly href: string; readonly remarks?: string };
    readonly results: readonly AssessmentResult[];
    readonly "back-matter"?: {
      readonly resources: readonly { readonly uuid: string; readonly title: string; readonly description: string }[];
    };
  };
}

// A random number, drawn once: the name space that all of ours are in.
const NAME_SPACE = "5f2b1c94-6d0e-4b7a-9c38-e1a4d7f08b62";

/** A UUID of version 5 (RFC 9562) of a list of names: the same for the same names, another for others. */
export function uuidOf(...names: readonly string[]): string {
  const bytes = createHash("sha1")
    .update(Buffer.from(NAME_SPACE.replaceAll("-", ""), "hex"))
    .update(JSON.stringify(names))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A text as OSCAL's strings must be: printable, without white space at its ends, and not empty. */
export function oscalText(text: string): string {
  const line = oneLine(text).trim();
  return line === "" ? "-" : line;
}

/** A property of ours. */
export function property(name: string, value: string): Property {
  return { name, ns: NAMESPACE_URI, value: oscalText(value) };
}

/** A list under its key; nothing where it is empty, for OSCAL has no empty lists. */
export function listed<Key extends string, Entry>(key: Key, entries: readonly Entry[]): Partial<Record<Key, readonly Entry[]>> {
  // The key is the only one of its record.
  return entries.length === 0 ? {} : ({ [key]: entries } as Partial<Record<Key, readonly Entry[]>>);
}

/** What a document is about, and when it was made. */
export interface Described {
  readonly title: string;
  /** Of the programs that wrote it. */
  readonly version: string;
  readonly at: Date;
  /** What was agreed on beforehand, as a sentence: OSCAL wants a plan to be named. */
  readonly plan: string;
}

/** A document of these results. Its UUID changes with its content. */
export function assessmentResults({ title, version, at, plan }: Described, results: readonly AssessmentResult[]): AssessmentResults {
  const planId = uuidOf("plan", plan);
  const metadata = {
    title: oscalText(title),
    "last-modified": at.toISOString(),
    version: oscalText(version),
    "oscal-version": OSCAL_VERSION,
  } as const;
  return {
    "assessment-results": {
      uuid: uuidOf("document", JSON.stringify([metadata, results])),
      metadata,
      "import-ap": { href: `#${planId}` },
      results,
      "back-matter": { resources: [{ uuid: planId, title: "Assessment plan", description: oscalText(plan) }] },
    },
  };
}
