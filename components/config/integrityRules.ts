/** Rules of what integrity accepts. They run on invalid values too. */
import { asText, type Disallowed, each, inside, repeated } from "./paths";

/** Where whoever writes is root: nothing there is accepted, by whatever reason. */
export const MAKES_ROOT =
  /^\/(?:etc\/ld\.so\.preload|etc\/sudoers(?:\.d\/.*)?|etc\/ssh\/authorized_keys.*|root\/\.ssh\/.*|etc\/(?:passwd|shadow)|etc\/pam\.d\/.*)$/;

/** What is accepted is on a host of the stack, once, and not what makes someone root; each host has one seal. */
export function integrityRules(stack: unknown): readonly Disallowed[] {
  const named = [...each(stack, ["hosts", "*", "name"]), ...each(stack, ["hosts", "*", "formerly", "*"])];
  const names = new Set(named.map(({ value }) => asText(value)));
  const accepted = each(stack, ["integrity", "accepted", "*"]);
  const sealed = inside(each(stack, ["integrity", "sealed", "*"]), ["host"]);
  return [
    ...repeated(sealed, "must be unique", asText),
    ...[...inside(accepted, ["host"]), ...sealed]
      .filter(({ value }) => asText(value) !== undefined && !names.has(asText(value)))
      .map(({ path }) => ({ path, message: "the name of a host under hosts, or one that it had" })),
    ...inside(accepted, ["path"])
      .filter(({ value }) => MAKES_ROOT.test(asText(value) ?? ""))
      .map(({ path }) => ({ path, message: "what does not make someone root; remove it from the host, or declare people and their keys" })),
  ];
}
