/** Rules of who agrees to restores over live data. They run on invalid values too. */
import { asText, type Disallowed, each, inside, repeated } from "./paths";
import { member } from "./unknown";

/** Approvers are people of the stack, two are there where two are asked for, and one alone has a reason. */
export function restoreRules(stack: unknown): readonly Disallowed[] {
  const backup = member(stack, "backup");
  const restores = member(backup, "restores");
  const path = ["backup", "restores"];
  const people = each(stack, ["people", "*"]).map(({ value }) => value);
  const names = new Set(people.map((person) => asText(member(person, "name"))));
  const approvers = inside([{ path, value: restores }], ["approvers", "*"]);
  const listed = new Set(approvers.map(({ value }) => asText(value)));
  const signers = people.filter((person) => member(person, "sudo") === true || listed.has(asText(member(person, "name"))));
  const [wanted, reason] = [member(restores, "people"), member(restores, "reason")];
  return [
    ...repeated(approvers, "must be unique", asText),
    ...approvers
      .filter(({ value }) => asText(value) !== undefined && !names.has(asText(value)))
      .map((entry) => ({ path: entry.path, message: "the name of a person under people" })),
    ...(wanted === 2 && people.length > 0 && signers.length < 2
      ? [
          {
            path: [...path, "people"],
            message: "2 only where two people have sudo or are approvers; name one in backup.restores.approvers",
          },
        ]
      : []),
    ...(wanted === 1 && reason === undefined ? [{ path: [...path, "reason"], message: "the reason why one person is enough" }] : []),
    ...(wanted !== 1 && reason !== undefined
      ? [{ path: [...path, "reason"], message: "nothing, unless people is 1: it says why one person is enough" }]
      : []),
  ];
}
