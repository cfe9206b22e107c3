/**
 * The firewall that DigitalOcean has in front of a droplet, narrowed while its host is isolated, and as declared again afterwards. Each
 * firewall is replaced in one request, so that there is no moment without one; one that other droplets share is left as it is.
 */
import { z } from "zod";
import { type CloudFirewall, type CloudRule, cloudFirewall } from "../../../components/cloud/droplet/firewall";
import type { DropletConfig, StackConfig } from "../../../components/config/schema";
import { SSH_PORT } from "../../../components/plan/places";
import { ufwSettings } from "../../../components/system/ufw/settings";
import { type CloudAccess, cloudAccess } from "../cloudToken";

const firewalls = z.object({
  firewalls: z.array(
    z.object({ id: z.string(), name: z.string(), droplet_ids: z.array(z.int()).nullable(), tags: z.array(z.string()).nullable() }),
  ),
});
type Firewall = z.infer<typeof firewalls>["firewalls"][number];
const droplets = z.object({ droplets: z.array(z.object({ id: z.int(), name: z.string() })) });

// Whoever isolates a host waits for it.
const SECONDS = 10;

/** What became of the firewall outside of the host, in words; `done` where it is as it is to be. */
export interface Outside {
  readonly done: boolean;
  readonly words: string;
}

/** SSH from administrators in, SSH to the vault out, and nothing else. */
export function narrowed(config: StackConfig): CloudFirewall {
  const vault = config.hosts.find(({ name }) => name === config.backup?.offsite)?.address;
  const ssh = (addresses: readonly string[]): CloudRule => ({ protocol: "tcp", portRange: String(SSH_PORT), addresses });
  return {
    inbound: [ssh([...new Set(config.adminNetworks)].sort())],
    outbound: vault === undefined ? [] : [ssh([vault])],
  };
}

/** Narrows the firewall in front of a host, or makes it as declared. It throws nothing: the host itself is isolated all the same. */
export async function setOutside(
  config: StackConfig,
  name: string,
  how: "narrowed" | "declared",
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Outside> {
  const host = config.hosts.find((entry) => entry.name === name);
  if (host?.kind !== "droplet")
    return {
      done: false,
      words: "outside: it has no firewall of a cloud in front of it, since it is not a droplet; the host's own does it",
    };
  const access = cloudAccess(environment);
  if (access === undefined)
    return { done: false, words: "outside: not done: no DIGITALOCEAN_TOKEN is set here; the host's own firewall does it" };
  try {
    return await setFirewalls(access, host, how === "narrowed" ? narrowed(config) : cloudFirewall(ufwSettings(config, name)), how);
  } catch (error) {
    const why = error instanceof z.ZodError ? "an answer of another form" : error instanceof Error ? error.message : String(error);
    return { done: false, words: `outside: not done: DigitalOcean: ${why}` };
  }
}

async function setFirewalls(access: CloudAccess, { name }: DropletConfig, rules: CloudFirewall, how: string): Promise<Outside> {
  const found = droplets.parse(await ask(access, "GET", `/v2/droplets?per_page=200&name=${encodeURIComponent(name)}`)).droplets;
  const [droplet, ...others] = found.filter((entry) => entry.name === name);
  if (droplet === undefined || others.length > 0)
    return { done: false, words: `outside: not done: DigitalOcean has ${String(found.length)} droplets of that name` };
  const all = firewalls.parse(await ask(access, "GET", `/v2/droplets/${String(droplet.id)}/firewalls?per_page=200`)).firewalls;
  const own = all.filter(({ droplet_ids: ids, tags }) => (tags ?? []).length === 0 && ids?.length === 1);
  for (const firewall of own) await ask(access, "PUT", `/v2/firewalls/${firewall.id}`, body(firewall, rules));
  const shared = all.filter((firewall) => !own.includes(firewall)).map((firewall) => firewall.name);
  if (own.length === 0) return { done: false, words: "outside: not done: no firewall is this droplet's alone" };
  const left = shared.length === 0 ? "" : `; left as they are, since others share them: ${shared.join(", ")}`;
  const what = how === "narrowed" ? "lets through SSH of administrators and the vault alone" : "is as declared";
  return { done: shared.length === 0, words: `outside: the cloud firewall ${what}${left}` };
}

function body({ name, droplet_ids: ids }: Firewall, { inbound, outbound }: CloudFirewall): object {
  const rule = ({ protocol, portRange }: CloudRule) => ({ protocol, ...(portRange === undefined ? {} : { ports: portRange }) });
  return {
    name,
    droplet_ids: ids,
    inbound_rules: inbound.map((each) => ({ ...rule(each), sources: { addresses: each.addresses } })),
    outbound_rules: outbound.map((each) => ({ ...rule(each), destinations: { addresses: each.addresses } })),
  };
}

async function ask({ token, address }: CloudAccess, method: "GET" | "PUT", path: string, sent?: object): Promise<unknown> {
  const answer = await fetch(new URL(path, address), {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(SECONDS * 1000),
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path.split("?")[0] ?? ""} was answered with status ${String(answer.status)}`);
  return answer.json();
}
