/** The commands and the blocks that documents show, as a reader would take them. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "..");

/** Documents that people follow. */
export const DOCUMENTS = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "policies/README.md"],
  ...globSync("docs/*.md", { cwd: ROOT }),
];

/** A page for each rule, which are made of what the rules say. */
export const RULE_PAGES = globSync("docs/rules/*.md", { cwd: ROOT });

/** A block between fences: its language, empty where none is named, and its text without the margin that it stands at. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The blocks of a document, in their order. */
export function blocksOf(document: string): readonly Block[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(/^( *)```(\w*)\n([^]*?)^\1```$/gm)].map(([, margin = "", language = "", body = ""]) => ({
    language,
    text: body.replaceAll(new RegExp(`^${margin}`, "gm"), ""),
  }));
}

/** The words of each line of the blocks of commands, without what is only said of it, and with lines that go on joined. */
export function commandsOf(document: string): readonly (readonly string[])[] {
  return blocksOf(document)
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"))
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

/** The words after `npx phiward` of each command that stands within a sentence. */
export function mentionsOf(document: string): readonly (readonly string[])[] {
  const text = readFileSync(join(ROOT, document), "utf8").replaceAll(/^ *```[^]*?^ *```$/gm, "");
  return [...text.matchAll(/`npx phiward ([^`]+)`/g)].map(([, words = ""]) => wordsOf(words.replaceAll("\n", " ")));
}

// As a shell would take it, as far as the documents go: quotation marks, and a remark to the end of the line.
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => ({
    text: double ?? single ?? plain ?? "",
    remark: plain?.startsWith("#") === true,
  }));
  const end = words.findIndex(({ remark }) => remark);
  return words.slice(0, end === -1 ? words.length : end).map(({ text }) => text);
}
