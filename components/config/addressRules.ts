/** Rules about the addresses of containers: whose else they would be, and how many there are. They run on invalid values too. */
import { isAddressPool, networkFault, networksMeet, prefixOf } from "./network";
import { asText, type Disallowed, each, type Found } from "./paths";
import { valueAt } from "./unknown";

/** Length of each network that Docker cuts from the pool. */
export const CONTAINER_NETWORK_LENGTH = 24;
/** Where container networks are cut from unless it is declared. */
export const DEFAULT_ADDRESS_POOL = "172.30.0.0/16";

// Docker takes one for its default network, though no container is in it; another one is for a network that replaces another, which
// is made before the old one goes.
const OTHER_NETWORKS = 2;

// Whoever has one of these addresses, or is reached at one, would be taken for a container: the host sends what is meant for it to a
// bridge. So a pool that meets adminNetworks shuts administrators out.
const APART: readonly string[] = [
  "adminNetworks.*",
  "listeners.*.networks.*",
  "hosts.*.address",
  "hosts.*.vpc.ipRange",
  "time.servers.*",
  "alerts.mail.server",
  "alerts.webhook",
];

/** Everything about `docker.addressPool` that is allowed separately and not together. */
export function addressRules(stack: unknown): readonly Disallowed[] {
  const pool = asText(valueAt(stack, ["docker", "addressPool"]) ?? DEFAULT_ADDRESS_POOL);
  if (pool === undefined || !isAddressPool(pool)) return [];
  return [...APART.flatMap((path) => each(stack, path.split(".")).flatMap((found) => meeting(found, pool))), ...tooMany(stack, pool)];
}

function meeting({ path, value }: Found, pool: string): readonly Disallowed[] {
  const address = addressIn(asText(value) ?? "");
  const isFaulty = address.includes("/") && networkFault(address) !== undefined;
  if (isFaulty || !networksMeet(address, pool)) return [];
  return [
    {
      path,
      message: `an address or network apart from docker.addressPool, which is ${pool}: hosts would look for it among their containers; choose another docker.addressPool`,
    },
  ];
}

// Of a URL its host; all else is an address, a network or a name.
function addressIn(text: string): string {
  return URL.canParse(text) ? new URL(text).hostname.replace(/^\[(.*)\]$/, "$1") : text;
}

function tooMany(stack: unknown, pool: string): readonly Disallowed[] {
  const networks = 2 ** (CONTAINER_NETWORK_LENGTH - prefixOf(pool));
  const most = networks - OTHER_NETWORKS;
  if (each(stack, ["services", "*"]).length <= most) return [];
  return [
    {
      path: ["services"],
      message: `${String(most)} services at most: each has a network of its own, and of the ${String(networks)} in docker.addressPool, which is ${pool}, Docker needs one itself, and one is kept for a network that replaces another; choose a larger docker.addressPool`,
    },
  ];
}
