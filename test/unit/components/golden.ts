/** Rendered files as a reviewer last approved them: the tree of a test's `golden` is the tree on the host. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import type { ConcernPlan, PlanFile } from "../../../components/plan/types";
import { complete } from "./examples";

/** What the golden files are rendered from: every key set. */
export const CONFIG: StackConfig = parseConfig(complete());

/** Text of one of a plan's files; throws where the plan has no such file, or one that is not plain text. */
export function textOf(plan: ConcernPlan, path: string): string {
  const content = plan.files.find((file) => file.path === path)?.content;
  if (content === undefined || !("text" in content)) throw new Error(`the plan has no plain file ${path}`);
  return content.text;
}

/** Holds every file of a plan against its golden one, and `files.txt` against owners and modes; none may be left over. */
export async function expectGolden(directory: string, plan: ConcernPlan): Promise<void> {
  const home = join(directory, "golden");
  const entries = [...plan.directories, ...plan.files].map(({ path, owner, mode }) => `${mode} ${owner} ${path}\n`);
  // The archive of programs is no text, and is built from files of their own in the tree.
  const texts = plan.files.filter(({ content }) => !("bytes" in content));
  const rendered = [["/files.txt", entries.sort().join("")] as const, ...texts.flatMap(renderings)];
  for (const [path, text] of rendered) await expect(text).toMatchFileSnapshot(join(home, path));
  const expected = new Set(rendered.map(([path]) => join(home, path)));
  const kept = existsSync(home) ? readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  expect(kept.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !expected.has(path))).toEqual([]);
}

// A file that depends on a version is kept once for each, with the version behind its name.
function renderings({ path, content }: PlanFile): readonly (readonly [string, string])[] {
  if ("text" in content) return [[path, content.text]];
  if ("secret" in content) return [[path, `the secret ${content.secret}\n`]];
  if ("hostFile" in content) return [[path, `as in ${content.hostFile}\n`]];
  if ("bytes" in content) return [];
  if ("kept" in content) return [[path, content.kept.template]];
  const { cases, otherwise } = content.versioned;
  return [...cases.map(({ atLeast, text }) => [`${path}.from-${atLeast.join(".")}`, text] as const), [`${path}.otherwise`, otherwise]];
}
