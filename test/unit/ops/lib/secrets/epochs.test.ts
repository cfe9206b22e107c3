import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { raiseEpochs, withRaised } from "../../../../../ops/lib/secrets/epochs";
import type { EpochPlace } from "../../../../../ops/lib/secrets/known";

const directory = mkdtempSync(join(tmpdir(), "epochs-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const DB: EpochPlace = { section: "services", service: "db" };
const KEY: EpochPlace = { section: "services", service: "api", secret: "key" };
const RECOVERY: EpochPlace = { section: "recovery" };

const FILE = `# Ours.
encryptionsalt: v1:abc
config:
  # Emergency access.
  phiward:recovery:
    publicKey: age1xyz # off line
    #epoch: 1
  phiward:services:
    - kind: postgres   # one
      name: "db"
      epoch:   4 # raised in May

    - { kind: container, name: api, secrets: [ { name: key, escrow: false } ] }   # odd   spaces
  phiward:banner: >-
    Two
    lines
`;

const raised = (text: string, ...places: readonly EpochPlace[]) => withRaised("Pulumi.t.yaml", text, places);

describe("epochs in a stack's file", () => {
  it("are raised in their lines, and all else stays letter by letter", () => {
    const { text, changes } = raised(FILE, DB, KEY, RECOVERY);
    expect(text).toBe(
      FILE.replace("epoch:   4 #", "epoch:   5 #")
        .replace("escrow: false }", "escrow: false, epoch: 2 }")
        .replace("age1xyz # off line\n", "age1xyz # off line\n    epoch: 2\n"),
    );
    expect(changes.map(({ line, from, to }) => [line, from, to])).toEqual([
      [12, 4, 5],
      [14, 1, 2],
      [7, 1, 2],
    ]);
  });

  it("are raised once more by the next time", () => {
    const once = raised(FILE, DB, KEY, RECOVERY).text;
    const twice = raised(once, DB, KEY, RECOVERY);
    expect(twice.changes.map(({ from, to }) => [from, to])).toEqual([
      [5, 6],
      [2, 3],
      [2, 3],
    ]);
    expect(twice.text.split("\n")).toHaveLength(once.split("\n").length);
  });

  it.each([
    ["lines that end as on Windows", FILE.replaceAll("\n", "\r\n"), "age1xyz # off line\r\n    epoch: 2\r\n"],
    ["a mark of the byte order", `\uFEFF${FILE}`, "\uFEFF# Ours."],
    ["keys without the namespace", FILE.replaceAll("phiward:", ""), "epoch:   5 #"],
    ["no line end after the last one", "config:\n  phiward:recovery:\n    publicKey: age1xyz", "age1xyz\n    epoch: 2"],
  ])("are raised in a file with %s", (_, text, expected) => {
    const places = text.includes("services") ? [DB, KEY, RECOVERY] : [RECOVERY];
    expect(raised(text, ...places).text).toContain(expected);
  });

  it.each([
    ["a service that is an alias", "config:\n  phiward:services:\n    - &a { name: x }\n    - *a\n", "found no list or map of services db"],
    ["a merged epoch", "config:\n  phiward:services:\n    - <<: { epoch: 3 }\n      name: db\n", "merged from elsewhere"],
    ["an epoch that others refer to", "config:\n  phiward:services:\n    - { name: db, epoch: &e 2 }\n    - { name: z, epoch: *e }\n", ""],
    ["an epoch that is text", "config:\n  phiward:services:\n    - { name: db, epoch: 'two' }\n", "not written as a number"],
    [
      "the last epoch that there is",
      "config:\n  phiward:services:\n    - { name: db, epoch: 9999 }\n",
      "found the epoch 9999 of services db",
    ],
    ["JSON in a text", `config:\n  phiward:services: '[{"name":"db"}]'\n`, "found no list or map"],
  ])("are not raised where there is %s", (_, text, expected) => {
    expect(() => raised(text, DB)).toThrow(expected);
  });

  it("are in a file that is replaced as a whole, with the rights that it had, or left as it was", () => {
    const file = join(directory, "Pulumi.t.yaml");
    writeFileSync(file, FILE);
    chmodSync(file, 0o640);
    expect(raiseEpochs(file, [DB])).toEqual([{ line: 11, from: 4, to: 5, place: DB }]);
    expect(readFileSync(file, "utf8")).toBe(FILE.replace("epoch:   4", "epoch:   5"));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(() => raiseEpochs(file, [{ section: "services", service: "gone" }])).toThrow("nothing was written");
    expect(readFileSync(file, "utf8")).toContain("epoch:   5");
    expect(readdirSync(directory)).toEqual(["Pulumi.t.yaml"]);
  });
});
