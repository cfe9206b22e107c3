/** `phiward preview`: what `up` would change, by host and concern. What is shown is what Pulumi's own preview says. */
import { createInterface } from "node:readline/promises";
import { changesOf } from "../lib/changes";
import { changesText, findingsText } from "../lib/changesText";
import { linesOf } from "../lib/process";
import { withProgress } from "../lib/progress";
import { exitCode, pulumiEnvironment } from "../lib/pulumi";
import { readPreview } from "../lib/pulumiEvents";
import { print, warn } from "../lib/terminal";

/** How a preview ended. */
export interface Previewed {
  /** The exit code of a command of ours. */
  readonly code: number;
  /** Whether each resource stays as it is; false of a preview that named none, or did not come to its end. */
  readonly allSame: boolean;
}

/** Previews with these arguments of `pulumi preview`, and prints what would change. */
export async function printPreview(args: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string): Promise<Previewed> {
  const { code, lines } = await withProgress("asking Pulumi what would change", () =>
    linesOf(["pulumi", "preview", "--json", ...args, "--non-interactive"], {
      env: { ...pulumiEnvironment(environment), PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
      cwd,
    }),
  );
  const preview = readPreview(lines);
  for (const message of preview.messages) warn(message);
  const policies = findingsText(preview.findings);
  if (policies !== "") print(`${policies}\n`);
  // What a preview that ended early did not come to would be missing.
  if (code === 0) print(changesText(changesOf(preview), preview.steps.filter(({ op }) => op === "same").length));
  return { code: exitCode(code), allSame: code === 0 && preview.steps.length > 0 && preview.steps.every(({ op }) => op === "same") };
}

/**
 * The preview before a deploy: it is printed, and whoever deploys is asked by `ask`, where it is given. Its code is 0 where the deploy may
 * begin: it needs no other preview then.
 */
export async function previewForUp(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  cwd?: string,
  ask?: () => Promise<boolean>,
): Promise<Previewed> {
  const previewed = await printPreview(args, environment, cwd);
  if (previewed.code !== 0 || ask === undefined || (await ask())) return previewed;
  print("Nothing was deployed.");
  return { ...previewed, code: 1 };
}

/** Asks at the terminal. A terminal that goes away has not agreed. */
export async function askWhetherToDeploy(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<string>((resolve) => {
    terminal.once("close", () => {
      resolve("");
    });
  });
  const answer = await Promise.race([terminal.question("Deploy this? Type yes: "), closed]);
  terminal.close();
  return answer.trim() === "yes";
}
