/** A stack as the operator's commands see it: its configuration, resolved as Pulumi resolves it. */
import { existsSync, readFileSync } from "node:fs";
import { ConfigError, parseConfig } from "../../components/config/faults";
import { fromKeys, NAMESPACE } from "../../components/config/keys";
import { type StackConfig, stackSchema } from "../../components/config/schema";
import { HOW_TO_SET } from "../../components/config/sections/secrets";
import { NAME } from "../../components/config/sections/values";
import { member, membersOf, valueAt } from "../../components/config/unknown";
import { looksSecret, SEALED_SECRET, secretWord } from "../../policies/readers/secretTexts";
import { isOfSandbox } from "./context";
import { OperatorError } from "./errors";
import { projectDefaults, withNamespace } from "./project";
import { askPulumi, pulumiVersion } from "./pulumi";
import { CONFIG_FAULT, parsePulumiYaml } from "./pulumiYaml";

/** The stack that a file belongs to, for what only the Pulumi CLI can open. */
export interface NamedStack {
  readonly stack: string;
  /** Directory of its project; the working directory without it. */
  readonly cwd?: string | undefined;
  /** Whether it is judged and not deployed: then the private keys of hosts to come stay closed. */
  readonly judging?: boolean;
  /** Its secrets by name, where they are on this machine and the Pulumi CLI has none. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

/**
 * The values of the stack's file and of its project, not yet validated; a Pulumi secret is a map with the key `secure`. Throws
 * OperatorError if the file is missing, no YAML, or has keys where Pulumi passes over them.
 */
export function readStackFile(path: string): Record<string, unknown> {
  return valuesIn(path, readDocument(path));
}

function valuesIn(path: string, document: unknown): Record<string, unknown> {
  return fromKeys(asTexts(keysIn(path, document)));
}

function keysIn(path: string, document: unknown): Readonly<Record<string, unknown>> {
  const config = membersOf(member(document, "config"));
  const own = Object.entries(config).map(([key, value]): [string, unknown] => [withNamespace(key), value]);
  return { ...projectDefaults(path), ...Object.fromEntries(own) };
}

function asTexts(keys: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, asPulumi(value)]));
}

/** A stack's configuration as a program gets it: texts by key with namespace. */
export interface ProgramConfig {
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

const FIRST_HOST_KEYS = `${NAMESPACE}:firstHostKeys`;
const SECRETS = `${NAMESPACE}:secrets`;

// An address that nobody has (RFC 2606, section 2), for that of a webhook.
const SEALED_WEBHOOK = "https://secret.invalid/";

/**
 * What a program would be handed of a stack's file, to be judged. A secret of another namespace, such as a provider's token, the address of a
 * webhook and the keys of hosts to come are not opened: a text stands in its place, which is secret. Those of `secrets` stay as they are
 * in the file. Throws OperatorError as `readStack`.
 */
export function programConfig(path: string, named: NamedStack): ProgramConfig {
  const document = readDocument(path);
  const keys = withoutWebhook(keysIn(path, document), `${NAMESPACE}:alerts`);
  const secretKeys = Object.entries(keys).flatMap(([key, value]) => (secretPaths(value).length > 0 ? [key] : []));
  const own = secretKeys.filter((key) => key.startsWith(`${NAMESPACE}:`) && key !== FIRST_HOST_KEYS && !staysShut(key, keys[key]));
  const opened = openedTexts(path, own, member(document, "environment"), named);
  const shown = Object.entries(keys).map(([key, value]) => [key, staysShut(key, value) ? value : sealed(value)] as const);
  const texts = { ...asTexts(Object.fromEntries(shown)), ...opened };
  return { config: Object.fromEntries(Object.entries(texts).filter(([key]) => key !== FIRST_HOST_KEYS)), secretKeys };
}

// Whoever judges needs the names of secrets and no value. A map that is a secret as a whole has its names inside.
function staysShut(key: string, value: unknown): boolean {
  return key === SECRETS && !isSecret(value);
}

// Its token is in no rule's way: whoever judges needs nobody who could open it.
function withoutWebhook<Values extends Readonly<Record<string, unknown>>>(values: Values, section: string): Values {
  const alerts = membersOf(values[section]);
  return isSecret(alerts["webhook"]) ? { ...values, [section]: { ...alerts, webhook: SEALED_WEBHOOK } } : values;
}

function sealed(value: unknown): unknown {
  if (isSecret(value)) return SEALED_SECRET;
  if (Array.isArray(value)) return value.map(sealed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, sealed(entry)]));
}

