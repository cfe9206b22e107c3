/** What a service gets of secrets: files under /run/secrets, files of configuration, and variables for programs that read no file. */
import { z } from "zod";
import { CONFIGURATION_PATH_RULE, isConfigurationPath } from "../mountPaths";
import { PLACEHOLDER_RULE } from "../placeholders";
import { absolutePath, epoch, flag, list, name, text } from "./values";

/** The rule of a variable's name, in words. */
export const VARIABLE_RULE = "a name of at most 64 letters, digits and _, without a digit first";
/** The name of a variable. */
export const variableName = text(VARIABLE_RULE, /^[A-Za-z_][A-Za-z0-9_]{0,63}$/);

/** A map in the order of its keys: Pulumi hands maps over by key, and what is made and hashed of them must be the same. */
export function sorted(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The key `secrets` of a service. */
export const serviceSecrets = list(
  "a list of secrets",
  z.strictObject({
    name: name.describe("Name of the secret: the file /run/secrets/NAME; NAME_FILE in capitals names its path."),
    from: name
      .optional()
      .describe("Name of the one that you bring, under the key `secrets` of the stack. Without it the secret is created on the host."),
    epoch: epoch.describe("Increment to rotate one that was created on the host."),
    escrow: flag()
      .default(false)
      .describe("Whether one that was created on the host must survive it: then it is also encrypted to the recovery key."),
  }),
)
  .default([])
  .describe(
    "Secrets, mounted as files that only this service can read: created on the host, or brought (`from`). A changed one is a new file for a new container, beside the old one until that is gone.",
  );

/** The key `databaseParts` of a service. */
export const databaseParts = flag()
  .default(false)
  .describe(
    "Whether it also gets the address of each database in parts, for programs that take no URL: NAME_HOST, NAME_PORT, NAME_NAME and NAME_USER, and NAME_PASSWORD_FILE, the path of a file. Off: NAME_URL_FILE says all of it.",
  );

const CONTENT_RULE = `up to 128 KiB of ${PLACEHOLDER_RULE}`;

/** The key `configurationFiles` of a service. */
export const configurationFiles = list(
  "a list of files, each with path and content",
  z.strictObject({
    path: absolutePath.refine(isConfigurationPath, { error: CONFIGURATION_PATH_RULE }).describe("Where it is in the container."),
    content: text(CONTENT_RULE, (content) => Buffer.byteLength(content) <= 131_072 && !content.includes("\0")).describe(
      "Its text. `{{secret:NAME}}` stands for a secret of this service, `{{DATABASE.host}}`, `.port`, `.name`, `.user` and `.password` for parts of a database that it uses; `{{{{` for two braces. They are filled in on the host, as they are: a program's own quoting is yours.",
    ),
  }),
)
  .default([])
  .describe(
    "Files that it is configured by, each readable by it alone and read-only. A changed one, or a changed secret in one, is a new container. None.",
  );

// The launcher's shell has these itself, or goes by them.
const OF_THE_SHELL = ["file", "value", "IFS", "OLDPWD", "OPTIND", "PATH", "PPID", "PS1", "PS2", "PS4", "PWD", "SHLVL"];

const launchedRule = `${VARIABLE_RULE}, other than ${OF_THE_SHELL.join(", ")}`;

const launchedVariable = text(launchedRule, (name) => /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) && !OF_THE_SHELL.includes(name));

/** The key `secretEnvironment` of a service. */
export const secretEnvironment = z
  .record(
    launchedVariable,
    text("the name of a file that this service has under /run/secrets, such as mail-key or db-url", /^[a-z][a-z0-9-]{0,62}$/),
    { error: ({ code }) => (code === "invalid_key" ? launchedRule : "an object of names of variables and of secrets") },
  )
  .overwrite(sorted)
  .prefault({})
  .meta({ allowed: "an object of names of variables and of secrets" })
  .describe(
    "Variables by their secrets, for programs that read no file: API_KEY: mail-key, or DATABASE_URL: db-url. A launcher sets them as it becomes the program, so that `docker inspect` and `docker exec` show none; the service's own user and root find them in /proc. `command` is needed then, and has all of it: the image's entry point and what it runs (`docker image inspect`); so has `initialize.command`. Health checks do not get them. None.",
  );
