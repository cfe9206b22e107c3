/** Takes what a host sends of its evidence into a new file, as it comes, and what it says meanwhile. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { z } from "zod";
import { AGENT_COMMAND } from "../../../components/plan/request";
import { OperatorError } from "../errors";
import { start } from "../process";
import { type Patience, type SshTarget, sshArgv } from "../ssh";
import { hostJson, quotedLines } from "../terminal";
import type { EvidenceRequest } from "./request";
import { type Free, freeBeside, Room, sized } from "./room";

/** Who changed a host may send without end. */
export const MOST_BYTES = 4 * 1024 ** 3;
/** With all memory: as much as the host's program takes of it, and all else. */
export const MOST_BYTES_WITH_MEMORY = 1024 ** 4 + MOST_BYTES;
// Who waits for an hour sees that it goes on.
const SHOWN_BYTES = 1024 ** 3;
const MOST_SAID = 1 << 20;
const AGE = "age-encryption.org/v1";

const said = z.union([
  z.object({ item: z.string(), bytes: z.number(), begun: z.number(), ended: z.number(), outcome: z.string() }),
  z.strictObject({ statement: z.string(), signature: z.string() }),
]);

/** An item that has come. */
export interface TakenItem {
  readonly item: string;
  readonly bytes: number;
  readonly seconds: number;
  readonly outcome: string;
}

/** What came. */
export interface Received {
  /** SHA-256 and size of the file. */
  readonly sha256: string;
  readonly bytes: number;
  /** What the host signed; undefined where it was cut off before. */
  readonly closed?: { readonly text: string; readonly signature: string };
  readonly items: readonly TakenItem[];
  /** What the host said that is none of it, or that ssh said. */
  readonly words: string;
  readonly code: number;
  /** Why no more of it was taken here; undefined where all was that came. */
  readonly stopped?: string;
}

/** Nothing came at all: another way may be tried. */
export class Unreachable extends OperatorError {}

/**
 * Sends the request, and writes what comes to the new file `path`, whose name it gets when all has come or nothing more comes. Throws
 * Unreachable where nothing came, and OperatorError where there is such a file.
 */
export async function receive(
  target: SshTarget,
  { stdin }: EvidenceRequest,
  { path, recipient, patience, most, onItem, onBytes, free = freeBeside }: ReceiveOptions,
): Promise<Received> {
  const fresh = `${path}.${String(process.pid)}.new`;
  const file = newFile(fresh);
  const ssh = start([...sshArgv(target, patience), AGENT_COMMAND], { stdio: "pipe" });
  const listener = new Listener(onItem);
  ssh.stderr.on("data", (part: Buffer) => {
    listener.hear(part);
  });
  ssh.stdin.on("error", () => undefined);
  ssh.stdin.end(stdin);
  const ended = new Promise<number>((resolve, reject) => {
    ssh.on("error", reject).on("close", (code) => {
      resolve(code ?? 255);
    });
  });
  try {
    const writer = new Writer(file);
    const room = new Room(path, free);
    let stopped: string | undefined;
    for await (const part of sealedFrom(ssh.stdout, recipient)) {
      const before = writer.bytes;
      stopped ??= before + part.length > most ? `found more than ${sized(most)}, allowed: as much` : room.refusal(before);
      stopped ??= writer.write(part);
      // What still comes then is passed over.
      if (stopped !== undefined) ssh.kill("SIGKILL");
      if (Math.floor(writer.bytes / SHOWN_BYTES) > Math.floor(before / SHOWN_BYTES)) onBytes?.(writer.bytes);
    }
    fsyncSync(file);
    const code = await ended;
    if (writer.bytes === 0) throw new Unreachable(quotedLines(listener.words.trim()) || `ssh exited with status ${String(code)}`, 2);
    link(fresh, path);
    const { items, closed, words } = listener;
    const optional = { ...(closed === undefined ? {} : { closed }), ...(stopped === undefined ? {} : { stopped }) };
    return { sha256: writer.sha256, bytes: writer.bytes, items, words, code, ...optional };
  } finally {
    closeSync(file);
    rmSync(fresh, { force: true });
  }
}

