/** A row of the procedures of a guide. */
export type ProcedureRow = readonly [section: string, title: string, says: string, ...commands: readonly string[]];
