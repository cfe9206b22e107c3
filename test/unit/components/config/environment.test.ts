/** What a variable of a service's environment may be called and hold. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { containersModel } from "../../../../components/containers/model";
import { changed, complete, faultsOf } from "../examples";

const withEnvironment = (environment: object): unknown => changed(complete(), { "services.2.environment": environment });
const variablesOf = (environment: object): unknown => containersModel(parseConfig(withEnvironment(environment))).services[0]?.environment;

describe("a variable of an environment", () => {
  it("may be a whole number or a truth value, and becomes its text", () => {
    expect(variablesOf({ PORT: 8080, DEBUG: false })).toMatchObject({ PORT: "8080", DEBUG: "false" });
  });

  it("may have small letters in its name and letters of any script in its value", () => {
    expect(variablesOf({ http_proxy: "", GREETING: "Grüße, 你好 👋" })).toMatchObject({ http_proxy: "", GREETING: "Grüße, 你好 👋" });
  });

  it.each<[string, object]>([
    ["a number with a point, which has several spellings", { VERSION: 1.1 }],
    ["a number that is too large to be exact", { ID: 1e21 }],
    ["nothing", { EMPTY: null }],
    ["a list", { HOSTS: ["a"] }],
    ["a line end", { TEXT: "a\nb" }],
    ["a control character", { TEXT: "a\u001b[2J" }],
    ["an override of the direction of writing", { TEXT: "a\u202eb" }],
  ])("may not be %s", (_, environment) => {
    expect(faultsOf(withEnvironment(environment)).join()).toContain("in quotation marks");
  });

  it.each(["1ST", "A-B", "A B", "A=B", "", "Ä"])("may not be called %j", (name) => {
    expect(faultsOf(withEnvironment({ [name]: "x" })).join()).toContain("letters, digits and _");
  });
});
