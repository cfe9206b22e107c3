/** A stack as the operator's commands see it: its configuration file, and what the last deploy left. */
import { existsSync, readFileSync } from "node:fs";
import { parse, YAMLParseError } from "yaml";
import { ConfigError, parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { NAME } from "../../components/config/sections/values";
import { OperatorError } from "./errors";

const NAMESPACE = "phiward:";

/** Exit code of a configuration fault, so that CI can tell it from a failed deploy. */
export const CONFIG_FAULT = 3;

/** The values of the stack's file, not yet validated. Throws OperatorError if the file is missing or no YAML. */
export function readStackFile(path: string): Record<string, unknown> {
  if (!existsSync(path))
    throw new OperatorError(
      `${path}: found no such file, allowed: a stack's configuration; copy Pulumi.prod.yaml and edit it`,
      CONFIG_FAULT,
    );
  let parsed: unknown;
  try {
    // Its warnings repeat parts of the file.
    parsed = parse(readFileSync(path, "utf8"), { logLevel: "error" });
  } catch (error) {
    throw new OperatorError(`${path}: not valid YAML${yamlFault(error)}; correct it`, CONFIG_FAULT);
  }
  const config: unknown = typeof parsed === "object" && parsed !== null && "config" in parsed ? parsed.config : {};
  const entries = typeof config === "object" && config !== null ? Object.entries(config) : [];
  return Object.fromEntries(
    entries
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, value]): [string, unknown] => [key.slice(NAMESPACE.length), asPulumi(value)]),
  );
}

// Where and of what kind: the parser's own words repeat parts of the file, and so perhaps a secret.
function yamlFault(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return "";
  const [start] = error.linePos ?? [];
  return ` (${error.code}${start === undefined ? "" : ` at line ${String(start.line)}, column ${String(start.col)}`})`;
}

/** The validated configuration in a stack's file. Throws OperatorError with all faults, each with the file's name. */
export function readStack(path: string): StackConfig {
  const raw = readStackFile(path);
  refuseClearKeys(path, raw["firstHostKeys"]);
  try {
    return parseConfig(raw);
  } catch (error) {
    if (error instanceof ConfigError) throw new OperatorError(error.faults.map((fault) => `${path}: ${fault}`).join("\n"), CONFIG_FAULT);
    throw error;
  }
}

// Pulumi writes a secret as `secure: …`; anything else under these names could be read by all who read the file.
function refuseClearKeys(path: string, keys: unknown): void {
  const clear =
    typeof keys === "object" && keys !== null
      ? Object.entries(keys).flatMap(([name, value]) =>
          isSecret(value) ? [] : [NAME.test(name) ? `firstHostKeys.${name}` : "firstHostKeys"],
        )
      : keys === undefined
        ? []
        : ["firstHostKeys"];
  if (clear.length > 0)
    throw new OperatorError(
      `${path}: ${[...new Set(clear)].join(", ")}: found plain text, expected a Pulumi secret; treat the key as compromised, create a new key pair, and set it by pulumi config set --secret --path 'firstHostKeys.NAME' < FILE`,
      CONFIG_FAULT,
    );
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

// Pulumi hands the program a section that is a single value as text.
function asPulumi(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}
