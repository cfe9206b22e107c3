/** A host's plan as text that a person reads in a difference: everything of it but the content of files, which lie beside it. */
import type { FileContent } from "../../../components/plan/files";
import type { HostPlan, HostStep } from "../../../components/plan/hostPlan";
import type { Check, Expectation, Undo } from "../../../components/plan/types";

/** The whole plan, one section for each of its parts; parts that are empty are left out. */
export function planText(plan: HostPlan): string {
  const { unit, systems, packages, leavesFormerFiles, deadManSeconds } = plan;
  const head = [
    `unit: ${unit}`,
    `systems: ${systems.join(", ")}`,
    deadManSeconds === null ? "not guarded" : `rolled back unless confirmed within ${String(deadManSeconds)} s`,
    ...(leavesFormerFiles ? ["files of earlier plans stay"] : []),
  ];
  const sections = Object.entries({ packages, ...fileSections(plan), ...secretSections(plan), ...commandSections(plan) });
  return [head, ...sections.flatMap(([title, lines]) => (lines.length === 0 ? [] : [[`${title}:`, ...lines.map(indented)]]))]
    .map((lines) => lines.map((line) => `${line}\n`).join(""))
    .join("\n");
}

function fileSections({ directories, files, absent, writes, sets }: HostPlan): Readonly<Record<string, readonly string[]>> {
  return {
    directories: directories.flatMap(({ path, owner, mode, exclusive }) => [
      `${mode} ${owner} ${path}`,
      ...(exclusive === undefined
        ? []
        : rows({
            "removes other": exclusive.discard === true ? `${exclusive.noun}, without a copy` : exclusive.noun,
            keep: each(exclusive.keep),
          })),
    ]),
    files: files.map(({ path, owner, mode, content }) => `${mode} ${owner} ${path}: ${contentText(content)}`),
    absent: absent.map(({ noun, glob }) => `${glob} (${noun})`),
    writes,
    sets: sets.flatMap(({ id, noun, list: listed, pattern, keep, remove }) => [
      `${id} (${noun})`,
      ...rows({ listed: command(listed), pattern, keep: each(keep), remove: remove.map(command) }),
    ]),
  };
}

function secretSections({ made, kept, reports }: HostPlan): Readonly<Record<string, readonly string[]>> {
  return {
    "secrets that are made and used once": made.flatMap(({ id, epoch, length, recipient, use }) => [
      `${id}.${String(epoch)}, ${String(length)} characters`,
      ...rows({ recipient, use: command(use.argv), stdin: JSON.stringify(use.stdin) }),
    ]),
    "secrets that are kept": kept.flatMap(({ id, epoch, length, recipients }) => [
      `${id}.${String(epoch)}, ${String(length)} characters`,
      ...rows({ recipients: each(recipients) }),
    ]),
    reports: reports.map(({ id, path }) => `${id}: ${path}`),
  };
}

function commandSections({ validators, steps, checks }: HostPlan): Readonly<Record<string, readonly string[]>> {
  return {
    validators: validators.flatMap(({ id, argv, files }) => [id, ...rows({ run: command(argv), files })]),
    steps: steps.flatMap(stepLines),
    checks: checks.flatMap(checkLines),
  };
}

function stepLines({ id, argv, phase, when, undo, advice, tells, notInContainer }: HostStep): readonly string[] {
  return [
    `${id} (${phase})`,
    ...rows({
      run: command(argv),
      ...(when.kind === "state"
        ? { unless: `${command(when.unless.argv)} => ${expectationLines(when.unless.expect).join("; ")}` }
        : { on: when.on }),
      undo: undoLines(undo),
      ...(advice === undefined ? {} : { advice }),
      ...(tells === undefined ? {} : { told: "its own sentence" }),
      ...(notInContainer === undefined ? {} : { skipped: "in a container" }),
    }),
  ];
}

function checkLines({ id, control, argv, expect, skipInContainer, onlyWarns, outOfReach }: Check): readonly string[] {
  return [
    `${id} [${control}]`,
    ...rows({
      run: command(argv),
      expect: expectationLines(expect),
      ...(skipInContainer === undefined ? {} : { skipped: `in a container: ${skipInContainer}` }),
      ...(onlyWarns === undefined ? {} : { "a failure": "only warns" }),
      ...(outOfReach === undefined ? {} : { "brought about": "by no step" }),
    }),
  ];
}

function contentText(content: FileContent): string {
  switch (content.kind) {
    case "text":
      return "text";
    case "versioned": {
      const { argv, pattern, cases } = content.versioned;
      return `by version (${command(argv)} => /${pattern}/): ${cases.map(({ atLeast }) => `from ${atLeast.join(".")}, `).join("")}otherwise`;
    }
    case "hostFile":
      return `as ${content.hostFile}`;
    case "bytes":
      return "bytes";
    case "secret":
      return `the secret ${content.secret}, handed over`;
    case "filled":
      return `filled in with ${content.filled.flatMap((part) => ("kept" in part ? [`${part.kept.id}.${String(part.kept.epoch)}`] : "secret" in part ? [part.secret] : [])).join(", ") || "nothing"}`;
    case "kept":
      return `with the kept secret ${content.kept.id}.${String(content.kept.epoch)}`;
  }
}

function undoLines(undo: Undo): readonly string[] {
  switch (undo.kind) {
    case "run":
      return undo.commands.map(command);
    case "snapshot":
      return [`save by ${command(undo.save)}`, `restore by ${command(undo.restore)}`];
    case "again":
      return ["the same again"];
    case "none":
      return ["nothing"];
  }
}

function expectationLines(expect: Expectation): readonly string[] {
  switch (expect.kind) {
    case "exit":
      return [`exit ${String(expect.code)}`];
    case "equals":
      return [`equals ${JSON.stringify(expect.text)}`];
    case "oneOf":
      return expect.texts.map((text) => `equals ${JSON.stringify(text)}, or one of the others`);
    case "lines":
      return expect.lines.map((line) => `has the line ${JSON.stringify(line)}`);
    case "set":
      return ["has these lines and no others", ...expect.lines.map((line) => JSON.stringify(line))];
    case "assigned":
      return expect.lines.map((line) => `assigns last ${JSON.stringify(line)}`);
    case "matches":
      return [`a line matches /${expect.pattern}/`];
    case "lacks":
      return [`no line matches /${expect.pattern}/`];
    case "nothingFound":
      return ["finds nothing"];
    case "refused":
      return [`exit ${String(expect.code)}, and a line of standard error matches /${expect.pattern}/`];
  }
}

/** A command, with quotes around what white space or quotes would make ambiguous. */
function command(argv: readonly string[]): string {
  return argv.map((word) => (/^[^\s"'\\]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}

function each(names: readonly string[]): readonly string[] {
  return names.length === 0 ? ["nothing"] : names;
}

// One line for each value, its name before the first.
function rows(values: Readonly<Record<string, string | readonly string[]>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((line) => `  ${name}: ${line}`),
  );
}

function indented(line: string): string {
  return `  ${line}`;
}
