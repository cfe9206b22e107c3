/** The token of the cloud that a deploy creates droplets with: looked at before any host is. */
import { readFileSync } from "node:fs";
import type { StackConfig } from "../../components/config/schema";
import { member, membersOf } from "../../components/config/unknown";
import { OperatorError } from "./errors";
import { projectDefaults, withNamespace } from "./project";
import { parsePulumiYaml } from "./pulumiYaml";

/** The variables that Pulumi's provider of DigitalOcean reads, the first one first. */
const VARIABLES = ["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"] as const;
const ADDRESS = "https://api.digitalocean.com";

/**
 * Throws OperatorError where the stack has a droplet and there is no token, or DigitalOcean refuses it. One that stands in the stack's file,
 * in `digitalocean:token`, is left to Pulumi to open; so is what DigitalOcean says where it cannot be reached.
 */
export async function requireCloudToken(config: StackConfig, file: string, environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (config.hosts.every(({ kind }) => kind === "existing") || hasOwnToken(file)) return;
  const variable = VARIABLES.find((name) => (environment[name] ?? "") !== "");
  if (variable === undefined)
    throw new OperatorError(
      `${VARIABLES[0]}: found nothing, allowed: a token of DigitalOcean that can create what the stack's droplets need; set it in the environment, or by pulumi config set --secret digitalocean:token`,
      2,
    );
  if (await isRefused(environment[variable] ?? "", environment["DIGITALOCEAN_API_URL"] ?? ADDRESS))
    throw new OperatorError(`${variable}: found a token that DigitalOcean refuses, allowed: a valid one; create another one and set it`, 2);
}

// In the stack's file, in the project's, or in an environment of Pulumi ESC, which only Pulumi opens.
function hasOwnToken(file: string): boolean {
  const document = parsePulumiYaml(file, readFileSync(file, "utf8"));
  const keys = Object.keys({ ...projectDefaults(file), ...membersOf(member(document, "config")) }).map(withNamespace);
  return keys.includes("digitalocean:token") || (member(document, "environment") ?? null) !== null;
}

/** How DigitalOcean is asked. */
export interface CloudAccess {
  readonly token: string;
  readonly address: string;
}

/** The token that is in the environment, and where it is shown; undefined where there is none. */
export function cloudAccess(environment: NodeJS.ProcessEnv): CloudAccess | undefined {
  const token = VARIABLES.map((name) => environment[name] ?? "").find((value) => value !== "");
  return token === undefined ? undefined : { token, address: environment["DIGITALOCEAN_API_URL"] ?? ADDRESS };
}

async function isRefused(token: string, address: string): Promise<boolean> {
  try {
    const url = new URL("/v2/account", address);
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.timeout(10_000),
    });
    return answer.status === 401;
  } catch {
    // No network from here, or not a text that a header can have: the provider says what it finds.
    return false;
  }
}
