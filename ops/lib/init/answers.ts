/** The questions of a new stack, in their order. The schema says of each answer whether it is allowed. */
import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { stackSchema } from "../../../components/config/schema";
import { host as hostSchema } from "../../../components/config/sections/hosts";
import { contact as incidentContact } from "../../../components/config/sections/incidents";
import { domain, isServer, mailAddress, NAME, port, RESERVED } from "../../../components/config/sections/values";
import { imageReference } from "../registry/reference";
import { keyPlaceFault } from "./keys";
import { ownNetworks } from "./ownAddresses";
import { by, eachBy, listed, oneOf, type Questions } from "./questions";

/** The server that the stack is for. */
export type HostAnswer =
  | { readonly kind: "existing"; readonly name: string; readonly address: string }
  | {
      readonly kind: "droplet";
      readonly name: string;
      readonly region: string;
      readonly size: string;
      readonly email: string;
      /** Where the private half of the SSH host key is put that it starts with. */
      readonly firstKeyPlace: string;
    };

/** The application of a new stack. */
export interface ServiceAnswer {
  readonly name: string;
  readonly image: string;
  readonly port: number;
  readonly health: readonly string[];
  readonly site: string;
  /** Images of the databases that it uses. */
  readonly postgres?: string;
  readonly redis?: string;
}

/** Who hears of what fails. */
export type AlertAnswer =
  | { readonly webhook: string }
  | { readonly mail: { readonly to: string; readonly from: string; readonly server: string } };

/** All that `phiward init` asks. */
export interface InitAnswers {
  readonly host: HostAnswer;
  readonly person: { readonly name: string; readonly key: string };
  readonly adminNetworks: readonly string[];
  /** The owner's recovery key: its public half, or where the private half of a new one is put. */
  readonly recovery: { readonly publicKey: string } | { readonly place: string };
  /** Address of the server that keeps the backups. */
  readonly vault?: string;
  readonly alert?: AlertAnswer;
  /** Telephone of whoever is called in an incident. */
  readonly incidentPhone: string;
  readonly service?: ServiceAnswer;
}

const portText = z.coerce.number().pipe(port);
const [existing, droplet] = hostSchema.options;
const person = stackSchema.shape.people.element.shape;

/** Asks everything. Answers that `questions.close` refuses are empty. */
export async function initAnswers(questions: Questions, stack: string): Promise<InitAnswers> {
  const host = await hostAnswer(questions, stack);
  const name = await questions.answer({
    option: "person",
    words: "Your login name on the servers",
    fault: by(person.name),
    standard: ownName(),
  });
  const keyFile = await questions.answer({
    option: "person-key",
    words: "File with your SSH public key",
    fault: keyFault,
    standard: ownKeyFile(),
  });
  const networks = await questions.answer({
    option: "admin-networks",
    words: "Networks that you connect from, as the servers see them, with commas between",
    fault: eachBy(stackSchema.shape.adminNetworks.element),
    standard: (await ownNetworks(host.kind === "existing" ? host.address : undefined, process.env["SSH_CONNECTION"])).join(", "),
  });
  const recovery = await recoveryAnswer(questions, stack);
  const service = await serviceAnswer(questions);
  // The policies refuse a database without backups, and backups that are on its own host alone.
  const keepsData = service?.postgres !== undefined || service?.redis !== undefined;
  const vault = await questions.answer({
    option: "vault",
    words: "Address of a second server that keeps the backups",
    fault: (text) => (isServer(text) ? undefined : by(existing.shape.address)(text)),
    optional: !keepsData,
  });
  const alert = await alertAnswer(questions, vault !== "");
  const incidentPhone = await questions.answer({
    option: "incident-phone",
    words: "Your telephone, with its country, for incidents",
    fault: by(incidentContact.shape.phone),
  });
  return {
    host,
    person: { name, key: keyIn(keyFile) ?? "" },
    adminNetworks: listed(networks),
    recovery,
    incidentPhone,
    ...(vault === "" ? {} : { vault }),
    ...(alert === undefined ? {} : { alert }),
    ...(service === undefined ? {} : { service }),
  };
}

async function hostAnswer(questions: Questions, stack: string): Promise<HostAnswer> {
  const kind = await questions.answer({
    option: "kind",
    words: "existing (a Debian 13 server that you have) or droplet (DigitalOcean makes one)",
    fault: oneOf("existing", "droplet"),
  });
  const name = await questions.answer({ option: "host", words: "Its name in this stack", fault: by(existing.shape.name), standard: "web" });
  if (kind !== "droplet") {
    const words = "Address of its SSH server";
    const address = kind === "" ? "" : await questions.answer({ option: "address", words, fault: by(existing.shape.address) });
    return { kind: "existing", name, address };
  }
  return {
    kind,
    name,
    region: await questions.answer({
      option: "region",
      words: "Region of DigitalOcean",
      fault: by(droplet.shape.region),
      standard: "fra1",
    }),
    size: await questions.answer({
      option: "size",
      words: "Size of DigitalOcean",
      fault: by(droplet.shape.size),
      standard: "s-2vcpu-4gb",
    }),
    email: await questions.answer({ option: "email", words: "Email address that DigitalOcean writes to", fault: by(mailAddress) }),
    firstKeyPlace: await questions.answer({
      option: "first-host-key",
      words: "File for the private half of the SSH host key that it starts with",
      fault: keyPlaceFault,
      standard: join(homedir(), `phiward-${stack.replaceAll("/", "-")}-${name}-first-host-key`),
    }),
  };
}

