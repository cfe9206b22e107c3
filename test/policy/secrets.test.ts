/** No message repeats a value that may be a secret in the wrong place. */
import { describe, expect, it } from "vitest";
import { RULES } from "../../policies/all";
import { analyze } from "../../policies/engine/analyze";
import { judge } from "../../policies/engine/judge";
import { appliesTo, sentence } from "../../policies/engine/rule";
import { goodUnit, goodUnits, pathsOf, putAt, stackWith, valueAt } from "./fixtures";

const SECRET = "Tr0ub4dor-hunter2";

function messagesOf(unit: ReturnType<typeof goodUnits>[number]): string {
  return RULES.filter((rule) => appliesTo(rule, unit.type))
    .flatMap((rule) => judge(rule, unit.args).violations.map((finding) => sentence(rule, finding)))
    .join("\n");
}

describe.each(goodUnits().map(({ unit }) => ({ unit })))("$unit", ({ unit: name }) => {
  it("has no message with a secret that stands in place of a value", () => {
    for (const path of pathsOf(goodUnit(name).args)) {
      const unit = goodUnit(name);
      putAt(unit.args, path, SECRET);
      expect(messagesOf(unit)).not.toContain(SECRET);
    }
  });

  it("has no message with a secret in a rendered text, whichever word it stands for", () => {
    for (const path of pathsOf(goodUnit(name).args).filter((entry) => /^files\.\d+\.(text|texts\.\d+)$/.test(entry))) {
      const text = String(valueAt(goodUnit(name).args, path));
      const words = [...new Set(text.split(/[\s="]+/).filter((word) => word.length > 1))];
      for (const word of words) {
        const unit = goodUnit(name);
        putAt(unit.args, path, text.replaceAll(word, SECRET));
        expect(messagesOf(unit)).not.toContain(SECRET);
      }
    }
  });
});

describe("through Pulumi's own analysis", () => {
  it.each(["ssh-no-root-login", "ssh-no-passwords"])("%s refuses a secret in place of a word, and does not repeat it", async (id) => {
    const unit = goodUnit("ssh");
    for (const key of ["permitRootLogin", "passwordAuthentication"]) putAt(unit.args, `settings.${key}`, SECRET);
    const messages = (await analyze(stackWith(unit))).filter(({ policy }) => policy === id).map(({ message }) => message);
    expect(messages).toHaveLength(1);
    expect(messages.join("\n")).toContain(`found text of ${String(SECRET.length)} characters`);
    expect(messages.join("\n")).not.toContain(SECRET);
  });
});