// What Pulumi hands the program: a text as it is, all else as JSON.
function asPulumi(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

// What Pulumi itself keeps in the file, beside `config`.
const TOP = ["config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"];

function readDocument(path: string): unknown {
  if (!existsSync(path))
    throw new OperatorError(`${path}: found no such file, allowed: a stack's configuration; npx phiward init writes one`, CONFIG_FAULT);
  const document = parsePulumiYaml(path, readFileSync(path, "utf8"));
  const config = member(document, "config") ?? {};
  const faults = Object.keys(membersOf(document)).flatMap((key) => (TOP.includes(key) ? [] : [misplaced(key)]));
  if (typeof config !== "object" || Array.isArray(config)) faults.push("config: found no map, allowed: keys such as phiward:hosts");
  if (faults.length > 0) throw new OperatorError([...new Set(faults)].map((fault) => `${path}: ${fault}`).join("\n"), CONFIG_FAULT);
  return document;
}

// Pulumi passes over it without a word. Only a name of ours is repeated.
function misplaced(key: string): string {
  const section = key.replace(`${NAMESPACE}:`, "");
  return Object.hasOwn(stackSchema.shape, section)
    ? `found ${key} beside config, where Pulumi passes over it, allowed: ${NAMESPACE}:${section} under config; indent it by two spaces, below config:`
    : `found an unknown key of ${String(key.length)} characters beside config, allowed: ${TOP.join(", ")}; correct or remove it`;
}

/**
 * The validated configuration of a stack. What the file alone does not say, secrets and an environment of Pulumi ESC, is asked of the
 * Pulumi CLI. `amended` fills in what a command does without. Throws OperatorError with all faults, each with the file's name, or if the CLI is needed and missing.
 */
export function readStack(path: string, named?: NamedStack, amended: (raw: Record<string, unknown>) => object = (raw) => raw): StackConfig {
  const document = readDocument(path);
  const raw = valuesIn(path, document);
  if (!isOfSandbox(path)) refuseClear(path, raw);
  refuseClearToken(path, valueAt(raw, ["alerts", "webhook"]));
  try {
    const values = { ...(named?.judging === true ? withoutWebhook(raw, "alerts") : raw), ...onThisMachine(named) };
    return parseConfig(amended(resolved(path, values, member(document, "environment"), named)));
  } catch (error) {
    if (error instanceof ConfigError) throw new OperatorError(error.faults.map((fault) => `${path}: ${fault}`).join("\n"), CONFIG_FAULT);
    throw error;
  }
}

function onThisMachine(named: NamedStack | undefined): { readonly secrets?: Readonly<Record<string, string>> } {
  return named?.secrets === undefined ? {} : { secrets: named.secrets };
}

const NAMES =
  /^(hosts|services|sites|hosts\.\d+\.(name|formerly\.\d+|dns\.zone|dns\.issuers\.\d+)|services\.\d+\.(name|formerly\.\d+|volumes\.\d+\.name)|sites\.\d+\.(name|aliases\.\d+))$/;

function resolved(
  path: string,
  raw: Record<string, unknown>,
  environment: unknown,
  named: NamedStack | undefined,
): Record<string, unknown> {
  const { firstHostKeys, secrets: brought, ...sections } = raw;
  const secrets = [...secretPaths(sections)];
  const inNames = secrets.filter((secret) => NAMES.test(secret));
  if (inNames.length > 0)
    throw new OperatorError(
      inNames
        .map(
          (secret) =>
            `${path}: ${secret}: found a Pulumi secret, allowed: plain text: names of resources are made of it, which Pulumi does not encrypt`,
        )
        .join("\n"),
      CONFIG_FAULT,
    );
  // Versions of secrets follow from their values; a stack is judged without.
  if (isSecret(brought) || (named?.judging !== true && secretPaths(brought).length > 0)) secrets.push("secrets");
  // A policy needs no key of a host that is to come, so whoever judges needs nobody who could open it.
  if (named?.judging === true && secrets.length === 0 && isSecret(firstHostKeys) && !isGiven(environment))
    return brought === undefined ? sections : { ...sections, secrets: brought };
  const texts = openedTexts(path, [...(isSecret(firstHostKeys) ? ["firstHostKeys"] : []), ...secrets], environment, named);
  return texts === undefined ? raw : fromKeys(texts);
}

function isGiven(environment: unknown): boolean {
  return environment !== undefined && environment !== null;
}

/** What only the Pulumi CLI can open, opened by it: all texts of the stack. Undefined where the file says all of it. */
function openedTexts(
  path: string,
  secrets: readonly string[],
  environment: unknown,
  named: NamedStack | undefined,
): Record<string, string> | undefined {
  const needs = [
    ...(secrets.length === 0 ? [] : [`Pulumi secrets (${secrets.join(", ")})`]),
    ...(isGiven(environment) ? ["an environment of Pulumi ESC"] : []),
  ];
  if (needs.length === 0) return undefined;
  if (named === undefined || pulumiVersion() === undefined)
    throw new OperatorError(
      `${path}: found ${needs.join(" and ")}, which only the Pulumi CLI can open; found no pulumi on PATH. Install it (https://www.pulumi.com/docs/install) and log in to the stack's backend, or write the values as plain text`,
      2,
    );
  const answer = membersOf(JSON.parse(askPulumi(["config", "--json", "--show-secrets", "--stack", named.stack], process.env, named.cwd)));
  return Object.fromEntries(Object.entries(answer).map(([key, entry]) => [key, asPulumi(member(entry, "value"))]));
}

/** Paths of all secrets in a value. Of keys, which are the author's, only those that look like ours are named. */
function secretPaths(value: unknown, at: readonly string[] = []): readonly string[] {
  if (isSecret(value)) return [at.map((key) => (/^[A-Za-z_]{1,20}$|^\d{1,4}$/.test(key) ? key : "…")).join(".")];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => secretPaths(entry, [...at, key]));
}