/** How evidence is received. */
export interface ReceiveOptions {
  readonly path: string;
  /** Whom it is encrypted to, where the host could not. */
  readonly recipient: string;
  readonly patience: Patience;
  /** So many bytes at most. */
  readonly most: number;
  readonly onItem: (item: TakenItem) => void;
  /** How many bytes have come, each gibibyte. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly free?: Free;
}

function newFile(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch {
    throw new OperatorError(`--output: cannot write ${path}, allowed: a file in a directory that is there and yours`, 2);
  }
}

// Unlike a rename, it fails where there is a file.
function link(fresh: string, path: string): void {
  try {
    linkSync(fresh, path);
  } catch {
    throw new OperatorError(`--output: found a file at ${path}, allowed: a path where there is none; nothing is overwritten`, 2);
  }
}

class Writer {
  bytes = 0;
  readonly #file: number;
  readonly #hash = createHash("sha256");

  constructor(file: number) {
    this.#file = file;
  }

  /** Returns in words why not all of it could be written; what was is kept. */
  write(part: Uint8Array): string | undefined {
    for (let at = 0; at < part.length; ) {
      let count: number;
      try {
        count = writeSync(this.#file, part, at);
      } catch (error) {
        return `cannot write (${error instanceof Error && "code" in error ? String(error.code) : "another fault"}), allowed: a disk with room`;
      }
      this.#hash.update(part.subarray(at, at + count));
      this.bytes += count;
      at += count;
    }
    return undefined;
  }

  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }
}

class Listener {
  words = "";
  closed: { readonly text: string; readonly signature: string } | undefined;
  readonly items: TakenItem[] = [];
  readonly #onItem: (item: TakenItem) => void;
  #rest = "";
  #heard = 0;

  constructor(onItem: (item: TakenItem) => void) {
    this.#onItem = onItem;
  }

  hear(part: Buffer): void {
    this.#heard += part.length;
    if (this.#heard > MOST_SAID) return;
    const lines = (this.#rest + part.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    let heard: z.infer<typeof said>;
    try {
      heard = hostJson(line, said, ["statement", "signature"]);
    } catch {
      this.words += `${line}\n`;
      return;
    }
    if (!("item" in heard)) {
      this.closed = { text: heard.statement, signature: heard.signature };
      return;
    }
    const { item, bytes, begun, ended, outcome } = heard;
    const taken = { item, bytes, seconds: Math.max(0, ended - begun), outcome };
    this.items.push(taken);
    this.#onItem(taken);
  }
}

/** What comes, as it is where the host encrypted it; else encrypted here, before it is on any disk. */
async function* sealedFrom(source: AsyncIterable<Buffer>, recipient: string): AsyncGenerator<Uint8Array> {
  const parts = source[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  let first = Buffer.alloc(0);
  while (first.length < AGE.length) {
    const next = await parts.next();
    if (next.done === true) break;
    held.push(next.value);
    first = Buffer.concat(held);
  }
  if (first.length === 0) return;
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield first;
    for (let next = await parts.next(); next.done !== true; next = await parts.next()) yield next.value;
  };
  yield* first.toString("latin1", 0, AGE.length) === AGE ? rest() : encrypted(rest(), recipient);
}

async function* encrypted(source: AsyncIterable<Buffer>, recipient: string): AsyncGenerator<Uint8Array> {
  const age = start(["age", "--encrypt", "--recipient", recipient], { stdio: ["pipe", "pipe", "ignore"] });
  const fed = (async () => {
    for await (const part of source) if (!age.stdin.write(part)) await once(age.stdin, "drain");
    age.stdin.end();
  })();
  for await (const part of age.stdout) yield part as Uint8Array; // a stream without an encoding gives bytes
  await fed;
}
