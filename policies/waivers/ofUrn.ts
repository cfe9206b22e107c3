/** Finds the waivers of a stack by its URN, since neither Pulumi's engine nor its program says where the project is. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { member } from "../../components/config/unknown";
import { NO_WAIVERS, type Waivers, type WaiverTerms } from "./file";
import { loadWaivers, waiversBeside } from "./load";

/** Where the project of a stack may be: the engine does not say. */
export interface Surroundings {
  /** Directory that has the pack. */
  readonly pack: string;
  /** The pack's environment: `PHIWARD_PROJECT` names the project's directory; else `PWD`, where Pulumi was started, leads to it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The waivers of the stack that a URN is of, in the directory of a project of that name. None where there is no such directory; a
 * fault where the one that is named has another project.
 */
export function waiversOfUrn(urn: string, { pack, environment }: Surroundings, terms: WaiverTerms): Waivers {
  const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(urn) ?? [];
  if (stack === undefined || project === undefined) return NO_WAIVERS;
  const { PHIWARD_PROJECT: named, PWD: started } = environment;
  const isNamed = named !== undefined && named !== "";
  const directories = isNamed ? [named] : [...(started === undefined ? [] : upwards(started)), dirname(pack)];
  for (const directory of directories) {
    const found = projectIn(directory);
    if (found?.name === project) return loadWaivers(waiversBeside(join(directory, found.stacks, `Pulumi.${stack}.yaml`)), terms);
  }
  if (!isNamed) return NO_WAIVERS;
  const fault = { line: 1, key: "waivers", found: "another directory in PHIWARD_PROJECT", allowed: "that of the project which is judged" };
  return { path: "PHIWARD_PROJECT", waivers: [], faults: [fault] };
}

function upwards(directory: string): readonly string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

function projectIn(directory: string): { readonly name: unknown; readonly stacks: string } | undefined {
  const file = join(directory, "Pulumi.yaml");
  if (!existsSync(file)) return undefined;
  try {
    const project: unknown = parse(readFileSync(file, "utf8"), { logLevel: "error" });
    const stacks = member(project, "stackConfigDir") ?? member(project, "config");
    return { name: member(project, "name"), stacks: typeof stacks === "string" ? stacks : "" };
  } catch {
    return undefined;
  }
}
