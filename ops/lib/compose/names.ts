/** Names of services, secrets and volumes as the schema allows them, made of those that a Compose file has. */
import { NAME } from "../../../components/config/sections/values";

// Names that Docker, PostgreSQL or Redis read differently.
const TAKEN = new Set([
  ...["all", "bridge", "default", "docker", "gateway", "host", "ingress", "localhost", "none", "public", "replication", "root", "user"],
  ...["postgres", "health", "template0", "template1", "sameuser", "samerole", "samegroup", "samehost", "samenet"],
]);

/** An allowed name that is like `text`: lowercase letters, digits and single hyphens, 31 at most. */
export function allowedName(text: string, prefix: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const named = /^[a-z]/.test(plain) ? plain : `${prefix}-${plain}`;
  const short = named.slice(0, 31).replace(/-$/, "");
  return NAME.test(short) ? short : prefix;
}

/** The same for a service, whose name is that of its networks, database and role too. */
export function serviceName(text: string, isDatabase: boolean): string {
  const name = allowedName(text, "app");
  return !isDatabase && (TAKEN.has(name) || /^phiward(-|$)/.test(name)) ? `${name.slice(0, 27)}-app` : name;
}

/** Gives each of several names, made alike, one of its own. */
export class Apart {
  readonly #taken = new Set<string>();
  // From where on numbers may be free: counted once, however many names are alike.
  readonly #next = new Map<string, number>();

  /** The name, or one with a number that nobody has; it is taken then. */
  take(name: string): string {
    const beginning = name.slice(0, 28);
    let found = name;
    for (let number = this.#next.get(beginning) ?? 2; this.#taken.has(found); number += 1) {
      found = `${beginning}-${String(number)}`;
      this.#next.set(beginning, number + 1);
    }
    this.#taken.add(found);
    return found;
  }
}
