/** Finds droplets whose first unit must run once more: they still, or again, show the host key that they started with. */
import { z } from "zod";
import { namesOf } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";
import { scanHostKey } from "../commands/adopt";
import { OperatorError } from "./errors";
import type { Stale } from "./stale";

const state = z.object({
  deployment: z
    .object({ resources: z.array(z.object({ urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() })).nullish() })
    .nullish(),
});

/**
 * Asks each droplet that Pulumi believes to have its lasting key which one it shows. The first key comes back when nobody confirmed
 * its successor, and with a droplet that was recreated. Whoever shows it proves nothing; the first unit pins it when it dials.
 */
export async function dropletsWithFirstKey(
  config: StackConfig,
  exported: unknown,
  scan: (address: string) => Promise<string> = scanHostKey,
): Promise<readonly Stale[]> {
  const found = await Promise.all(
    config.hosts.map(async (host): Promise<readonly Stale[]> => {
      const address =
        host.kind === "droplet"
          ? namesOf(host)
              .flatMap((name) => keyedAddress(exported, name) ?? [])
              .at(0)
          : undefined;
      if (host.kind !== "droplet" || address === undefined) return [];
      const shown = await scan(address).catch((error: unknown) => {
        if (error instanceof OperatorError) return undefined;
        throw error;
      });
      return shown === host.firstHostKey ? [{ host: host.name, unit: "host-key", why: "it shows the host key that it started with" }] : [];
    }),
  );
  return found.flat();
}

/** Where a droplet is whose first unit has been applied, as the state has it. */
function keyedAddress(exported: unknown, host: string): string | undefined {
  const resources = state.parse(exported).deployment?.resources ?? [];
  const outputsOf = (type: string, name: string) => {
    const ending = `${type}::${name}`;
    return resources.find(({ urn }) => urn.endsWith(ending))?.outputs;
  };
  if (outputsOf("command:remote:Command", `${host}-host-key-apply`) === undefined) return undefined;
  const reserved = outputsOf("digitalocean:index/reservedIpAssignment:ReservedIpAssignment", `${host}-droplet-address-assignment`)?.[
    "ipAddress"
  ];
  const address = reserved ?? outputsOf("digitalocean:index/droplet:Droplet", `${host}-droplet`)?.["ipv4Address"];
  return typeof address === "string" ? address : undefined;
}
