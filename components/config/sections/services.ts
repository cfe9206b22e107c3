/** The services of a stack: containers, and the databases that they use. */
import { z } from "zod";
import { DEFAULT_ADDRESS_POOL } from "../addressRules";
import { declaredUser, USER_RULE } from "../containerIds";
import { demandedBy } from "../demanded";
import { isImage } from "../imageName";
import { isVolumePath, VOLUME_PATH_RULE } from "../mountPaths";
import { ADDRESS_POOL_RULE, isAddressPool } from "../network";
import { ports } from "./containerPorts";
import { cpus } from "./cpus";
import { DATABASE_KIND_NAMES, DATABASE_KINDS, type DatabaseKind } from "./databaseKinds";
import { extensions, POSTGRES_KEYS } from "./postgresKeys";
import { REDIS_KEYS } from "./redisKeys";
import { argument, initialize, temporary } from "./running";
import {
  configurationFiles,
  databaseParts,
  secretEnvironment,
  serviceSecrets,
  sorted,
  VARIABLE_RULE,
  variableName,
} from "./serviceSecrets";
import { absolutePath, choice, either, epoch, flag, list, name, port, text, whole } from "./values";

const image = text(
  "name@sha256:… of an image in a registry, or sha256:…, the id of one that npx phiward adopt loads; 64 hexadecimal digits either way",
  isImage,
).describe("The image by its digest: a tag can be moved to other content.");

const serviceName = name.describe("Name of the service.");

const formerly = list("a list of names of services", name.describe("A name that it was deployed under."))
  .default([])
  .describe(
    "Names that this service had before, the first one first. They stay here: its data, secrets, networks and accounts go on under the first of them, and so does the container of a database. None.",
  );

const memory = (megabytes: number) =>
  whole(16, 1_048_576)
    .default(megabytes)
    .describe(`Memory limit in MB. ${String(megabytes)}, so that no container can starve the others.`);

const processes = (count: number) =>
  whole(10, 32_768)
    .default(count)
    .describe(`Limit of processes and threads. ${String(count)}: the end of a fork bomb.`);

const NO_SECRET = demandedBy("container-no-plain-secret-environment", "nothing that is called or looks like a secret");

const health = z.strictObject({
  command: list("a list of a program and its arguments", argument, 1).describe(
    `Program that exits 0 when the service is healthy, run in its container without a shell.${NO_SECRET}`,
  ),
  everySeconds: whole(1, 300).default(10).describe("Seconds between two health checks."),
  timeoutSeconds: whole(1, 60).default(5).describe("Seconds until a health check counts as failed."),
  retries: whole(1, 20).default(3).describe("Failures in a row that make it unhealthy."),
  startSeconds: whole(0, 600).default(30).describe("Seconds after its start in which failures do not count."),
});

const VALUE_RULE =
  "up to 1000 characters without line ends and control characters; a number with a point or an exponent in quotation marks";

// A whole number and a truth value have one spelling as text, and `pulumi config set --path` makes them of such texts.
const variable = z
  .union([z.string(), z.int({ error: VALUE_RULE }), z.boolean()], { error: VALUE_RULE })
  .transform(String)
  .pipe(text(VALUE_RULE, /^[^\p{C}\p{Zl}\p{Zp}]{0,1000}$/u));

const user = text(USER_RULE, (value) => declaredUser(value) !== undefined)
  .optional()
  .describe(
    "User and group that it runs as (164.312(a)(1)), for an image that was built for certain numbers. Default: numbers from 20000 on that follow from the first name.",
  );

