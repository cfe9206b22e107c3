/** How far a recovery has come: a file beside the stack's, by which a second call goes on where the first one ended. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { OperatorError } from "../errors";

const form = z.strictObject({
  host: z.string(),
  /** Address and host key of the server that takes its place. */
  onto: z.string(),
  hostKey: z.string(),
  /** The time of the incident, in ISO 8601; null: none was given, and the newest backup counts. */
  before: z.string().nullable(),
  why: z.string(),
  who: z.string(),
  began: z.string(),
  ended: z.string().nullable(),
  /** Steps that are done, with what each did. */
  steps: z.array(z.strictObject({ name: z.string(), seconds: z.number(), said: z.string() })),
});
/** A recovery as it is kept. */
export type Recovery = z.infer<typeof form>;

/** Where the course of a host's recovery is. */
export function courseBeside(file: string, stack: string, host: string): string {
  return join(dirname(file), `recovery.${stack}.${host}.json`);
}

/** A recovery that was begun and not ended, if there is one. Throws OperatorError where its file cannot be read. */
export function recoveryUnderWay(path: string): Recovery | undefined {
  if (!existsSync(path)) return undefined;
  let found: Recovery;
  try {
    found = form.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    throw new OperatorError(
      `${path}: found another text, allowed: the course of a recovery as this command wrote it; remove the file to begin again`,
      2,
    );
  }
  return found.ended === null ? found : undefined;
}

/** Does the steps of a recovery, each once, and says what each did and how long it took. */
export class Course {
  constructor(
    private readonly path: string,
    private recovery: Recovery,
    private readonly say: (line: string) => void,
  ) {}

  get of(): Recovery {
    return this.recovery;
  }

  /** Puts on record that it is begun. */
  begin(): void {
    this.keep(this.recovery);
  }

  /** Does a step, unless it is done; `work` says what it did. A step that fails is done again by the next call. */
  async step(name: string, work: () => Promise<string>): Promise<void> {
    const known = this.recovery.steps.find((step) => step.name === name);
    if (known !== undefined) {
      this.say(`${name}: done before, in ${known.seconds.toFixed(1)} s: ${known.said}`);
      return;
    }
    const start = performance.now();
    const said = await work();
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    this.keep({ ...this.recovery, steps: [...this.recovery.steps, { name, seconds, said }] });
    this.say(`${name}: ${said} (${seconds.toFixed(1)} s)`);
  }

  /** Ends it; returns all steps in a table. */
  end(): string {
    this.keep({ ...this.recovery, ended: new Date().toISOString() });
    const { steps, began } = this.recovery;
    const width = Math.max(...steps.map(({ name }) => name.length));
    const rows = steps.map(({ name, seconds }) => `  ${name.padEnd(width)} ${seconds.toFixed(1).padStart(7)} s`);
    const whole = (Date.now() - Date.parse(began)) / 1000;
    return [...rows, `  ${"all".padEnd(width)} ${whole.toFixed(1).padStart(7)} s, pauses between calls among it`].join("\n");
  }

  private keep(recovery: Recovery): void {
    this.recovery = recovery;
    writeFileSync(`${this.path}.new`, `${JSON.stringify(recovery, undefined, 2)}\n`);
    renameSync(`${this.path}.new`, this.path);
  }
}
