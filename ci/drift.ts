/**
 * `node ci/drift.ts STACK CODE`: reads the answer of `phiward verify --json` and writes which checks of which hosts failed, as Markdown.
 * It repeats nothing that a host said: an issue or a job's log has more readers than the host.
 */
import { readFileSync } from "node:fs";

const NAME = /^[\w.:/-]{1,120}$/;

/** What failed, of the exit code and the answer of a verification. */
export function driftText(stack: string, code: string, answer: string): string {
  const failed = failedChecks(answer);
  const lines =
    failed === undefined
      ? [`The hosts could not be verified: \`phiward verify\` ended with exit code ${code} and without results. The job's log says why.`]
      : [`${String(failed.length)} checks failed:`, "", ...failed.map(({ host, id }) => `- \`${host}\`: \`${id}\``)];
  return [
    ...lines,
    "",
    `\`npx phiward verify --stack ${stack}\` shows what was expected and what was found. \`npx phiward up\` applies what has drifted again.`,
    "",
  ].join("\n");
}

function failedChecks(answer: string): readonly { readonly host: string; readonly id: string }[] | undefined {
  try {
    const { hosts } = JSON.parse(answer) as { readonly hosts: readonly { readonly host: unknown; readonly results: readonly Result[] }[] };
    return hosts.flatMap(({ host, results }) =>
      results.filter(({ status }) => status === "fail").map(({ id }) => ({ host: named(host), id: named(id) })),
    );
  } catch {
    return undefined;
  }
}

interface Result {
  readonly id: unknown;
  readonly status: unknown;
}

// A name and nothing else: no text of a host's own stands in a report.
function named(value: unknown): string {
  return typeof value === "string" && NAME.test(value) ? value : "(a name that is none)";
}

if (import.meta.main) process.stdout.write(driftText(process.argv[2] ?? "prod", process.argv[3] ?? "1", readFileSync(0, "utf8")));
