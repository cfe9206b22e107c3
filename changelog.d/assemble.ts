/** `npm run changelog VERSION`: moves the fragments of this directory into CHANGELOG.md, as the section of a release. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CHANGELOG = join(__dirname, "../CHANGELOG.md");
const FRAGMENT = /^([a-z0-9-]+)\.([a-z]+)\.md$/;

/** Kinds of change in the order in which a release shows them; `none` gives a reason and is not shown. */
export const KINDS = {
  security: "Security",
  removed: "Removed",
  changed: "Changed",
  added: "Added",
  fixed: "Fixed",
  none: undefined,
} as const;

/** One change, as its file says. */
export interface Fragment {
  readonly file: string;
  readonly kind: string;
  readonly text: string;
}

/** The fragments of a directory, by name. Throws Error for a file whose name is not one. */
export function fragments(directory: string): readonly Fragment[] {
  const files = readdirSync(directory).filter((file) => !["README.md", "assemble.ts"].includes(file));
  return files.sort().map((file) => {
    const [, , kind = ""] = FRAGMENT.exec(file) ?? [];
    if (!Object.hasOwn(KINDS, kind))
      throw new Error(`changelog.d/${file}: allowed: NAME.KIND.md, KIND one of ${Object.keys(KINDS).join(", ")}`);
    return { file, kind, text: readFileSync(join(directory, file), "utf8").trim() };
  });
}

/** The changelog with a section for a release, ahead of the others. */
export function withRelease(changelog: string, version: string, day: string, changes: readonly Fragment[]): string {
  const parts = Object.entries(KINDS).flatMap(([kind, title]) => {
    const entries = changes
      .filter((change) => change.kind === kind)
      .map(({ text }) => (text.startsWith("- ") ? text : `- ${text.replaceAll("\n", "\n  ")}`));
    return title === undefined || entries.length === 0 ? [] : [`### ${title}\n\n${entries.join("\n")}\n`];
  });
  const section = `## ${version}, ${day}\n\n${parts.join("\n")}`;
  const [intro = "", ...earlier] = changelog.split(/^(?=## )/m);
  return [`${intro.trimEnd()}\n`, section, ...earlier].join("\n");
}

function release(version: string | undefined): number {
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    process.stderr.write("usage: npm run changelog VERSION, for example 0.2.0\n");
    return 2;
  }
  const changes = fragments(__dirname);
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(CHANGELOG, withRelease(readFileSync(CHANGELOG, "utf8"), version, day, changes));
  for (const { file } of changes) rmSync(join(__dirname, file));
  process.stdout.write(`CHANGELOG.md: ${version} with ${String(changes.length)} fragments\n`);
  return 0;
}

if (require.main === module) process.exitCode = release(process.argv[2]);
