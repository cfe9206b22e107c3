/** What every report is told beside the record that it is made of. */
import type { Result } from "../record";

/** When the policies were asked, by which version of the programs, and what makes the command fail. */
export interface Written {
  readonly at: Date;
  readonly version: string;
  readonly fails: (result: Result) => boolean;
}

/** Values of `--format`. */
export const FORMATS = ["text", "json", "sarif", "junit", "markdown", "github", "oscal"] as const;

/** The name of a form. */
export type Format = (typeof FORMATS)[number];
