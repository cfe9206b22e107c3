/** What documents show is taken by the programs that it is for: commands by the command line, blocks of settings by the schema. */
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { allowed } from "../../components/config/faults";
import { NAMESPACE } from "../../components/config/keys";
import { stackSchema } from "../../components/config/schema";
import { phiward } from "../../ops/cli";
import { readStack } from "../../ops/lib/stack";
import type { Runs } from "../../ops/verbs/verb";
import { CLINIC } from "../applications/clinic";
import { blocksOf, commandsOf, DOCUMENTS, mentionsOf, RULE_PAGES } from "../shownCommands";

const ROOT = join(__dirname, "../..");
const EXAMPLE = "docs/applications.md";

/** A command line that understands, and does nothing. */
function understanding(): Command {
  const nothing: Runs = () => () => Promise.resolve();
  const program = phiward(nothing);
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput({ writeErr: () => undefined });
  return program;
}

function phiwardLines(document: string): readonly (readonly string[])[] {
  return commandsOf(document).flatMap(([first, second, ...words]) => (first === "npx" && second === "phiward" ? [words] : []));
}

function expectKnown(document: string): void {
  const { commands } = understanding();
  for (const [name = "", ...words] of mentionsOf(document)) {
    if (name === "help" || name === "VERB") continue;
    const verb = commands.find((command) => command.name() === name);
    expect(verb, `${document}: ${name}`).toBeDefined();
    // A verb of its own below another one, such as `report month`, has its own options.
    const below = verb?.commands.find((command) => command.name() === words[0]);
    const options = (below ?? verb)?.options.map(({ long }) => long) ?? [];
    for (const word of words.filter((entry) => entry.startsWith("--")))
      expect(options, `${document}: ${name}`).toContain(word.split("=")[0]);
  }
}

describe.each(DOCUMENTS)("%s", (document) => {
  it("shows commands that the command line takes whole", async () => {
    for (const words of phiwardLines(document))
      await expect(understanding().parseAsync([...words], { from: "user" }), `${document}: ${words.join(" ")}`).resolves.toBeDefined();
  });

  it("mentions verbs and options that there are", () => {
    expectKnown(document);
  });

  it("shows settings that the schema allows", () => {
    for (const { text } of blocksOf(document).filter(({ language }) => language === "yaml")) {
      const sections = parse(text) as unknown;
      // A list is of another file, which its own test reads.
      if (Array.isArray(sections)) continue;
      for (const [key, value] of Object.entries(sections as Record<string, unknown>)) {
        const name = key.replace(`${NAMESPACE}:`, "") as keyof typeof stackSchema.shape;
        expect(Object.keys(stackSchema.shape), `${document}: ${key}`).toContain(name);
        const { error } = stackSchema.shape[name].safeParse(value, { error: allowed });
        expect(error?.issues ?? [], `${document}: ${key}`).toEqual([]);
      }
    }
  });
});

// What else they show is judged, and run, by test/policy/runbooks.test.ts.
describe("the pages of rules", () => {
  it("mention verbs and options that there are", () => {
    for (const page of RULE_PAGES) expectKnown(page);
  });
});

describe("what is looked at", () => {
  it("is in the documents that people begin with", () => {
    for (const document of ["README.md", "docs/operations.md", EXAMPLE]) expect(phiwardLines(document).length, document).toBeGreaterThan(2);
    expect(mentionsOf("docs/operations.md").length).toBeGreaterThan(40);
    expect(blocksOf("docs/operations.md").filter(({ language }) => language === "yaml").length).toBeGreaterThan(8);
  });

  it("would refuse a verb, an option or a setting that there is not, and one that lacks what it needs", async () => {
    for (const words of [["verfy"], ["verify", "--stak=a"], ["backup"], ["restore", "--what=all"]])
      await expect(understanding().parseAsync(words, { from: "user" }), words.join(" ")).rejects.toThrow();
    expect(stackSchema.shape.sites.safeParse([{ name: "a.example.org", route: [] }]).success).toBe(false);
  });
});

describe("the worked example", () => {
  it("sets the secrets that its stack file needs, and the test brings the same", () => {
    const set = commandsOf(EXAMPLE).flatMap((words) => words.flatMap((word) => /^secrets\.(.*)$/.exec(word)?.[1] ?? []));
    expect(set.toSorted()).toEqual(Object.keys(CLINIC.secrets ?? {}).toSorted());
    const { services } = readStack(CLINIC.file, { stack: "clinic", secrets: CLINIC.secrets });
    const from = services.flatMap((service) =>
      "secrets" in service ? service.secrets.flatMap((secret) => ("from" in secret ? (secret.from ?? []) : [])) : [],
    );
    expect(from.filter((name) => !set.includes(name))).toEqual([]);
  });

  it("is of the stack whose file lies beside it", () => {
    for (const words of phiwardLines(EXAMPLE)) expect(words.join(" ")).toMatch(/ --stack clinic( |$)/);
    expect(CLINIC.file).toBe(join(ROOT, "examples/clinic/Pulumi.clinic.yaml"));
  });
});
