/** One drill: its parts are timed as they are done, and what is proven on the way is written down. */
import { join } from "node:path";
import { execFromOutsider } from "../machines/exec";
import type { SandboxHost } from "../machines/inventory";
import { askNotes, readNote, writeNote } from "../notes";
import { recoveryKeyFile } from "../recoveryKey";
import type { DrillBench } from "./bench";
import type { DrillResult, Part } from "./figures";

/** A drill that goes on. */
export class Drill {
  private readonly parts: Partial<Record<Part, number | string>> = {};
  private longer: DrillResult["longer"] = {};
  private readonly proven: string[] = [];
  private began = Date.now();

  constructor(
    private readonly name: string,
    readonly bench: DrillBench,
  ) {}

  /** From now on the attack goes on; the next second, since times of an incident are told in whole ones. */
  async attack(): Promise<Date> {
    const at = new Date(Math.ceil((Date.now() + 1) / 1000) * 1000);
    await new Promise((resolve) => setTimeout(resolve, at.getTime() - Date.now()));
    this.began = Date.now();
    this.bench.say(`${this.name}: the attack begins`);
    return at;
  }

  /** Waits for an alert of the attack, which is to come within so many seconds; longer than the aim for a reason alone. */
  async detected(alert: string, why?: string, most = 60): Promise<void> {
    // One that comes late is shown as late; a busy machine takes longer.
    const at = await this.bench.heard(alert, this.began, most * 5);
    this.took("detected", (at - this.began) / 1000);
    if (why !== undefined) this.longer = { ...this.longer, detected: { seconds: most, why } };
    this.proves(`${alert} arrived at whoever is on call`);
  }

  /** Does a part of the answer, and keeps how long it took. */
  async part(part: Part, work: () => Promise<unknown>): Promise<void> {
    const start = performance.now();
    await work();
    this.took(part, (performance.now() - start) / 1000);
  }

  /** Takes evidence of web, and proves on this machine that it is whole; returns its file. */
  async evidence(): Promise<string> {
    const { bench, name } = this;
    const file = join(bench.sandbox.dir, `evidence-${name}.tar.age`);
    await this.part("evidence", () => bench.phiward("evidence", "web", "--as", "alice", "--yes", "--output", file));
    const key = recoveryKeyFile(bench.sandbox);
    const { code, stdout, stderr } = await bench.plain("evidence", "verify", file, "--recovery-key", key);
    this.prove("the evidence is signed by the host and whole, by the incident key", code === 0, stdout + stderr);
    return file;
  }

  /** Says why a drill has no such part. */
  without(part: Part, why: string): void {
    this.parts[part] = why;
  }

  proves(sentence: string): void {
    this.proven.push(sentence);
    this.bench.say(`${this.name}: ${sentence}`);
  }

  /** Puts down a sentence if it is so. Throws Error where it is not. */
  prove(sentence: string, holds: boolean, seen = ""): void {
    if (!holds) throw new Error(`drill ${this.name}: not so: ${sentence}${seen === "" ? "" : `: ${seen}`}`);
    this.proves(sentence);
  }

  get result(): DrillResult {
    const { detected = "", isolated = "", evidence = "", recovered = "" } = this.parts;
    const parts = { detected, isolated, evidence, recovered };
    return { drill: this.name, at: new Date(this.began).toISOString(), parts, longer: this.longer, proven: this.proven };
  }

  private took(part: Part, seconds: number): void {
    this.parts[part] = Math.round(seconds * 10) / 10;
    this.bench.say(`${this.name}: ${part} in ${seconds.toFixed(1)} s`);
  }
}

/** Writes a note of a patient. */
export async function note(bench: DrillBench, text: string): Promise<string> {
  const { site, cookie } = await bench.session();
  return writeNote(site, cookie, "a patient of the drill", text);
}

/** The text of a note; undefined where there is none. */
export async function noteText(bench: DrillBench, id: string): Promise<string | undefined> {
  const { site, cookie } = await bench.session();
  return readNote(site, cookie, id).catch(() => undefined);
}

/** Whether the site answers its own client. */
export async function serves(bench: DrillBench): Promise<boolean> {
  const { site } = await bench.session();
  return (await askNotes(site, "GET", "/health")).status === 200;
}

/** Whether anything answers an outsider at port 443 of a host. */
export async function answersOutside({ sandbox }: DrillBench, { address }: SandboxHost, outsider = 0): Promise<boolean> {
  const asked = ["curl", "--insecure", "--silent", "--output", "/dev/null", "--max-time", "3", `https://${address}/`] as const;
  // 7 and 28: nobody is there. Others: a certificate, or an answer that ended.
  return ![7, 28].includes((await execFromOutsider(sandbox, outsider, asked)).code);
}
