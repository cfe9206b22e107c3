/** What was asked for an audit export, before it is written as files. */
import type { StackConfig } from "../../../components/config/schema";
import type { Answer } from "../audit/acts";
import type { Evidence } from "../evidence/evidence";
import type { FoundAccess } from "./access";
import type { BackupState, Said } from "./asked";

/** What an export is made of. */
export interface ExportParts {
  readonly config: StackConfig;
  readonly stack: string;
  /** When it was made, by whom. */
  readonly made: Date;
  readonly person: string;
  readonly from: Date;
  readonly to: Date;
  /** The host that it is of; all without it. */
  readonly host?: string;
  readonly record: Answer;
  readonly backups: readonly Said<BackupState>[];
  readonly access: readonly Said<FoundAccess>[];
  readonly evidence: Evidence;
  /** The files of the report on compliance. */
  readonly report: ReadonlyMap<string, string>;
}
