/** `phiward secrets rotate`: raises epochs in the stack's file, and says how what people bring is replaced. */
import { openStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { raiseEpochs, wordsOf } from "../lib/secrets/epochs";
import { type Rotations, rotationOfAll, rotationOfOne } from "../lib/secrets/rotations";
import { print } from "../lib/terminal";

/** Options of `phiward secrets rotate`. */
export interface RotateOptions extends StackOptions {
  readonly all?: boolean;
}

/** `phiward secrets rotate NAME`, or `--all`. No host is asked: what the file says is what the next deploy brings about. */
export function secretsRotateCommand(name: string | undefined, options: RotateOptions): number {
  if ((name === undefined) === (options.all !== true))
    throw new OperatorError(
      `NAME: found ${name === undefined ? "nothing" : "a name and --all"}, allowed: the name of a secret, or --all`,
      2,
    );
  const { config, context } = openStack(options);
  const rotations = name === undefined ? rotationOfAll(config) : rotationOfOne(config, name);
  const { epochs } = rotations;
  const changes =
    epochs.length === 0
      ? []
      : raiseEpochs(
          context.file,
          epochs.map(({ place }) => place),
        );
  for (const [index, { line, from, to, place }] of changes.entries())
    print(
      `${context.file}:${String(line)}: ${wordsOf(place)}: epoch ${String(from)} is ${String(to)} now; of ${epochs[index]?.names.join(", ") ?? ""}`,
    );
  for (const line of leftToPeople(rotations, options.stack, context.file)) print(line);
  if (changes.length > 0)
    print(
      `next: npx phiward up --stack ${options.stack}: old and new are valid until services have switched, then the old ones are retired; if it is interrupted, the next up goes on`,
    );
  return 0;
}

/** What is left to do for those that no epoch has. */
export function leftToPeople({ brought, left }: Rotations, stack: string, file: string): readonly string[] {
  return [
    ...left.map(
      (name) =>
        `${name}: left as it is, since something may be locked by it; where its service can do with another one: npx phiward secrets rotate ${name} --stack ${stack}`,
    ),
    ...brought.flatMap(({ name, users }) => [
      `${name}: you bring it; used by ${users.join(", ")}. Have another one made where it comes from, beside the present one where two may be valid; then`,
      `  pulumi config set --stack ${stack} --secret --path 'secrets.${name}' < FILE   # changes secrets.${name} in ${file}`,
      `  npx phiward up --stack ${stack}   # the present one is used until what has the new one answers; then end it where it comes from`,
    ]),
  ];
}
