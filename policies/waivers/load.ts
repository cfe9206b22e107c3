/** Where a stack's waivers are, and what they say. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { member } from "../../components/config/unknown";
import { NO_WAIVERS, readWaivers, type Waivers, type WaiverTerms } from "./file";

/** Path of the waivers of a stack: `waivers.<stack>.yaml` beside its `Pulumi.<stack>.yaml`. */
export function waiversBeside(stackFile: string): string {
  return join(dirname(stackFile), basename(stackFile).replace(/^Pulumi\./, "waivers."));
}

/** Reads the waivers at a path. None where there is no such file; one that cannot be read is a fault, and waives nothing. */
export function loadWaivers(path: string, terms: WaiverTerms): Waivers {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = member(error, "code");
    if (code === "ENOENT") return NO_WAIVERS;
    const found = `what cannot be read (${typeof code === "string" ? code : "an error"})`;
    return { path, waivers: [], faults: [{ line: 1, key: "waivers", found, allowed: "a file that can be read" }] };
  }
  return readWaivers(path, text, terms);
}
