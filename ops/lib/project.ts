/** What Pulumi.yaml says of a stack: where its file is, and the values that stand in for keys which it leaves out. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { NAMESPACE } from "../../components/config/keys";
import { member, membersOf } from "../../components/config/unknown";
import { OperatorError } from "./errors";
import { CONFIG_FAULT, parsePulumiYaml } from "./pulumiYaml";

/** Name of the file that makes a directory a project of Pulumi's. */
export const PROJECT_FILE = "Pulumi.yaml";

/**
 * Path of the configuration file of a stack, which is named as Pulumi does: NAME, ORGANIZATION/NAME or ORGANIZATION/PROJECT/NAME.
 * `within` is its project's directory, by default the working directory. Throws OperatorError if the name is none of these.
 */
export function stackFile(stack: string, within = ""): string {
  // What Pulumi lets a stack be called.
  if (!/^([A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\/){0,2}[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(stack))
    throw new OperatorError(
      "--stack: found another text, allowed: NAME, ORGANIZATION/NAME or ORGANIZATION/PROJECT/NAME, of letters, digits, _ . and -",
      2,
    );
  const project = readProject(join(within, PROJECT_FILE));
  const directory = member(project, "stackConfigDir") ?? member(project, "config");
  const file = `Pulumi.${stack.split("/").at(-1) ?? ""}.yaml`;
  return typeof directory === "string" ? join(within, directory, file) : join(within, file);
}

/**
 * The project's values for keys that a stack's file leaves out, by key with its namespace. The project is the one beside the stack's
 * file, else the one in the working directory. Throws OperatorError where Pulumi would read something else than is written.
 */
export function projectDefaults(stackFilePath: string): Readonly<Record<string, unknown>> {
  const beside = join(dirname(stackFilePath), PROJECT_FILE);
  const path = existsSync(beside) ? beside : PROJECT_FILE;
  const config = member(readProject(path), "config");
  return typeof config !== "object" ? {} : defaultsIn(path, membersOf(config));
}

/** A project's file; undefined if there is none. Throws OperatorError if it is no YAML. */
export function readProject(path: string): unknown {
  return existsSync(path) ? parsePulumiYaml(path, readFileSync(path, "utf8")) : undefined;
}

// What may be said of a key instead of giving its value.
const DECLARES = ["type", "items", "description", "secret", "default", "value"];

function defaultsIn(path: string, config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, declared]): readonly (readonly [string, unknown])[] => {
      const full = withNamespace(key);
      if (full.startsWith(`${NAMESPACE}:`) && /[.[\]"]/.test(key))
        throw new OperatorError(
          `${path}: config: found a key with a path, allowed: whole sections; write the section's value`,
          CONFIG_FAULT,
        );
      if (typeof declared !== "object" || declared === null || Array.isArray(declared)) return [[full, declared]];
      if (full.startsWith(`${NAMESPACE}:`) && Object.keys(declared).some((name) => !DECLARES.includes(name)))
        throw new OperatorError(
          `${path}: config: found a map as the value of a section, allowed: ${DECLARES.join(", ")}; write it under \`default:\``,
          CONFIG_FAULT,
        );
      const value = member(declared, "default") ?? member(declared, "value");
      return value === undefined || value === null ? [] : [[full, value]];
    }),
  );
}

/** A key of a configuration with its namespace: without one it is the project's own; `NAMESPACE:config:NAME` is an old spelling. */
export function withNamespace(key: string): string {
  return key.includes(":") ? key.replace(/^([^:]+):config:/, "$1:") : `${NAMESPACE}:${key}`;
}
