/** A deploy goes on with a failed check that a waiver accepts, and with no other. */
import { inflateSync } from "node:zlib";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../components/config/faults";
import { stackModel } from "../../components/containers/model";
import { hardenHost } from "../../components/pulumi/hardenedHost";
import { checkedUnits } from "../../components/registry";
import { acceptedChecks } from "../../policies/waivers/acceptedChecks";
import { readWaivers } from "../../policies/waivers/file";
import { CONTROLS_NOT_WAIVABLE } from "../../policies/waivers/rules";
import { complete } from "../unit/components/examples";

const stack = parseConfig(complete());
const [host] = stack.hosts;
const HOST = host?.name ?? "";
const checks = checkedUnits(stack, HOST).flatMap(({ unit, checks: all }) => all.map((check) => ({ unit, ...check })));
const waivable = checks.filter(({ control }) => !(control in CONTROLS_NOT_WAIVABLE));
const [first, second] = waivable;
const TODAY = "2026-11-27";

function waiver(changes: object): object {
  return {
    rule: first?.id,
    resource: HOST,
    reason: "Its program is replaced next month, with another check.",
    owner: "anna",
    approver: "ben",
    ticket: "OPS-1",
    expires: "2027-01-31",
    ...changes,
  };
}

function accepted(...entries: readonly object[]): ReadonlySet<string> {
  return acceptedChecks(stack, TODAY, (terms) => readWaivers("waivers.test.yaml", stringify(entries), terms))(HOST);
}

/** The checks of a request that warn alone. */
function warningIn(stdin: string): readonly string[] {
  const { compressed } = JSON.parse(stdin.slice(stdin.indexOf("\n") + 1)) as { readonly compressed: string };
  const request = JSON.parse(inflateSync(Buffer.from(compressed, "base64")).toString()) as {
    readonly plans: readonly { readonly checks: readonly { readonly id: string; readonly onlyWarns?: true }[] }[];
  };
  return request.plans.flatMap(({ checks: all }) => all.filter(({ onlyWarns }) => onlyWarns).map(({ id }) => id));
}

describe("a failed check is accepted", () => {
  it("where a waiver names it on its host, or on its unit there", () => {
    expect([...accepted(waiver({}), waiver({ rule: second?.id, resource: `${HOST}/${second?.unit ?? ""}` }))]).toEqual([
      first?.id,
      second?.id,
    ]);
  });

  it.each([
    ["of another host", { resource: "elsewhere" }],
    ["that ended", { expires: "2026-11-26" }],
    ["that is approved by its owner", { approver: "anna" }],
    ["of a check that no waiver may accept", { rule: checks.find(({ control }) => control in CONTROLS_NOT_WAIVABLE)?.id }],
    ["of a rule, which is the gate's", { rule: "container-limited" }],
  ])("by no waiver %s", (_, changes) => {
    expect([...accepted(waiver(changes))]).toEqual([]);
  });
});

describe("the last command of a deploy", () => {
  it("has the host fail by every check but the accepted ones", async () => {
    const asked: string[] = [];
    await pulumi.runtime.setMocks(
      {
        call: () => ({}),
        newResource: ({ name, inputs }) => {
          const { stdin } = inputs as { readonly stdin?: string };
          if (name === `${HOST}-verify` && stdin !== undefined) asked.push(stdin);
          return { id: `${name}-id`, state: { ...(inputs as object), stdout: "{}" } };
        },
      },
      "phiward",
      "test",
    );
    const ids = new Set([first?.id ?? ""]);
    if (host === undefined) throw new Error("no host");
    const { outputs } = hardenHost(stackModel(stack), host, [], new Set(), ids);
    await pulumi.runtime.serializeProperties("host", { outputs });
    expect(asked).toHaveLength(1);
    const warns = checks.filter(({ onlyWarns }) => onlyWarns).map(({ id }) => id);
    expect([...warningIn(asked[0] ?? "")].sort()).toEqual([...warns, first?.id].sort());
  });
});
