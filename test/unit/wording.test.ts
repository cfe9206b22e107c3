/** Plain words where a person reads: the glossary's last table is the list of words that are not used. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { textsOf } from "../../components/plan/files";
import { hostPlans } from "../../components/registry";
import { outputOf } from "../../ops/lib/process";
import { complete } from "./components/examples";

const ROOT = join(__dirname, "../..");
const GLOSSARY = readFileSync(join(ROOT, "docs/glossary.md"), "utf8");
const [WORDS_TEXT = "", WORD_TABLE = ""] = GLOSSARY.split("## Words that are not used");

// Turns of the language that hold a listed word and mean something else.
const ALLOWED = /\b(?:(?:is|are|was) no (?:longer|more than)|there (?:is|are|was) no)\b/gi;

const WORDS: readonly string[] = [...WORD_TABLE.matchAll(/^\| (?!Not |---)([^|]+) \|/gm)].flatMap(([, words = ""]) => words.split(", "));
const LISTED = new RegExp(`\\b(?:${WORDS.join("|")})\\b`, "gi");

/** A text that a person reads, and where it is. */
interface Prose {
  readonly where: string;
  readonly text: string;
}

function listedIn(prose: readonly Prose[]): readonly string[] {
  return prose.flatMap(({ where, text }) =>
    [...text.replaceAll(/\s+/g, " ").replaceAll(ALLOWED, "").matchAll(LISTED)].map(([word]) => `${where}: "${word}"`),
  );
}

function files(...patterns: readonly string[]): readonly string[] {
  const found = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT, exclude: (path) => /node_modules|policies\/bin/.test(path) }));
  return found.sort();
}

function documents(): readonly Prose[] {
  return files("*.md", "docs/**/*.md", "changelog.d/*.md", ".github/**/*.md", "policies/*.md")
    .filter((path) => !GENERATED.includes(path))
    .map((path) => ({
      where: path,
      text: (path === "docs/glossary.md" ? WORDS_TEXT : readFileSync(join(ROOT, path), "utf8")).replaceAll(CODE, ""),
    }));
}
// Paths, commands and messages as they are.
const CODE = /```[\s\S]*?```|`[^`\n]*`/g;
const GENERATED = ["docs/configuration.md", "docs/controls.md", "docs/law.md"];

/** String literals, without comments: what a program can show. */
function literals(path: string): readonly Prose[] {
  const source = ts.createSourceFile(path, readFileSync(join(ROOT, path), "utf8"), ts.ScriptTarget.Latest);
  const found: Prose[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push({ where: `${path}:${String(source.getLineAndCharacterOfPosition(node.pos).line + 1)}`, text: node.text });
    if (!ts.isImportDeclaration(node)) ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

// Docstrings are for who changes the program: they are statements of their own.
const PYTHON_LITERALS = `
import ast, json, sys
for path in sys.argv[1:]:
    tree = ast.parse(open(path).read())
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for n in ast.walk(tree):
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs:
            print(json.dumps({"where": f"{path}:{n.lineno}", "text": n.value}))
`;

function pythonLiterals(): readonly Prose[] {
  const paths = files("components/**/*.py", "sandbox/**/*.py").filter((path) => !path.includes("/tests/"));
  const stdout = outputOf(["python3", "-I", "-c", PYTHON_LITERALS, ...paths], { cwd: ROOT });
  // The program above prints these objects and nothing else.
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Prose);
}

/** Names that operators and auditors meet on a host and in reports. */
function names(): readonly Prose[] {
  const config = parseConfig(complete());
  return config.hosts
    .flatMap(({ name }) => hostPlans(config, name))
    .flatMap(({ unit, checks, steps, files: planned }) => [
      ...[...checks, ...steps].map(({ id }) => ({ where: `${unit}: id ${id}`, text: id.replaceAll("-", " ") })),
      ...planned.flatMap(({ path, content }) =>
        textsOf(content).flatMap((whole) =>
          [...whole.matchAll(/^Description=(.*)$/gm)].map(([, text = ""]) => ({ where: `${unit}: Description in ${path}`, text })),
        ),
      ),
    ]);
}

const messagesOf =
  (...patterns: readonly string[]) =>
  (): readonly Prose[] =>
    files(...patterns).flatMap(literals);

const PLACES: readonly { readonly what: string; readonly prose: () => readonly Prose[] }[] = [
  { what: "documents", prose: documents },
  {
    what: "generated documents",
    prose: () => GENERATED.map((path) => ({ where: path, text: readFileSync(join(ROOT, path), "utf8") })),
  },
  { what: "ids of checks and steps, and descriptions of systemd units", prose: names },
  { what: "messages of the configuration and of concerns", prose: messagesOf("components/**/*.ts") },
  { what: "findings of policies", prose: messagesOf("policies/**/*.ts") },
  { what: "messages of commands", prose: messagesOf("ops/**/*.ts") },
  { what: "messages of the sandbox", prose: messagesOf("sandbox/**/*.ts") },
  { what: "messages of host programs", prose: pythonLiterals },
];

describe("plain words", () => {
  it("are listed, each once", () => {
    expect(WORDS.length).toBeGreaterThan(15);
    expect(WORDS.filter((word, index) => WORDS.indexOf(word) !== index)).toEqual([]);
  });

  it("are looked for, and found where they stand", () => {
    const found = listedIn([{ where: "here", text: "Somebody is told that it is no\nlonger made anew." }]);
    expect(found).toEqual(['here: "Somebody"', 'here: "told"', 'here: "made anew"']);
  });

  for (const { what, prose } of PLACES)
    it(`in ${what}`, () => {
      const read = prose();
      expect(read.length).toBeGreaterThan(0);
      expect(listedIn(read).join("\n"), "words of the last table of docs/glossary.md").toBe("");
    });
});
