/** Says that a request cannot be answered as asked; `message` is for the client and holds nothing that it sent. */
export class Refused extends Error {
  constructor(
    readonly status: 400 | 401 | 404 | 405 | 413,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    /** The account that was tried, where there is one of this name; for the audit line. */
    readonly user?: string,
  ) {
    super(message);
  }
}

/** Says that PostgreSQL or Redis cannot be reached just now; the same request may succeed later. */
export class Unavailable extends Error {}
