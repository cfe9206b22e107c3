/** Requests for restores over live data: the host makes one, who asks and a second person sign it, and the host carries it out once. */
import { readFileSync } from "node:fs";
import { RESTORE_NAMESPACE, restoreConsent } from "../../components/backup/backup/restores";
import type { StackConfig } from "../../components/config/schema";
import { dutySigner } from "./duties/signatures";
import { OperatorError } from "./errors";
import type { HostAddress } from "./hosts";
import { writeNewFile } from "./newFile";
import { print, warn } from "./terminal";

/** A request as the host made it, and the signatures of two people under it. */
export interface Approval {
  readonly text: string;
  readonly signatures: readonly string[];
}

const MOST_CHARACTERS = 8192;
// As backup/approval.py writes it: each line is what is shown of it, and nothing else.
const REQUEST = /^A restore over live data\n(?:[a-z ]+: [^\p{C}\p{Zl}\p{Zp}]*\n){10}$/u;

/** Whoever asks, by their own key: only people may whose signature counts. Throws OperatorError where no key is such a person's. */
export function asker(config: StackConfig, key: string | undefined, wanted?: string): string {
  return signer(config, key, wanted).name;
}

/** Puts a request of the host into a file in this directory, for a second person to sign; returns its path. */
export function keepRequest(host: HostAddress, text: string): string {
  const path = `restore-${host.name}-${requireOwn(host, text, "the host's answer").nonce.slice(0, 8)}.txt`;
  writeNewFile("the request", path, text);
  return path;
}

/** What to do with a request, for people. */
export function requestText(host: string, path: string): string {
  return [
    `${host}: nothing is restored yet: a restore over live data needs two people. The request is in ${path}`,
    `a second person reads it and signs it, by either of: npx phiward restore --host ${host} --sign ${path}`,
    `                                                     ssh-keygen -Y sign -n ${RESTORE_NAMESPACE} -f KEY ${path}`,
    `then, within 24 hours, with ${path} beside it: npx phiward restore --host ${host} --approval ${path}.sig`,
  ].join("\n");
}

/** Signs what another person asks for, beside its file; returns the signature's path. Throws OperatorError where it is one's own request. */
export function signRequest(config: StackConfig, host: HostAddress, path: string, key: string | undefined): string {
  const text = contentOf("--sign", path);
  const { who } = requireOwn(host, text, `--sign: ${path}`);
  const { name, sign } = signer(config, key);
  if (name === who)
    throw new OperatorError(`--sign: found a request of ${who}, and a key of ${who}, allowed: another person's key; two people agree`, 2);
  print(text.trimEnd());
  writeNewFile("--sign", `${path}.sig`, sign(text));
  return `${path}.sig`;
}

/** The request beside a second person's signature, with that of who asks, who signs now. */
export function approvalOf(config: StackConfig, host: HostAddress, path: string, key: string | undefined): Approval {
  if (!path.endsWith(".sig"))
    throw new OperatorError("--approval: found a file of another name, allowed: the signature FILE.sig, beside the request FILE", 2);
  const signature = contentOf("--approval", path);
  const text = contentOf("--approval", path.slice(0, -".sig".length));
  const { who } = requireOwn(host, text, `--approval: ${path.slice(0, -".sig".length)}`);
  const own = signer(config, key, who);
  // What lies there now is what is signed, and not what was asked for: a colleague had the file.
  for (const line of text.trimEnd().split("\n")) warn(line);
  return { text, signatures: [own.sign(text), signature] };
}

function signer(config: StackConfig, key: string | undefined, wanted?: string): ReturnType<typeof dutySigner> {
  const names = new Set(restoreConsent(config).signers.map(({ name }) => name));
  return dutySigner({ people: config.people.filter(({ name }) => names.has(name)) }, key, wanted, RESTORE_NAMESPACE);
}

// Of another host of the same name, such as a rehearsal's, it is not what the stack's file is about.
function requireOwn(host: HostAddress, text: string, what: string): { readonly who: string; readonly nonce: string } {
  const line = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
  if (!REQUEST.test(text)) throw new OperatorError(`${what}: found no request for a restore, allowed: the file as the host made it`, 2);
  if (line("host key") !== host.hostKey.split(" ").slice(0, 2).join(" "))
    throw new OperatorError(
      `${what}: found a request of a host with another key, allowed: one of ${host.name}, by its key in the stack's file`,
      2,
    );
  return { who: line("who"), nonce: line("nonce") };
}

function contentOf(option: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new OperatorError(`${option}: cannot read ${path}, allowed: a file that you can read`, 2);
  }
  if (text.length > MOST_CHARACTERS)
    throw new OperatorError(
      `${option}: found more than ${String(MOST_CHARACTERS)} characters in ${path}, allowed: a request or a signature`,
      2,
    );
  return text;
}
