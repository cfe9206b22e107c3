/** Who may read databases has one line of sudo, and the rule says so of any other. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { stackModel } from "../../components/containers/model";
import { judge } from "../../policies/engine/judge";
import { reviewedComponents } from "../../policies/engine/subject";
import { sudoAsDeclared } from "../../policies/rules/sudo-as-declared";
import { changed, complete } from "../unit/components/examples";
import { putAt, valueAt } from "./fixtures";

const CONFIG = parseConfig(changed(complete(), { "people.0.databases": { "notes-api": "readonly" } }));
const RULES = "/etc/sudoers.d/phiward";
const COMMAND = "/usr/bin/python3 ^-I /usr/local/lib/phiward/phiward\\.pyz psql (notes-api) [ -~]+$";

/** What the rule says of another text of the rules, and of other settings. */
function said(change: (text: string) => string, settings: Readonly<Record<string, unknown>> = {}): readonly string[] {
  const [host] = CONFIG.hosts;
  if (host === undefined) throw new Error("no host");
  const unit = reviewedComponents(stackModel(CONFIG), host).find((found) => found.unit === "people");
  if (unit === undefined) throw new Error("no people");
  const args = structuredClone(unit.args);
  const files = valueAt(args, "files");
  const index = Array.isArray(files) ? files.findIndex((file) => valueAt(file, "path") === RULES) : -1;
  putAt(args, `files.${String(index)}.text`, change(String(valueAt(args, `files.${String(index)}.text`))));
  for (const [path, value] of Object.entries(settings)) putAt(args, path, value);
  return judge(sudoAsDeclared, args, undefined, { type: unit.type }).violations.map(({ found }) => found);
}

describe("a person who may read a database", () => {
  it("may start one program, with sudo and without", () => {
    expect(said((text) => text)).toEqual([]);
  });

  it.each([
    ["may start another", (text: string) => text.replaceAll(" psql (notes-api)", " backup (notes-api)")],
    ["may open another database", (text: string) => text.replaceAll("(notes-api)", "(.*)")],
    ["may say anything to it", (text: string) => text.replaceAll("[ -~]+$", ".*$")],
    ["may start all", (text: string) => text.replaceAll(COMMAND, "ALL")],
    ["is not recorded", (text: string) => text.replaceAll("LOG_OUTPUT: /usr/bin/python3", "/usr/bin/python3")],
    ["may keep an environment", (text: string) => text.replaceAll("!authenticate,", "!authenticate, setenv,")],
  ])("is refused where they %s", (_, change) => {
    expect(said(change)).toHaveLength(1);
  });

  it("is refused where a declared name is more than a name", () => {
    const settings = { "settings.people.1.databases": { "x|.*": "readonly" } };
    expect(said((text) => text, settings).join("\n")).toContain("a name that sudo reads as more");
  });
});
