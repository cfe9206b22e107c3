/** A fault of the operator's, in full sentences; `code` becomes the exit code: 1 refused or failed, 2 could not run, 3 a configuration fault. */
export class OperatorError extends Error {
  constructor(
    message: string,
    readonly code: 1 | 2 | 3,
  ) {
    super(message);
    this.name = "OperatorError";
  }
}
