/** Every procedure of the two guides of hand-run procedures, in their order, with the commands that do it here. */
import { OPERATIONS_PROCEDURES } from "./operationsProcedures";
import type { ProcedureRow } from "./procedureRow";
import type { GuideList } from "./row";
import { RUNBOOK_PROCEDURES } from "./runbookProcedures";

/** A procedure: the heading that it has in its guide, and what follows `npx phiward`, in the order of doing. */
export interface Procedure {
  readonly guide: GuideList["guide"];
  readonly section: string;
  readonly title: string;
  /** What is so without anybody doing it, or has to be known; as sentences. */
  readonly says: string;
  readonly commands: readonly string[];
}

const of =
  (guide: Procedure["guide"]) =>
  ([section, title, says, ...commands]: ProcedureRow): Procedure => ({ guide, section, title, says, commands });

/** All of them. */
export const PROCEDURES: readonly Procedure[] = [
  ...OPERATIONS_PROCEDURES.map(of("operations guide")),
  ...RUNBOOK_PROCEDURES.map(of("security runbook")),
];
