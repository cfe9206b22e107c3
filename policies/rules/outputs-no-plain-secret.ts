import type { Finding, StackResources, StackRule } from "../engine/rule";
import { looksSecret, secretWord } from "../readers/secretTexts";
import { secretInUserData } from "../readers/userData";
import type { Value } from "../readers/value";

const STACK = "pulumi:pulumi:Stack";

// What may stand under the name of a secret: a path, the public half of a key, what is encrypted, or what is told of a key.
const OPEN =
  /^(\/|(ssh|ecdsa|sk-ssh|sk-ecdsa)-|age1|-----BEGIN (PUBLIC KEY|CERTIFICATE|AGE ENCRYPTED FILE)|SHA256:|([0-9a-f]{2}:){7}|https?:\/\/[^\s?@]*$)/i;

/**
 * An output lies in the state as it is, and in the logs of whoever deploys. One that only providers know before the deploy is judged
 * then, unless its own name calls it a secret: that is reported before.
 */
export const outputsNoPlainSecret: StackRule = {
  id: "outputs-no-plain-secret",
  description: "No output of the stack holds a secret, unless it is marked as one.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SEC-08"],
  remedy: "export no secret, or keep it one with pulumi.secret, and change the one that was exported",
  appliesTo: [STACK],
  judge(stack, report) {
    for (const { args } of stack.of(STACK)) for (const name of args.keys() ?? []) judgeOutput(args.at(name), name, { stack, report });
  },
};

interface Judging {
  readonly stack: Pick<StackResources, "holdsSecret">;
  readonly report: (finding: Finding) => void;
}

function judgeOutput(output: Value, name: string, judging: Judging): void {
  // By this name a stack exports the public half, which clients pin; a private one would look like it.
  const word = /^(ssh_?)?host_?key$/i.test(name) ? undefined : secretWord(name);
  if (!output.isKnown() && word === undefined) return;
  if (output.isMap()) for (const key of output.keys() ?? []) judgeOutput(output.at(key), key, judging);
  else if (output.isList()) for (const member of output.items() ?? []) judgeOutput(member, name, judging);
  else {
    const text = output.plain();
    const kind = typeof text === "string" ? (giveaway(text, word) ?? (judging.stack.holdsSecret(text) ? ELSEWHERE : undefined)) : undefined;
    if (kind !== undefined) judging.report({ at: output.path, found: kind, allowed: "what anybody may see" });
  }
}

const ELSEWHERE = "what a resource of the stack has as a secret";

function giveaway(text: string, word: string | undefined): string | undefined {
  // A document, such as a kubeconfig, has names of its own.
  const kind = text.includes("\n") && !OPEN.test(text) ? secretInUserData(text) : looksSecret(text);
  return kind ?? (word === undefined || text === "" || OPEN.test(text) ? undefined : `a text under a name with ${word} in it`);
}
