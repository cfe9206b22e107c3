/** How wide a network is: what tells a few addresses from the whole world. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWorld, prefixOf } from "../../policies/readers/network";

describe("prefixOf", () => {
  it.each([
    ["192.0.2.0/24", { length: 24, of: 32 }],
    ["192.0.2.1", { length: 32, of: 32 }],
    ["0.0.0.0/0", { length: 0, of: 32 }],
    ["2001:db8::/32", { length: 32, of: 128 }],
    ["::1", { length: 128, of: 128 }],
    ["::ffff:192.0.2.1/112", { length: 112, of: 128 }],
  ])("reads %s", (network, prefix) => {
    expect(prefixOf(network)).toEqual(prefix);
  });

  it.each(["any", "", "192.0.2.0/33", "::/129", "192.0.2.0/", "192.0.2.0/24/24", "office.example", "/24", "192.0.2.0/ 24"])(
    "takes %j for no network",
    (text) => {
      expect(prefixOf(text)).toBeUndefined();
    },
  );
});

describe("isWorld", () => {
  it.each([
    ["0.0.0.0/7", true],
    ["10.0.0.0/8", false],
    ["2000::/15", true],
    ["2001::/16", false],
    ["0.0.0.0/0", true],
    ["::/0", true],
    ["anywhere", true],
  ])("says of %s: %s", (network, world) => {
    expect(isWorld(network)).toBe(world);
  });

  it("never takes a wider network for less of the world", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.nat(128), fc.nat(128), (six, first, second) => {
        const [wide, narrow] = [first, second].map((length) => (six ? length : Math.floor(length / 4))).sort((a, b) => a - b);
        const network = (length: number | undefined): string => `${six ? "::" : "0.0.0.0"}/${String(length)}`;
        return isWorld(network(wide)) || !isWorld(network(narrow));
      }),
    );
  });
});
