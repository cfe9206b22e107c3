/** What an import could not take over, and why: a sentence each, which repeats names and never a value. */

/** Takes notes about one service, or about the file. */
export class Notes {
  readonly #lines = new Set<string>();

  /** `key` is the place in the service, `sentence` what becomes of it and what to do. */
  add(service: string, key: string, sentence: string): void {
    this.#lines.add(`${shownName(service)}.${key}: ${sentence}`);
  }

  get lines(): readonly string[] {
    return [...this.#lines];
  }
}

/** A name of the file's author as a message may show it: a name of a service, variable or volume, or a path; never what may be a secret. */
export function shownName(text: string): string {
  return /^[\w./:-]{1,120}$/.test(text) && !/[0-9a-f]{20}|[A-Za-z0-9]{40}/.test(text)
    ? text
    : `a text of ${String(text.length)} characters`;
}
