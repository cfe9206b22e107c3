/** `phiward import`: takes what a Compose file says of services into a stack's file, and names what it cannot take over. */
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { type Document, parseDocument } from "yaml";
import { ConfigError, parseConfig } from "../../components/config/faults";
import { NAMESPACE } from "../../components/config/keys";
import { VERSION_KEY } from "../../components/config/sections/secrets";
import { domain } from "../../components/config/sections/values";
import { type Imported, imagesOf, importedCompose } from "../lib/compose/convert";
import { variablesIn } from "../lib/compose/words";
import { OperatorError } from "../lib/errors";
import { stackText } from "../lib/init/stackText";
import { withProgress } from "../lib/progress";
import { stackFile } from "../lib/project";
import { imageByDigest } from "../lib/registry/digest";
import { readStackFile } from "../lib/stack";
import { print, warn } from "../lib/terminal";
import { withStandInKeys } from "../lib/unadopted";

/** Options of `phiward import`. */
export interface ImportOptions {
  readonly stack: string;
  /** Host name by which people reach the first service that the file publishes. */
  readonly site?: string;
  /** File of variables, in place of `.env` beside the Compose file. */
  readonly envFile?: string;
  /** Asks no registry. */
  readonly offline?: boolean;
  /** Shows the sections in place of writing them. */
  readonly print?: boolean;
}

/** `phiward import`. `lookUp` finds the digest of an image. */
export async function importCommand(compose: string, options: ImportOptions, lookUp = imageByDigest): Promise<number> {
  const file = stackFile(options.stack);
  const stack = options.print === true ? undefined : emptyStack(file);
  const siteFault = options.site === undefined ? undefined : domain.safeParse(options.site).error?.issues[0]?.message;
  if (siteFault !== undefined) throw new OperatorError(`--site: found another text, allowed: ${siteFault}`, 2);
  const text = fileText(compose);
  const variables = variablesOf(compose, options.envFile);
  const pinned = options.offline === true ? new Map<string, string>() : await lookedUp(imagesOf(compose, text, variables), lookUp);
  const imported = importedCompose(compose, text, {
    variables,
    envFile: (path) => variablesBeside(compose, path),
    pinned: (image) => pinned.get(image) ?? (image.includes("@") ? image : undefined),
    site: options.site,
  });
  if (imported.sections["services"] === undefined)
    throw new OperatorError([`${compose}: found no service that can be taken over`, ...imported.notes].join("\n"), 1);
  if (stack === undefined) print(stackText(imported.sections, ""));
  else writeSections(file, stack, imported.sections);
  for (const note of imported.notes) warn(note);
  for (const fault of faultsWith(options, file, imported)) warn(fault);
  for (const command of secretCommands(options.stack, imported.secrets)) print(command);
  if (stack !== undefined) print(`${file}: services written; next: npx phiward policy --stack ${options.stack}`);
  return 0;
}

// Comments stay, and nothing that is declared is replaced.
function emptyStack(file: string): Document {
  const values = readStackFile(file);
  const declared = ["services", "sites"].filter((section) => Array.isArray(values[section]) && values[section].length > 0);
  if (declared.length > 0)
    throw new OperatorError(
      `${file}: found ${declared.join(" and ")} in it, allowed: a stack without; see them side by side with --print`,
      2,
    );
  return parseDocument(readFileSync(file, "utf8"));
}

function writeSections(file: string, document: Document, sections: Readonly<Record<string, unknown>>): void {
  const ports = readStackFile(file)["publicPorts"];
  for (const [section, value] of Object.entries(sections)) {
    const isThere = section === "publicPorts" && Array.isArray(ports) && ports.length > 0;
    if (!isThere) document.setIn(["config", `${NAMESPACE}:${section}`], document.createNode(value));
  }
  const fresh = `${file}.${String(process.pid)}.new`;
  try {
    writeFileSync(fresh, document.toString({ lineWidth: 0 }), { mode: statSync(file).mode & 0o777 });
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}

// Without values: those of the Compose file are in no file of the stack, nor in what is shown.
function secretCommands(stack: string, secrets: readonly string[]): readonly string[] {
  if (secrets.length === 0) return [];
  const set = (name: string): string => `pulumi config set --stack ${stack} --secret --path 'secrets.${name}'`;
  return [
    "Secrets that the services need, each from a file or another program:",
    ...secrets.map((name) => `  ${set(name)} < FILE`),
    `  openssl rand -base64 32 | ${set(VERSION_KEY)}   # once`,
  ];
}

// What is still missing in the file, in the schema's own messages.
function faultsWith({ print: isShown }: ImportOptions, file: string, { sections, secrets: brought }: Imported): readonly string[] {
  if (isShown === true) return [];
  try {
    const secrets = Object.fromEntries([...brought, VERSION_KEY].map((name): [string, object] => [name, { secure: "" }]));
    // Those that the file lacks are named with their commands.
    parseConfig(withStandInKeys({ ...readStackFile(file), ...sections, ...(brought.length === 0 ? {} : { secrets }) }, ""));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map((fault) => `${file}: ${fault}`);
    throw error;
  }
}

async function lookedUp(images: readonly string[], lookUp: typeof imageByDigest): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const image of images) {
    try {
      found.set(image, await withProgress(`looking up the digest of ${image}`, () => lookUp(image)));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      // The note of the service says what to do.
    }
  }
  return found;
}

// Compose reads `.env` beside its file, where nothing else is named.
function variablesOf(compose: string, given: string | undefined): Record<string, string> {
  if (given !== undefined) return variablesIn(fileText(given));
  const beside = join(dirname(compose), ".env");
  return existsSync(beside) ? (variablesBeside(compose, ".env") ?? {}) : {};
}

// Nothing outside of the Compose file's own directory is read because that file says so.
function variablesBeside(compose: string, path: string): Record<string, string> | undefined {
  const directory = dirname(compose);
  const file = join(directory, path);
  if (isAbsolute(path) || isOutside(directory, file) || !existsSync(file)) return undefined;
  // Nor what a link beside it leads to.
  return isOutside(realpathSync(directory), realpathSync(file)) ? undefined : variablesIn(fileText(file));
}

function isOutside(directory: string, file: string): boolean {
  return relative(directory, file).startsWith("..");
}

// Files that people write are far smaller; a mistaken path ends at once.
const BYTES = 256 * 1024;

function fileText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > BYTES) throw new OperatorError(`${path}: found a file of ${String(size)} bytes, allowed: ${String(BYTES)} at most`, 2);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "another fault";
    throw new OperatorError(
      `${path}: found a file that cannot be read (${code}), allowed: the path of a Compose file or of its variables`,
      2,
    );
  }
}