const container = z.strictObject({
  kind: z.literal("container").meta({ allowed: "container" }).describe("A program of your own."),
  name: serviceName,
  formerly,
  image,
  user,
  command: list("a list of a program and its arguments", argument)
    .default([])
    .describe(`What it runs; empty: the image's default.${NO_SECRET}`),
  environment: z
    .record(variableName, variable, {
      error: ({ code }) => (code === "invalid_key" ? VARIABLE_RULE : "an object of names and strings"),
    })
    .overwrite(sorted)
    .prefault({})
    .meta({ allowed: "an object of names and strings" })
    .describe(
      `Environment; a whole number, true and false become their text. Never a secret: those are files under /run/secrets, named by variables that end in _FILE; for programs that read no file there is secretEnvironment.${NO_SECRET}`,
    ),
  port: port
    .optional()
    .describe(
      `Port it listens on. It is published on a loopback port, to which nginx connects.${demandedBy("container-ports-on-loopback", "none that is a database's")}`,
    ),
  ports,
  memoryMegabytes: memory(512),
  processes: processes(200),
  cpus,
  health: health.describe("Health check: it gets no requests before it is healthy."),
  uses: list(`a list of names of services of kind ${either(DATABASE_KIND_NAMES)}`, name.describe("Name of the database."))
    .default([])
    .describe(
      "Databases it uses. It joins each one's network, in which databases alone are reached, each at its port, and gets its own database and role in PostgreSQL, or a Redis that no other service uses, and NAME_URL_FILE, the path of a file with the address and password.",
    ),
  extensions,
  secrets: serviceSecrets,
  databaseParts,
  configurationFiles,
  secretEnvironment,
  volumes: list(
    "a list of volumes",
    z.strictObject({
      name: name.describe("Name of the volume."),
      path: absolutePath.refine(isVolumePath, { error: VOLUME_PATH_RULE }).describe("Where it is in the container."),
    }),
  )
    .default([])
    .describe("Its persistent data; all else in it is read-only, except /tmp, which is in memory."),
  temporary,
  initialize,
  updateOrder: choice(["start-first", "stop-first"])
    .default("start-first")
    .describe(
      "In which order a changed container takes the place of the one that runs, as Docker Swarm calls it; new secrets change it too. start-first: the new one is made beside the old, without a gap. stop-first: the old one is stopped before, for a program that runs one at a time, such as one with a lock on its data. Then nobody answers until the new one is healthy; where it does not become that, the old one is started again.",
    ),
  internet: flag()
    .default(false)
    .describe(
      "Whether it may reach the Internet, and other machines of the network. Off: data cannot be sent to what cannot be reached. It never reaches its own host.",
    ),
});

function everyDatabase<Kind extends DatabaseKind>(kind: Kind) {
  const { description, memoryMegabytes, processes: most } = DATABASE_KINDS[kind];
  return {
    kind: z.literal(kind).meta({ allowed: kind }).describe(description),
    name: serviceName,
    formerly,
    image,
    user,
    memoryMegabytes: memory(memoryMegabytes),
    processes: processes(most),
    cpus,
    epoch: epoch.describe("Increment to rotate the passwords of all that use it, without a gap."),
    unencrypted: text("a reason of 10 to 300 printable characters", /^(?=.*\S)[\x20-\x7e\u00a0-\u024f]{10,300}$/)
      .optional()
      .describe(
        `Why connections without TLS are accepted, such as that the one program which uses it has none: a reason of 10 characters at least. Left out, they are refused, and each address that a service gets has it take no server but this one, by a certificate of the host's own authority.${demandedBy("databases-encrypt-connections", "left out")}`,
      ),
  };
}

// A kind without its keys does not compile.
const DATABASES = {
  postgres: z.strictObject({ ...everyDatabase("postgres"), ...POSTGRES_KEYS }),
  redis: z.strictObject({ ...everyDatabase("redis"), ...REDIS_KEYS }),
} satisfies Readonly<Record<DatabaseKind, z.ZodType>>;

/** The key `services`. */
export const services = list(
  "a list of services",
  z
    .discriminatedUnion("kind", [container, DATABASES.postgres, DATABASES.redis])
    .meta({ allowed: either(["container", ...DATABASE_KIND_NAMES]) }),
)
  .prefault([])
  .describe("What runs in containers, on each host of the role application. They are reachable only through a site.");

/** The key `docker`. */
export const docker = z
  .strictObject({
    logs: z
      .strictObject({
        driver: choice(["journald", "local"])
          .default("journald")
          .describe(
            `Where new containers' output goes. \`journald\`: to the host's journal, and with that to the vault; it outlives the container. \`local\`: to files of Docker, which end with the container, for programs that print patients' data. A container keeps the one that it was created with.${demandedBy("container-output-recorded", "journald")}`,
          ),
        maxSize: whole(1, 1000)
          .default(10)
          .describe("With the driver `local`: size of a container's log file in MB before the next one is started."),
        maxFile: whole(2, 100).default(5).describe("With the driver `local`: log files kept of a container."),
        rateLimitBurst: whole(100, 10_000)
          .default(500)
          .describe(
            "With the driver `journald`: lines that all containers of a host may have in the journal in half a minute, of standard output and of standard error each; journald raises it with the free room of its disk, four times at 4 GB. More are left out, counted and an alert. 500: a busy clinic's, and a container that prints without end leaves the journal's other records where they are for hours.",
          ),
      })
      .prefault({})
      .describe("Output of containers."),
    addressPool: text(ADDRESS_POOL_RULE, isAddressPool)
      .default(DEFAULT_ADDRESS_POOL)
      .describe(
        "Address range of container networks, /24 each: one for each service, and two more. Nobody else may have an address in it, above all no administrator: hosts would look for it among their containers. Choose another if your own network uses this one.",
      ),
    limits: choice(["enforced", "unavailable"])
      .default("enforced")
      .describe(
        "Whether the kernel can limit the memory and processes of containers. `unavailable` is for machines with cgroup v1, as the sandbox may be.",
      ),
  })
  .prefault({})
  .describe("The Docker daemon.");
