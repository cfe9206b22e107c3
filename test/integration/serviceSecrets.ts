/** A service on a bench that gets secrets which were brought, files of configuration and variables, and says what it has. */
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, upstreamPort } from "../../components/containers/model";
import { execInHost } from "../../sandbox/machines/exec";
import type { Bench } from "./bench";
import { HEALTH, imageId, withServices } from "./servicesBench";

/** What a service tells of itself. */
export interface Told {
  readonly variable: string;
  readonly url: string;
  readonly file: string;
  readonly configuration: string;
  readonly environment: string;
}

// It answers with all that it was given; no shell is in its image, and no line end in an argument.
const SAYS = `
const { env } = process, { readFileSync: read } = require("fs");
const told = () => JSON.stringify({
  variable: env.API_KEY, url: env.DATABASE_URL, file: read(env.MAIL_KEY_FILE, "utf8"),
  configuration: read("/etc/says/says.conf", "utf8"),
  environment: Object.keys(env).filter((name) => /^(DB_|PWD|OLDPWD|SHLVL|value|file|_$)/.test(name)).sort().join(" "),
});
require("http").createServer((_, answer) => answer.end(told())).listen(8081);
process.on("SIGTERM", () => process.exit(0));
`
  .trim()
  .replaceAll("\n", " ");
const ASKS = `require("http").get("http://127.0.0.1:8081/", ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on("error", () => process.exit(1))`;

/** The stack with such a service, of which `value` was brought. */
export function withSecrets(bench: Bench, value: string, epoch: number): StackConfig {
  const config = withServices(bench, { epoch });
  const says = {
    kind: "container",
    name: "says",
    image: imageId("api"),
    command: ["/usr/bin/node", "-e", SAYS],
    port: 8081,
    health: { ...HEALTH, command: ["/usr/bin/node", "-e", ASKS] },
    uses: ["db"],
    databaseParts: true,
    secrets: [{ name: "mail-key", from: "provider-key" }, { name: "session-key" }],
    configurationFiles: [
      {
        path: "/etc/says/says.conf",
        content: "{{db.user}} {{db.password}} {{db.host}}:{{db.port}}/{{db.name}} {{{{ {{secret:mail-key}}\n",
      },
    ],
    secretEnvironment: { API_KEY: "mail-key", DATABASE_URL: "db-url" },
  };
  const secrets = { "provider-key": value, "version-key": "a-key-that-was-made-up-at-random-0123456789" };
  return parseConfig({ ...config, secrets, services: [...config.services, says] });
}

/** What the service says. */
export async function told(bench: Bench, config: StackConfig): Promise<Told> {
  const url = `http://127.0.0.1:${String(upstreamPort(containersModel(config), "says"))}/`;
  // What the service answers is its own, as it was made above.
  return JSON.parse(await bench.inside("curl", "--silent", "--fail", "--max-time", "5", url)) as Told;
}

/** Name of the service's container. */
export function containerOf(config: StackConfig): string {
  return containersModel(config).services.find(({ called }) => called === "says")?.name ?? "";
}

/** Files of the host with this text in them, besides what containers have mounted of it. */
export async function filesWith(bench: Bench, text: string): Promise<readonly string[]> {
  const places = [
    "/etc",
    "/var/lib/phiward",
    "/var/log",
    "/var/tmp",
    "/tmp",
    "/root",
    "/home",
    "/run",
    "/var/lib/docker/containers",
    "/usr/local",
  ];
  const { stdout } = await execInHost(
    bench.host,
    ["sh", "-c", `cat > /dev/shm/wanted; grep -rlFf /dev/shm/wanted ${places.join(" ")} 2>/dev/null; rm /dev/shm/wanted`],
    { stdin: text },
  );
  return stdout.split("\n").filter((path) => path !== "");
}
