/** `phiward preview`: what `up` would change, by host and concern. What is shown is what Pulumi's own preview says. */
import { changesOf } from "../lib/changes";
import { changesText, findingsText } from "../lib/changesText";
import { linesOf } from "../lib/process";
import { withProgress } from "../lib/progress";
import { exitCode, pulumiEnvironment } from "../lib/pulumi";
import { readPreview } from "../lib/pulumiEvents";
import { print, warn } from "../lib/terminal";

/** Previews with these arguments of `pulumi preview`, prints what would change, and resolves with the exit code of a command of ours. */
export async function printPreview(args: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string): Promise<number> {
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
  return exitCode(code);
}
