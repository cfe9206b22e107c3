/** `phiward init`: writes the file of a new stack, which passes the gate, from what it asks or is given; with the keys that it needs. */
import { existsSync, rmSync } from "node:fs";
import { createInterface, type Interface } from "node:readline/promises";
import { ConfigError, parseConfig } from "../../components/config/faults";
import { OperatorError } from "../lib/errors";
import { failsOn } from "../lib/failOn";
import { type InitAnswers, initAnswers } from "../lib/init/answers";
import { newFirstHostKey, newRecoveryKey } from "../lib/init/keys";
import { type Ask, Questions } from "../lib/init/questions";
import { type InitFacts, stackSections, stackText, VAULT } from "../lib/init/stackText";
import { writeNewFile } from "../lib/newFile";
import { withProgress } from "../lib/progress";
import { stackFile } from "../lib/project";
import { imageByDigest } from "../lib/registry/digest";
import { print } from "../lib/terminal";
import { withStandInKeys } from "../lib/unadopted";
import { judgeStack } from "./policy";

/** Options of `phiward init`: answers by the name of their question, as commander names them. */
export interface InitOptions extends Readonly<Record<string, string | undefined>> {
  readonly stack: string;
}

/** `phiward init`. `lookUp` finds the digest of an image. */
export async function initCommand(options: InitOptions, lookUp = imageByDigest): Promise<number> {
  const file = stackFile(options.stack);
  if (existsSync(file))
    throw new OperatorError(`${file}: found a file, allowed: a stack that has none; edit it, or give another --stack`, 2);
  const answers = await asked(options);
  const images = await lookedUp(answers, lookUp);
  const made: string[] = [];
  try {
    const facts = await newKeys(answers, images, made);
    const sections = stackSections(answers, facts);
    requireGood(options.stack, sections);
    writeNewFile("--stack", file, stackText(sections));
  } catch (error) {
    // Nothing refers to them.
    for (const path of made) rmSync(path, { force: true });
    throw error;
  }
  print(nextSteps(file, options.stack, answers));
  return 0;
}

async function asked(options: InitOptions): Promise<InitAnswers> {
  const given = Object.fromEntries(Object.entries(options).map(([name, value]) => [hyphenated(name), value]));
  const terminal = process.stdin.isTTY ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const ask: Ask = terminal === undefined ? undefined : askAt(terminal);
  try {
    const questions = new Questions(given, ask, print);
    const answers = await initAnswers(questions, options.stack);
    questions.close();
    return answers;
  } finally {
    terminal?.close();
  }
}

// Whoever ends the input ends the questions: no answer would come any more.
function askAt(terminal: Interface): (prompt: string) => Promise<string> {
  const ended = new Promise<never>((_, reject) => {
    terminal.once("close", () => {
      reject(new OperatorError("the questions ended before all were answered; nothing was written", 2));
    });
  });
  ended.catch(() => undefined);
  return (prompt) => Promise.race([terminal.question(prompt), ended]);
}

// As the option is written: commander names it in one word.
function hyphenated(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function lookedUp({ service }: InitAnswers, lookUp: typeof imageByDigest): Promise<ReadonlyMap<string, string>> {
  const names = [service?.image, service?.postgres, service?.redis].filter((name) => name !== undefined);
  const found = new Map<string, string>();
  for (const name of names) found.set(name, await withProgress(`looking up the digest of ${name}`, () => lookUp(name)));
  return found;
}

async function newKeys({ host, recovery }: InitAnswers, images: InitFacts["images"], made: string[]): Promise<InitFacts> {
  let recoveryKey: string;
  if ("publicKey" in recovery) recoveryKey = recovery.publicKey;
  else {
    recoveryKey = await newRecoveryKey(recovery.place);
    made.push(recovery.place);
  }
  if (host.kind !== "droplet") return { recoveryKey, images };
  const firstHostKey = await newFirstHostKey(host.firstKeyPlace);
  made.push(host.firstKeyPlace);
  return { recoveryKey, firstHostKey, images };
}

// Of a server that is not adopted yet nobody knows the key.
function requireGood(stack: string, sections: Record<string, unknown>): void {
  const fails = failsOn(undefined);
  try {
    const { results } = judgeStack(stack, parseConfig(withStandInKeys(sections, "")));
    const refused = results.flatMap((result) => (result.outcome === "fail" && fails(result) ? [result] : []));
    if (refused.length === 0) return;
    const sentences = refused.map(({ rule, finding }) => `${rule.id}: ${finding.at}: found ${finding.found}, allowed: ${finding.allowed}`);
    throw new OperatorError(`the policies refuse what was answered, and nothing was written:\n${sentences.join("\n")}`, 1);
  } catch (error) {
    if (error instanceof ConfigError) throw new OperatorError(error.faults.join("\n"), 3);
    throw error;
  }
}

function nextSteps(file: string, stack: string, { host, recovery, vault }: InitAnswers): string {
  const keys = [
    ...("place" in recovery ? [`${recovery.place}: the private half of the recovery key; keep it off line, in two places`] : []),
    ...(host.kind === "droplet" ? [`${host.firstKeyPlace}: the first host key; remove it once the second command has read it`] : []),
  ];
  const commands =
    host.kind === "droplet"
      ? [
          `pulumi stack init ${stack}`,
          `pulumi config set --stack ${stack} --secret --path 'firstHostKeys.${host.name}' < '${host.firstKeyPlace}'`,
        ]
      : [`pulumi stack init ${stack}`, `npx phiward adopt --stack ${stack} --host ${host.name}`];
  const vaults = vault === undefined ? [] : [`npx phiward adopt --stack ${stack} --host ${VAULT}`];
  return [
    `${file}: written; the policies have nothing against it${host.kind === "droplet" && vault === undefined ? "" : ", once adopt has put in the host keys"}`,
    ...keys,
    "Next:",
    ...[...commands, ...vaults, `npx phiward up --stack ${stack}`].map((command) => `  ${command}`),
  ].join("\n");
}
