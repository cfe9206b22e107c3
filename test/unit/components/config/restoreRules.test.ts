import { describe, expect, it } from "vitest";
import { restoreConsent, signersText } from "../../../../components/backup/backup/restores";
import { ConfigError, parseConfig } from "../../../../components/config/faults";
import { changed, complete, ed25519 } from "../examples";

const REASON = "one person looks after this stack";
const person = (name: string, index: number, more: object = {}): object => ({ name, keys: [ed25519(index)], ...more });
const ALONE = [person("alice", 1, { sudo: true })];
const BOTH = [...ALONE, person("bob", 2, { expires: "2099-01-31" })];

function faults(people: readonly object[], restores: object | undefined): readonly string[] {
  try {
    parseConfig(changed(complete(), { people, "backup.restores": restores }));
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

function consent(people: readonly object[], restores: object | undefined): ReturnType<typeof restoreConsent> {
  return restoreConsent(parseConfig(changed(complete(), { people, "backup.restores": restores })));
}

describe("restores over live data", () => {
  it("need two people wherever two may sign, and as many as the stack says", () => {
    expect(consent(ALONE, undefined).people).toBe(1);
    expect(consent(BOTH, {}).people).toBe(1);
    expect(consent(BOTH, { approvers: ["bob"] }).people).toBe(2);
    expect(consent([...ALONE, person("bob", 2, { sudo: true })], {}).people).toBe(2);
    expect(consent(BOTH, { approvers: ["bob"], people: 1, reason: REASON })).toMatchObject({ people: 1, reason: REASON });
  });

  it("are signed by keys of those who may, until their last day", () => {
    expect(signersText(consent(BOTH, { approvers: ["bob"] }))).toBe(
      `alice namespaces="phiward-restore" ${ed25519(1)}\nbob namespaces="phiward-restore",valid-before="209901312359Z" ${ed25519(2)}\n`,
    );
  });

  it.each([
    [{ approvers: ["carol"] }, /^backup\.restores\.approvers\.0: .*allowed: the name of a person under people/],
    [{ approvers: ["bob", "bob"] }, /^backup\.restores\.approvers\.1: .*must be unique/],
    [{ people: 2 }, /^backup\.restores\.people: .*allowed: 2 only where two people/],
    [{ people: 3 }, /^backup\.restores\.people: .*allowed: a whole number from 1 to 2/],
    [{ people: 1 }, /^backup\.restores\.reason: .*allowed: the reason why one person is enough/],
    [{ people: 1, reason: "no" }, /^backup\.restores\.reason: .*allowed: a sentence of 20 to 300/],
    [{ reason: REASON }, /^backup\.restores\.reason: .*allowed: nothing, unless people is 1/],
  ])("%j is refused", (restores, words) => {
    const found = faults(BOTH, restores);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
  });
});
