/** A file of evidence on this machine: looked at without a key, with it, or put into a directory. */
import { createHash } from "node:crypto";
import { createReadStream, lstatSync } from "node:fs";
import { OperatorError } from "../errors";
import { openSealedStream } from "../recovery";
import { followed, type Step, type Whole } from "./chain";
import { OtherEvidence } from "./members";

/** SHA-256 and size of a file. Throws OperatorError where it is no plain file. */
export async function hashOf(file: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  requireFile(file);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of createReadStream(file)) {
    const data = part as Buffer; // a stream without an encoding gives bytes
    hash.update(data);
    bytes += data.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/**
 * Follows the whole chain with the incident key, and gives each step to `take`. Throws OperatorError: 1 where one thing is not as it was
 * taken, 2 where the key does not open it.
 */
export async function openedEvidence(file: string, keyFile: string, take?: (step: Step) => void): Promise<Whole> {
  requireFile(file);
  try {
    return await followed(await openSealedStream(createReadStream(file), keyFile), take);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const words = error instanceof OtherEvidence ? error.message : "it is cut off or changed: it cannot be decrypted to its end";
    throw new OperatorError(`${file}: refused: ${words}`, 1);
  }
}

function requireFile(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new OperatorError(`FILE: found no plain file at ${file}, allowed: a file that phiward evidence wrote`, 2);
}