/** The sections that are maps of names and secrets, and what to do about one in plain text. */
const SECRET_MAPS = {
  firstHostKeys:
    "treat the key as compromised, create a new key pair, and set it by pulumi config set --secret --path 'firstHostKeys.NAME' < FILE",
  secrets: `treat it as known to others, have a new one made, and ${HOW_TO_SET}`,
};

// Pulumi writes a secret as `secure: …`; anything else under these names could be read by all who read the file.
function refuseClear(path: string, raw: Readonly<Record<string, unknown>>): void {
  const faults = Object.entries(SECRET_MAPS).flatMap(([section, advice]) => {
    const clear = clearEntries(section, raw[section]);
    return clear.length === 0 ? [] : [`${path}: ${clear.join(", ")}: found plain text, expected a Pulumi secret; ${advice}`];
  });
  if (faults.length > 0) throw new OperatorError(faults.join("\n"), CONFIG_FAULT);
}

function clearEntries(section: string, entries: unknown): readonly string[] {
  // Set as a whole: its names are read from the CLI.
  if (entries === undefined || isSecret(entries)) return [];
  if (typeof entries !== "object" || entries === null) return [section];
  const clear = Object.entries(entries).flatMap(([name, value]) =>
    isSecret(value) ? [] : [NAME.test(name) ? `${section}.${name}` : section],
  );
  return [...new Set(clear)];
}

// Whoever reads a messenger's webhook can write by it: its path, or a part of its query, is the token.
function refuseClearToken(path: string, webhook: unknown): void {
  if (typeof webhook === "string" && holdsToken(webhook))
    throw new OperatorError(
      `${path}: alerts.webhook: found an address with a token in it as plain text, expected a Pulumi secret; treat it as known to others, make a new one, and set it by pulumi config set --secret --path '${NAMESPACE}:alerts.webhook' < FILE`,
      CONFIG_FAULT,
    );
}

function holdsToken(address: string): boolean {
  if (looksSecret(address) !== undefined) return true;
  const parts = address.replace(/^[a-z]+:\/\/[^/?#]*/, "").split(/[/?#&]/);
  // A word is of letters alone; what is made up at random has digits too.
  return parts.some((part) => {
    const [name = "", value] = part.split("=");
    return value === undefined ? /^(?=.*\d)(?=.*[A-Za-z])[\w-]{20,}$/.test(name) : value !== "" && secretWord(name) !== undefined;
  });
}

// As Pulumi writes one: a map with nothing else in it.
function isSecret(value: unknown): boolean {
  const { secure, ...others } = membersOf(value);
  return typeof secure === "string" && Object.keys(others).length === 0;
}
