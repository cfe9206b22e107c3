/** Plans as they were when somebody last reviewed them: the tree of a test's `golden` is the tree on the host, with the plan beside it. */
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { type StackModel, stackModel } from "../../../components/containers/model";
import type { Concern } from "../../../components/plan/concern";
import type { FileContent, PlanFile } from "../../../components/plan/files";
import { type HostPlan, hostPlan } from "../../../components/plan/hostPlan";
import type { ConcernPlan } from "../../../components/plan/types";
import { complete } from "./examples";
import { planText } from "./planText";

/** What the golden files are rendered from: every key set. */
export const CONFIG: StackConfig = parseConfig(complete());

/** Text of one of a plan's files; throws where the plan has no such file, or one that is not plain text. */
export function textOf(plan: Pick<ConcernPlan, "files">, path: string): string {
  const content = plan.files.find((file) => file.path === path)?.content;
  if (content?.kind !== "text") throw new Error(`the plan has no plain file ${path}`);
  return content.text;
}

/** Holds the plan of a concern on the host `name`, its files and its removal against their golden ones. */
export async function expectGolden(
  directory: string,
  concern: Concern<StackModel>,
  config: StackConfig = CONFIG,
  name = "web",
): Promise<void> {
  const host = config.hosts.find((entry) => entry.name === name);
  const planned = host === undefined ? undefined : concern.planned(stackModel(config), host);
  if (planned === undefined) throw new Error(`${concern.name} does not apply to the host ${name}`);
  const { removal } = concern;
  const deadManSeconds = concern.guarded ? config.deadMan.seconds : null;
  const rendered = renderedPlan(hostPlan(concern.name, deadManSeconds, planned.plan));
  const removed =
    removal.kind === "none"
      ? `nothing is removed: ${removal.because}\n`
      : `${removal.onceTrue === undefined ? "" : `once true: ${JSON.stringify(removal.onceTrue)}\n\n`}${planText(hostPlan(concern.name, null, removal.plan))}`;
  await expectTree(join(directory, "golden"), { ...rendered, "removal.txt": removed });
}

/** Holds a plan that is no concern's, and its files, against their golden ones. */
export async function expectGoldenPlan(directory: string, plan: HostPlan): Promise<void> {
  await expectTree(join(directory, "golden"), renderedPlan(plan));
}

function renderedPlan(plan: HostPlan): Readonly<Record<string, string>> {
  return Object.fromEntries([["plan.txt", planText(plan)], ...plan.files.flatMap(renderings)]);
}

// All differences at once, whichever comes first.
async function expectTree(home: string, rendered: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(rendered)) await expect.soft(text, path).toMatchFileSnapshot(join(home, path));
  const present = existsSync(home) ? readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  const left = present.map((entry) => relative(home, join(entry.parentPath, entry.name))).filter((path) => rendered[path] === undefined);
  expect.soft(left, "golden files that nothing renders any more: remove them").toEqual([]);
}

// A file that depends on a version is kept once for each, with the version behind its name.
function renderings({ path, content }: PlanFile): readonly (readonly [string, string])[] {
  return textsBySuffix(content).map(([suffix, text]) => [`${path.slice(1)}${suffix}`, text]);
}

// The archive of programs is no text, and is built from files of their own in the tree.
function textsBySuffix(content: FileContent): readonly (readonly [string, string])[] {
  switch (content.kind) {
    case "text":
      return [["", content.text]];
    case "versioned":
      return [
        ...content.versioned.cases.map(({ atLeast, text }): [string, string] => [`.from-${atLeast.join(".")}`, text]),
        [".otherwise", content.versioned.otherwise],
      ];
    case "kept":
      return [["", content.kept.template]];
    case "hostFile":
      return [["", `as in ${content.hostFile}\n`]];
    case "secret":
      return [["", `the secret ${content.secret}\n`]];
    case "filled":
      return [["", content.filled.map((part) => ("text" in part ? part.text : "{}")).join("")]];
    case "bytes":
      return [];
  }
}
