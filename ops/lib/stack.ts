/** A stack as the operator's commands see it: its configuration file, and what the last deploy left. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { parse } from "yaml";
import { ConfigError, parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";

const NAMESPACE = "phiward:";

/** A fault of the operator's, told in full sentences; `code` becomes the exit code. */
export class OperatorError extends Error {
  constructor(
    message: string,
    readonly code: 1 | 2 | 3,
  ) {
    super(message);
    this.name = "OperatorError";
  }
}

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
    parsed = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new OperatorError(
      `${path}: found text that is no YAML (${error instanceof Error ? (error.message.split("\n")[0] ?? "") : ""}); correct it`,
      CONFIG_FAULT,
    );
  }
  const config: unknown = typeof parsed === "object" && parsed !== null && "config" in parsed ? parsed.config : {};
  const entries = typeof config === "object" && config !== null ? Object.entries(config) : [];
  return Object.fromEntries(
    entries
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, value]): [string, unknown] => [key.slice(NAMESPACE.length), asPulumi(value)]),
  );
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
      ? Object.entries(keys).flatMap(([name, value]) => (isSecret(value) ? [] : [`firstHostKeys.${name}`]))
      : keys === undefined
        ? []
        : ["firstHostKeys"];
  if (clear.length > 0)
    throw new OperatorError(
      `${path}: ${clear.join(", ")}: found a value in the clear, allowed: secrets alone; treat it as lost, make a new pair, and set it by pulumi config set --secret --path 'firstHostKeys.NAME' < FILE`,
      CONFIG_FAULT,
    );
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

/** Runs a command of the operator's; its faults are told in words, and never as a stack trace. */
export function operate(command: () => Promise<number>): void {
  // A fault may also be thrown before there is a promise.
  Promise.resolve()
    .then(command)
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = error instanceof OperatorError ? error.code : 2;
      },
    );
}

/** A setting of the make command, e.g. `STACK=prod`; undefined if it is not given or empty. */
export function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : value;
}

/** The same, of one that has no default. Throws OperatorError where it is missing; `allowed` says what it may be. */
export function requiredSetting(name: string, allowed: string): string {
  const value = setting(name);
  if (value === undefined) throw new OperatorError(`${name}: found nothing, allowed: ${allowed}`, 2);
  return value;
}

/** Whether this file is the command that was started, and not a part of another. */
export function isMain(file: string): boolean {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(file);
}

// Pulumi hands the program a section that is a single value as text.
function asPulumi(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}
