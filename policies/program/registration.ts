/** What a program registers with Pulumi, as the policies judge it where no engine runs. */
import type { AnalyzedOptions, AnalyzedResource } from "../engine/analyze";

/** Where in the program's source a resource was made: a path, relative to the program where it is below it, and a line. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** What a program asked for beside a resource's inputs. */
export interface RegistrationOptions extends AnalyzedOptions {
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  readonly aliases: readonly string[];
  /** URN of the parent; empty for the stack itself. */
  readonly parent: string;
  /** URNs of what it waits for. */
  readonly dependencies: readonly string[];
  /** URN of its provider; empty where it is a default one. */
  readonly provider: string;
}

/** One resource, after every transform that the program asked for. */
export interface Registration extends AnalyzedResource {
  readonly custom: boolean;
  readonly options: RegistrationOptions;
  /** Missing where it was made by nothing that has a place, as the stack itself. */
  readonly source?: SourceLine;
}
