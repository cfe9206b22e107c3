/** What the embedded engine did, so that it does not do the same again: as Pulumi's state, for commands alone. */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Resource } from "./resource";

const entries = z.record(z.string(), z.object({ given: z.string(), outputs: z.record(z.string(), z.unknown()) }));

/** Commands that were run: what each was given, as a hash, and its outputs. */
export class Journal {
  private readonly entries: Map<string, { readonly given: string; readonly outputs: Readonly<Record<string, unknown>> }>;

  /** The entries of a file that `write` wrote; none where there is no such file. Throws if it cannot be read. */
  static read(file: string): Journal {
    try {
      return new Journal(entries.parse(JSON.parse(readFileSync(file, "utf8"))));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Journal();
      throw error;
    }
  }

  constructor(known: z.infer<typeof entries> = {}) {
    this.entries = new Map(Object.entries(known));
  }

  /** Its outputs the last time; undefined where it is no command, or was given something else then. */
  outputsOf(resource: Resource): Readonly<Record<string, unknown>> | undefined {
    const entry = this.entries.get(resource.urn);
    return entry?.given === givenTo(resource) ? entry.outputs : undefined;
  }

  /** Runs it, and keeps its outputs once it succeeded. */
  async kept(resource: Resource, work: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
    this.entries.delete(resource.urn);
    const outputs = await work();
    if (resource.type.startsWith("command:")) this.entries.set(resource.urn, { given: givenTo(resource), outputs });
    return outputs;
  }

  /** Forgets every command but those of a program that was run to its end: what comes back later is run again. */
  keepOnly(urns: ReadonlySet<string>): void {
    for (const urn of this.entries.keys()) if (!urns.has(urn)) this.entries.delete(urn);
  }

  /** Writes all of it to a file that its owner alone can read: outputs may hold what is secret. */
  write(file: string): void {
    writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(this.entries)), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

function givenTo({ type, inputs }: Resource): string {
  return createHash("sha256")
    .update(JSON.stringify([type, inputs]))
    .digest("hex");
}
