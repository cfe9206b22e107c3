/** Certificate authorities for a test: pebble of Debian, in the network of an outsider. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { start } from "../../ops/lib/process";
import type { Argv } from "../../ops/lib/programs";
import { execInHost } from "../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";

/** Name of an authority, and the port of its directory. `short` issues certificates of 30 seconds. */
const PORTS = { rehearsal: 14_001, real: 14_002, short: 14_003 } as const;

/** Name of an authority of the test. */
export type AuthorityName = keyof typeof PORTS;

const greeting = z.object({ ca: z.string() });
const asked = z.array(z.tuple([z.string(), z.string(), z.number()]));

/** The authorities, and the name server that they ask. */
export class AcmeServer {
  private constructor(
    private readonly child: ReturnType<typeof started>,
    private readonly lines: AsyncIterator<string>,
    private readonly address: string,
    /** What their directories are trusted by, as PEM. */
    readonly ca: string,
  ) {}

  /** Starts them at the first outsider's address; every name is the host's until `leads` says otherwise. */
  static async start(sandbox: Sandbox, host: SandboxHost): Promise<AcmeServer> {
    const [outsider] = sandbox.outsiders;
    if (outsider === undefined) throw new Error("the sandbox has no outsider");
    const unpack =
      "mkdir --parents /opt/pebble && cd /opt/pebble && apt-get --quiet=2 download pebble && dpkg-deb --extract pebble_*.deb .";
    const { code, stderr } = await execInHost(host, ["sh", "-ec", unpack]);
    if (code !== 0) throw new Error(`pebble: ${stderr}`);
    const directory = join(sandbox.dir, "acme");
    mkdirSync(directory);
    const words = [join(host.root, "opt/pebble/usr/bin"), directory, outsider.address, host.address];
    const child = started(["nsenter", `--net=/run/netns/${outsider.netns}`, "--", "python3", join(__dirname, "acme.py"), ...words]);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { ca } = greeting.parse(await answerOf(lines));
    return new AcmeServer(child, lines, outsider.address, ca);
  }

  close(): void {
    this.child.stdin.end();
  }

  directory(name: AuthorityName): string {
    return `https://${this.address}:${String(PORTS[name])}/dir`;
  }

  /** Has an authority answer, refuse every order by its rate limit, or answer nothing. */
  async turn(name: AuthorityName, mode: "open" | "limit" | "away"): Promise<void> {
    await this.order({ mode: [name, mode] });
  }

  /** Has a name lead to an address. */
  async leads(name: string, address: string): Promise<void> {
    await this.order({ address: [name, address] });
  }

  /** What was asked since this was asked last: how many accounts and orders of each authority. */
  async seen(): Promise<Readonly<Record<AuthorityName, { readonly accounts: number; readonly orders: number }>>> {
    const requests = asked.parse(await this.order({ seen: true }));
    const count = (name: AuthorityName) => {
      const made = (path: string): number => requests.filter(([at, found]) => at === name && found === path).length;
      return { accounts: made("/sign-me-up"), orders: made("/order-plz") };
    };
    return { rehearsal: count("rehearsal"), real: count("real"), short: count("short") };
  }

  private async order(order: object): Promise<unknown> {
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    return answerOf(this.lines);
  }
}

async function answerOf(lines: AsyncIterator<string>): Promise<unknown> {
  const next = await lines.next();
  if (next.done === true) throw new Error("the authorities of the test have ended");
  return JSON.parse(next.value);
}

function started(argv: Argv) {
  return start(argv, { stdio: "pipe" });
}
