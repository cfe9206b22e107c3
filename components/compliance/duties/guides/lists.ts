import { OPERATIONS_LISTS } from "./operations";
import type { GuideList } from "./row";
import { RUNBOOK_LISTS } from "./runbook";

/** Every checklist and table of both guides. */
export const GUIDE_LISTS: readonly GuideList[] = [...OPERATIONS_LISTS, ...RUNBOOK_LISTS];
