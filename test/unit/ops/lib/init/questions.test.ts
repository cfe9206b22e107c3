import { describe, expect, it } from "vitest";
import { stackSchema } from "../../../../../components/config/schema";
import { name } from "../../../../../components/config/sections/values";
import { ownNetworks } from "../../../../../ops/lib/init/ownAddresses";
import { by, eachBy, oneOf, Questions } from "../../../../../ops/lib/init/questions";

const named = { option: "host", words: "Its name", fault: by(name) };

function atTerminal(...typed: readonly string[]) {
  const [answers, prompts, said] = [[...typed], [] as string[], [] as string[]];
  const ask = (prompt: string): Promise<string> => {
    prompts.push(prompt);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("asked once too often");
    return Promise.resolve(answer);
  };
  return { prompts, said, ask, say: (line: string) => void said.push(line) };
}

describe("a question at a terminal", () => {
  it("is asked until the answer is allowed, and says each time what is, in the schema's own message", async () => {
    const terminal = atTerminal("Web", "my--host", "web");
    expect(await new Questions({}, terminal.ask, terminal.say).answer(named)).toBe("web");
    const rule = by(name)("Web");
    expect(rule).toContain("a lowercase letter");
    expect(terminal.said).toEqual([`  allowed: ${String(rule)}`, `  allowed: ${String(rule)}`]);
  });

  it("shows what an empty answer stands for, and takes it", async () => {
    const terminal = atTerminal("", " ");
    const questions = new Questions({}, terminal.ask, terminal.say);
    expect(await questions.answer({ ...named, standard: "web" })).toBe("web");
    expect(await questions.answer({ ...named, optional: true })).toBe("");
    expect(terminal.prompts).toEqual(["Its name [web]: ", "Its name [none]: "]);
  });

  it("is not asked where an option answers it", async () => {
    const terminal = atTerminal();
    expect(await new Questions({ host: "web" }, terminal.ask, terminal.say).answer(named)).toBe("web");
  });

  it("takes a list only where each part is allowed", () => {
    const fault = eachBy(stackSchema.shape.adminNetworks.element);
    expect(fault("203.0.113.7/32, 2001:db8::/48")).toBeUndefined();
    expect(fault("203.0.113.7/32, 203.0.113.8")).toContain("203.0.113.8/32");
    expect(fault(" , ")).toBeDefined();
    expect(oneOf("a", "b")("c")).toBe("a or b");
  });
});

describe("the networks that an operator comes from", () => {
  it("are those of the SSH session, but none that a router stands in front of where the server is on the Internet", async () => {
    expect(await ownNetworks(undefined, "198.51.100.7 50000 203.0.113.8 22")).toEqual(["203.0.113.8/32", "198.51.100.7/32"]);
    expect(await ownNetworks(undefined, "192.168.1.5 50000 10.0.0.2 22")).toEqual([]);
    expect(await ownNetworks(undefined, "2001:db8::7 50000 fe80::1 22")).toEqual(["2001:db8::7/128"]);
    expect(await ownNetworks(undefined, undefined)).toEqual([]);
  });

  it("are private ones where the server is in one itself", async () => {
    expect(await ownNetworks("192.168.1.9", "192.168.1.5 50000 192.168.1.6 22")).toEqual(
      expect.arrayContaining(["192.168.1.6/32", "192.168.1.5/32"]),
    );
  });
});
