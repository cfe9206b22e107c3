/** What is spared of the SDK's work in each preview, and what stays. */
import { afterEach, describe, expect, it } from "vitest";
import { onceEach } from "../../policies/engine/decodedOnce";
import { leaveDebugging, leaveMarks } from "../../policies/program/sparing";

const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
afterEach(() => {
  if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
  else Object.defineProperty(Error, "prepareStackTrace", before);
});

describe("the arguments of a resource", () => {
  it("are decoded once for all policies, and apart for each resource and for what may write to them", () => {
    const decoded: object[] = [];
    const decode = onceEach((properties) => {
      decoded.push(properties);
      return { ...properties.toJavaScript() };
    });
    const [one, other] = [{ toJavaScript: () => ({ image: "a" }) }, { toJavaScript: () => ({ image: "a" }) }];
    expect(decode(one, false)).toBe(decode(one, false));
    expect(decode(other, false)).not.toBe(decode(one, false));
    expect(decode(one, true)).not.toBe(decode(one, true));
    expect(decoded).toHaveLength(4);
    expect(decode(one, false)).toEqual({ image: "a" });
  });
});

describe("the stack of an error", () => {
  it("is in the lines of the source where the error says something, and is not read where it marks a place alone", () => {
    let read = 0;
    Error.prepareStackTrace = (error) => `${error.message}, line ${String(++read)} of the source`;
    leaveMarks();
    expect(new TypeError().stack).toBe("TypeError");
    expect(new Error("found none").stack).toBe("found none, line 1 of the source");
  });

  it("is left to Node.js where nothing reads source maps", () => {
    Reflect.deleteProperty(Error, "prepareStackTrace");
    leaveMarks();
    expect(Object.hasOwn(Error, "prepareStackTrace")).toBe(false);
  });
});

describe("what is there to debug the SDK", () => {
  const promises = { debuggablePromise: <Made>(made: Made): Made => (stacks.push(new Error("made here").stack ?? ""), made) };
  const stacks: string[] = [];
  const sent: string[] = [];
  const log = { debug: (message: string) => Promise.resolve(void sent.push(message)), warn: (message: string) => sent.push(message) };

  it("is neither sent nor kept, while promises are watched as before and other messages and stacks stay", async () => {
    leaveDebugging((name) => (name === "./log" ? log : promises));
    await log.debug("registering");
    log.warn("found none");
    expect(sent).toEqual(["found none"]);
    const promise = Promise.resolve();
    expect(promises.debuggablePromise(promise)).toBe(promise);
    expect(stacks).toEqual(["Error: made here"]);
    expect(new Error("found none").stack).toContain("sparing.test.ts");
  });
});
