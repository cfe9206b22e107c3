/** The page: well-formed by a parser of XML that is not ours, whole, and harmless whatever the records hold. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONTROL_IDS } from "../../../../../components/compliance/controls";
import { CLAUSES } from "../../../../../components/compliance/law";
import { evidencePage } from "../../../../../ops/lib/evidence/page";
import { STATES } from "../../../../../ops/lib/evidence/states";
import { outputOf } from "../../../../../ops/lib/process";
import { ATTESTED, everyState, evidence, hostileEvidence, policy, verify } from "./records";

const PAGE = evidencePage(everyState());

/** An element of a page as Python's parser has it. */
interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

const PARSER = `
import json, sys
import xml.etree.ElementTree as tree
for page in json.load(sys.stdin):
    found = tree.fromstring(page).iter()
    print(json.dumps([{"tag": one.tag, "attributes": one.attrib, "text": "".join(one.itertext())} for one in found]))
`;

/** The elements of each page. Throws Error where one is not well-formed. */
function parsed(...pages: readonly string[]): readonly (readonly Element[])[] {
  const lines = outputOf(["python3", "-I", "-c", PARSER], { input: JSON.stringify(pages) })
    .trim()
    .split("\n");
  // The program above prints these and nothing else.
  return lines.map((line) => JSON.parse(line) as readonly Element[]);
}

describe("the page", () => {
  const [elements = []] = parsed(PAGE);
  const texts = (tag: string): readonly string[] => elements.filter((one) => one.tag === tag).map(({ text }) => text);

  it("has a section for every clause and for every control, and no link that leads nowhere", () => {
    const headings = texts("h3");
    for (const { id, framework, heading, kind } of CLAUSES)
      expect(headings).toContain(`${framework === "GDPR" ? "" : "45 CFR "}${id} ${heading} (${kind})`);
    const ids = elements.flatMap(({ attributes }) => attributes["id"] ?? []);
    expect(ids).toEqual(["clauses", "controls", ...CONTROL_IDS]);
    for (const { attributes } of elements.filter(({ tag }) => tag === "a")) expect(ids.map((id) => `#${id}`)).toContain(attributes["href"]);
  });

  it("has under a clause each control that supports it, how it was tested, when, and the result", () => {
    const rows = texts("tr");
    const found = (...words: readonly string[]): boolean => rows.some((row) => words.every((word) => row.includes(word)));
    expect(
      found(
        "SSH-02",
        "Nobody logs in as root over SSH",
        "tested on the running host by ssh-no-root-login: 2026-11-26 03:10 UTC",
        "failed on a host",
      ),
    ).toBe(true);
    expect(found("CLD-04", "examined before deploy by rule-of-CLD-04: 2026-11-26 03:10 UTC", "judged before deploy")).toBe(true);
    expect(found("SSH-07", "not tested", "not covered")).toBe(true);
  });

  it("says who answers for the rest, and what the operator attests", () => {
    const [paragraphs = []] = parsed(evidencePage(evidence({ attestations: [ATTESTED] }))).map((all) =>
      all.filter(({ tag }) => tag === "p"),
    );
    expect(paragraphs.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^Attested on 2026-11-26 by Anna Example, practice owner, /),
    );
    expect(texts("p").filter((text) => text === "Not attested.").length).toBeGreaterThan(10);
  });

  it("shows each state in words, and not by its colour alone", () => {
    const old = evidencePage(evidence({ verify: verify(undefined, "2026-01-01T00:00:00.000Z") }));
    const cells = parsed(old)
      .flat()
      .concat(elements)
      .filter(({ attributes }) => attributes["class"]?.startsWith("state ") === true);
    for (const [state, words] of Object.entries(STATES))
      expect(cells).toContainEqual(expect.objectContaining({ attributes: { class: `state ${state}` }, text: words }));
  });

  it("says what it is made of: when, by which version, from which file, who did not answer, and what was left out", () => {
    const found = verify();
    const of = evidence({
      policy: { ...policy(), date: undefined },
      verify: {
        ...found,
        hosts: [...found.hosts, { host: "web", results: [{ id: "x", status: "pass" }] }],
        unanswered: [{ host: "store" }],
      },
    });
    const [rows = []] = parsed(evidencePage(of)).map((all) => all.filter(({ tag }) => tag === "tr").map(({ text }) => text));
    expect(rows).toEqual(
      expect.arrayContaining([
        "Before deploypolicies: on an unknown date",
        expect.stringMatching(
          /^On the running hostsverify: 2026-11-26 03:10 UTC, 1 day before this report; read from a file with SHA-256 (cd){32}; version of its agent (ab){32}$/,
        ),
        "Did not answerstore",
        expect.stringMatching(/^Counts for7 days/),
        "Left out1 answers to checks that these hosts are not asked",
      ]),
    );
  });

  it("runs nothing, fetches nothing, and allows its own style alone", () => {
    expect(new Set(elements.map(({ tag }) => tag))).toEqual(
      new Set([
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "span",
        "p",
        "section",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "ul",
        "li",
      ]),
    );
    expect(new Set(elements.flatMap(({ attributes }) => Object.keys(attributes)))).toEqual(
      new Set(["lang", "charset", "http-equiv", "content", "name", "class", "scope", "id", "href"]),
    );
    const style = texts("style")[0] ?? "";
    expect(style).not.toMatch(/url|import|:\/\//);
    const hash = createHash("sha256").update(style).digest("base64");
    expect(elements.find(({ attributes }) => attributes["http-equiv"] !== undefined)?.attributes["content"]).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'`,
    );
  });

  it("says that a clause is supported, and of none that it is fulfilled", () => {
    expect([...texts("p"), ...Object.values(STATES)].join(" ")).not.toMatch(/complian|complies/i);
    expect(texts("p")[0]).toContain("No fact alone fulfils a clause");
  });

  it("is made of the same elements, with nothing that a terminal acts on, whatever the records hold", () => {
    const pages = fc.sample(hostileEvidence, 10).map(evidencePage);
    const allowed = new Set(elements.map(({ tag }) => tag));
    const names = new Set(elements.flatMap(({ attributes }) => Object.keys(attributes)));
    for (const [index, all] of parsed(...pages).entries()) {
      // Compared as a truth: a page that fails is too long to print.
      expect(/[^\P{C}\n]/u.test(pages[index] ?? "")).toBe(false);
      expect(all.filter(({ tag }) => !allowed.has(tag))).toEqual([]);
      expect(all.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => !names.has(name))).toEqual([]);
    }
  });
});
