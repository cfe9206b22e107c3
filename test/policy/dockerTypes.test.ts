/** Each type of Docker's and the command provider, and each argument of a container, has a decision: a new version's cannot go unseen. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HOST_RULES, RULES } from "../../policies/all";
import { analyze } from "../../policies/engine/analyze";
import { appliesTo } from "../../policies/engine/rule";
import { CONTAINER_ARGUMENTS } from "../../policies/readers/containerArguments";
import { DOCKER_TYPES } from "../../policies/readers/dockerTypes";

const SDKS = join(__dirname, "../../node_modules/@pulumi");

function typesOf(sdk: "docker" | "command"): readonly string[] {
  const texts = globSync(`${sdk}/**/*.js`, { cwd: SDKS, exclude: ["**/node_modules/**"] }).map((path) =>
    readFileSync(join(SDKS, path), "utf8"),
  );
  return texts.flatMap((text) =>
    [...text.matchAll(/__pulumiType = '([^']+)'/g)].map(([, type = ""]) => (type === sdk ? `pulumi:providers:${type}` : type)),
  );
}

async function refusal(type: string): Promise<readonly string[]> {
  const inputs = { name: "x", create: "true" };
  const found = await analyze([{ urn: `urn:pulumi:test::phiward::${type}::x`, type, name: "x", inputs }]);
  return found.filter(({ policy }) => policy === "docker-types-reviewed").map(({ message }) => message.split(";")[0] ?? "");
}

describe("the types of the SDKs", () => {
  it("are those that there are decisions about", () => {
    expect([...typesOf("docker"), ...typesOf("command")].sort()).toEqual([...DOCKER_TYPES.keys()].sort());
  });

  it.each([...DOCKER_TYPES].filter(([, decision]) => decision === "judged").map(([type]) => type))(
    "%s is judged by more than one rule",
    (type) => {
      expect(RULES.filter((rule) => appliesTo(rule, type)).length).toBeGreaterThan(type.startsWith("pulumi:") ? 0 : 1);
    },
  );

  it.each([...DOCKER_TYPES].filter(([, decision]) => typeof decision !== "string" && "refused" in decision).map(([type]) => type))(
    "%s is refused, with the reason",
    async (type) => {
      const [message = ""] = await refusal(type);
      expect(message).toMatch(/^type: found one that .+, allowed: another type$/);
    },
  );

  it.each(["docker:index/container:Container", "docker:index/tag:Tag", "command:remote:Command"])(
    "%s is not refused for its type",
    async (type) => {
      expect(await refusal(type)).toEqual([]);
    },
  );

  it.each(["docker:index/model:Model", "docker-build:index:Image", "command:remote:Tunnel"])(
    "%s, which nobody reviewed, is refused",
    async (type) => {
      expect(await refusal(type)).toEqual(["type: found a type that nobody has reviewed, allowed: a reviewed one"]);
    },
  );
});

describe("the arguments of a container", () => {
  it("are those that there are decisions about", () => {
    const declarations = readFileSync(join(SDKS, "docker/container.d.ts"), "utf8");
    const [, body = ""] = /export interface ContainerArgs \{([^]*?)\n\}/.exec(declarations) ?? [];
    const names = [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(60);
    expect([...CONTAINER_ARGUMENTS.keys()].sort()).toEqual(names.sort());
  });

  it("are left to rules that there are", () => {
    const ids = [...RULES, ...HOST_RULES].map(({ id }) => id);
    for (const known of CONTAINER_ARGUMENTS.values())
      for (const id of "rules" in known ? known.rules.split(", ") : []) expect(ids).toContain(id);
  });
});