async function recoveryAnswer(questions: Questions, stack: string): Promise<InitAnswers["recovery"]> {
  const publicKey = await questions.answer({
    option: "recovery-public-key",
    words: "Public half of a recovery key that you have (age1…), if you have one",
    fault: by(stackSchema.shape.recovery.shape.publicKey),
    optional: true,
  });
  if (publicKey !== "") return { publicKey };
  const place = await questions.answer({
    option: "recovery-key",
    words: "File for the private half of a new recovery key, such as on a USB stick",
    fault: keyPlaceFault,
    standard: join(homedir(), `phiward-${stack.replaceAll("/", "-")}-recovery-key`),
  });
  return { place };
}

async function alertAnswer(questions: Questions, isNeeded: boolean): Promise<AlertAnswer | undefined> {
  const to = await questions.answer({
    option: "alert",
    words: "Who hears of a failed backup or check: an email address, or an https address without a token in it",
    fault: (text) => (/^https?:/.test(text) ? by(webhook)(text) : by(mailAddress)(text)),
    optional: !isNeeded,
  });
  if (to === "") return undefined;
  if (/^https?:/.test(to)) return { webhook: to };
  const server = await questions.answer({
    option: "mail-server",
    words: "Mail server that takes it from the hosts",
    fault: by(mail.server),
  });
  const from = await questions.answer({ option: "mail-from", words: "Its sender", fault: by(mailAddress), standard: to });
  return { mail: { to, from, server } };
}

const { webhook, mail: mailSection } = stackSchema.shape.alerts.unwrap().shape;
const mail = mailSection.unwrap().shape;

async function serviceAnswer(questions: Questions): Promise<ServiceAnswer | undefined> {
  const name = await questions.answer({
    option: "service",
    words: "Name of your application, if you have its image",
    fault: (text) =>
      NAME.test(text) && !RESERVED.has(text) ? undefined : (by(existing.shape.name)(text) ?? "a name that Debian does not use"),
    optional: true,
  });
  if (name === "") return undefined;
  const image = await questions.answer({ option: "image", words: "Its image, with a tag or a digest", fault: imageFault });
  const listens = await questions.answer({
    option: "port",
    words: "Port that it listens on",
    fault: (text) => by(portText)(text),
  });
  const health = await questions.answer({
    option: "health",
    words: "Program in the image, and its arguments, that succeeds when it is healthy",
    fault: (text) => (/^\/[!-~][ -~]*$/.test(text) ? undefined : "an absolute path, then arguments with spaces between"),
  });
  const site = await questions.answer({ option: "site", words: "Name by which people reach it", fault: by(domain) });
  const postgres = await databaseImage(questions, "postgres", "PostgreSQL 17");
  const redis = await databaseImage(questions, "redis", "Redis");
  return {
    name,
    image,
    port: Number(listens),
    health: health.split(/ +/),
    site,
    ...(postgres === "" ? {} : { postgres }),
    ...(redis === "" ? {} : { redis }),
  };
}

async function databaseImage(questions: Questions, option: string, title: string): Promise<string> {
  return questions.answer({ option, words: `Image of ${title}, if it uses one`, fault: imageFault, optional: true });
}

function imageFault(text: string): string | undefined {
  return imageReference(text) === undefined ? "the name of an image, such as docker.io/library/postgres:17" : undefined;
}

function ownName(): string | undefined {
  const { username } = userInfo();
  return by(person.name)(username) === undefined ? username : undefined;
}

function ownKeyFile(): string | undefined {
  return ["id_ed25519.pub", "id_ed25519_sk.pub"].map((name) => join(homedir(), ".ssh", name)).find((path) => existsSync(path));
}

/** The line of a public key file; undefined where there is none that is allowed. */
function keyIn(path: string): string | undefined {
  try {
    const line = readFileSync(path, "utf8").trim();
    return by(person.keys.element)(line) === undefined ? line : undefined;
  } catch {
    return undefined;
  }
}

function keyFault(path: string): string | undefined {
  return keyIn(path) === undefined
    ? "a file with one line of an OpenSSH public key (Ed25519, sk-, ECDSA P-384 or P-521, RSA of 3072 bits)"
    : undefined;
}
