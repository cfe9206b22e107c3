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

/** What a program of phiward said on a host that refused or failed, after the host's name; 255 is ssh's own code: nothing was reached. */
export function refusalOf(
  host: { readonly name: string },
  { code, stderr }: { readonly code: number | null; readonly stderr: string },
): OperatorError {
  return new OperatorError(`${host.name}: ${stderr.trim().replace(/^phiward: /, "")}`, code === 255 ? 2 : 1);
}
