/** The values of secrets in the stack's configuration: they go to a host beside its plans, and are Pulumi secrets on the way. */
import * as pulumi from "@pulumi/pulumi";
import { NAMESPACE } from "../config/keys";
import { HOW_TO_SET } from "../config/sections/secrets";
import { member } from "../config/unknown";

/**
 * The secrets of these names, each still as a secret; of a preview without them, nothing. Fails with RunError, which has no stack trace,
 * where a deploy lacks one; no message repeats any.
 */
export function broughtSecrets(names: readonly string[]): Readonly<Record<string, pulumi.Output<string>>> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      secretTexts("secrets").apply((textOf) => {
        const found = textOf(name);
        if (found === undefined && !pulumi.runtime.isDryRun())
          throw new pulumi.RunError(`secrets.${name}: found nothing that is open, allowed: a text; ${HOW_TO_SET}`);
        return found ?? "";
      }),
    ]),
  );
}

/** The texts of a section that is a map of names and secrets, by name; undefined where there is none. */
export function secretTexts(section: string): pulumi.Output<(name: string) => string | undefined> {
  return pulumi.secret(new pulumi.Config(NAMESPACE).getSecret(section) ?? "{}").apply(
    (json) =>
      (name: string): string | undefined =>
        textIn(json, name),
  );
}

// The SDK's own reader repeats a value that is no JSON.
function textIn(json: string, name: string): string | undefined {
  try {
    const value = member(JSON.parse(json), name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
