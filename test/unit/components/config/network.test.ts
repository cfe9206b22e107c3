import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalAddress, familyOf, inNetworks, isUnicast, networkFault } from "../../../../components/config/network";
import { addressText, adminNetworks, contains, networks, numbers, WIDTH } from "../examples";

/** The C library writes some IPv6 addresses with a dotted tail; we never do. */
const isDotted = (text: string): boolean => text.includes(":") && text.includes(".");

/** Whether a text is a network, written as networks are: what networkFault asks before it asks whose network it is. */
const isNetwork = (text: string): boolean =>
  !/^a network with its length|for the one address$|which is how the network is written$/.test(networkFault(text) ?? "");
// Shorter ones are refused for their size, whatever else is wrong with them.
const SHORTEST = 16;

describe("familyOf", () => {
  it.each([
    ["203.0.113.7", "ipv4"],
    ["203.0.113.0/24", "ipv4"],
    ["2001:db8::", "ipv6"],
    ["::ffff:203.0.113.7/128", "ipv6"],
    ["example.org", undefined],
    ["", undefined],
    ["203.0.113", undefined],
    ["010.0.0.1", undefined],
  ])("tells of %j that it is %s", (text, family) => {
    expect(familyOf(text)).toBe(family);
  });
});

describe("a network", () => {
  it.each([
    "0.0.0.0/0",
    "203.0.113.7/32",
    "203.0.113.128/25",
    "10.0.0.0/8",
    "::/0",
    "2001:db8::/32",
    "2001:db8:0:1::/64",
    "2001:db8::1/128",
    "::1/128",
    "1:0:0:2::/64",
  ])("takes %s", (text) => {
    expect(isNetwork(text)).toBe(true);
  });

  it.each([
    ["an address alone", "203.0.113.7"],
    ["nothing", ""],
    ["a length alone", "/24"],
    ["an empty length", "203.0.113.0/"],
    ["two lengths", "203.0.113.0/24/24"],
    ["a mask", "203.0.113.0/255.255.255.0"],
    ["a length with a leading zero", "203.0.113.0/024"],
    ["a signed length", "203.0.113.0/+24"],
    ["a length with a space", "203.0.113.0/ 24"],
    ["a length with text behind it", "203.0.113.0/24x"],
    ["a length with text before it", "203.0.113.0/x24"],
    ["a length with a line behind it", "203.0.113.0/24\nx"],
    ["a length of four digits", "203.0.113.0/0024"],
    ["a length of IPv6 with text behind it", "2001:db8::/32x"],
    ["an IPv4 address as IPv6 with a length of IPv4", "::ffff:203.0.113.7/32x"],
    ["a length too long for IPv4", "203.0.113.0/33"],
    ["a length too long for IPv6", "2001:db8::/129"],
    ["a bit behind the length", "203.0.113.1/24"],
    ["a bit behind the length of IPv6", "2001:db8::1/64"],
    ["an IPv4 address of three parts", "203.0.113/24"],
    ["an octal part", "010.0.0.0/8"],
    ["a zone", "fe80::%eth0/64"],
    ["capitals", "2001:DB8::/32"],
    ["leading zeros", "2001:0db8::/32"],
    ["no shortening", "2001:db8:0:0:0:0:0:0/32"],
    ["shortening of a single zero", "2001:db8::1:2:3:4:5/128"],
    ["shortening of the shorter run", "2001::1:0:0:0:0/64"],
    ["a dotted tail", "::ffff:203.0.113.7/128"],
    ["a line break", "203.0.113.0/24\n"],
    ["a list", "203.0.113.0/24,198.51.100.0/24"],
  ])("does not take %s", (_, text) => {
    expect(isNetwork(text)).toBe(false);
  });

  it("takes every network that has no bit behind its length, as the C library spells it, and its length at every value", () => {
    fc.assert(
      fc.property(networks, ({ family, value, prefix }) => {
        const text = addressText(family, value);
        fc.pre(!isDotted(text));
        expect(isNetwork(`${text}/${String(prefix)}`)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no address with a bit behind the length", () => {
    fc.assert(
      fc.property(numbers, fc.nat(128), ({ family, value }, length) => {
        const prefix = Math.max(SHORTEST, Math.min(length, WIDTH[family]));
        const mask = (1n << BigInt(WIDTH[family] - prefix)) - 1n;
        const text = addressText(family, value);
        fc.pre(!isDotted(text));
        expect(isNetwork(`${text}/${String(prefix)}`)).toBe((value & mask) === 0n);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes one spelling only: any other one of the same network is refused and told the right one", () => {
    const respelled = networks.chain(({ family, value, prefix }) => {
      const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
      const spellings =
        family === "ipv4"
          ? []
          : [groups.join(":"), groups.map((group) => group.padStart(4, "0")).join(":"), groups.join(":").toUpperCase()];
      return fc
        .constantFrom(addressText(family, value), ...spellings)
        .map((text) => ({ text: `${text}/${String(prefix)}`, right: `${addressText(family, value)}/${String(prefix)}`, prefix, family }));
    });
    fc.assert(
      fc.property(respelled, ({ text, right, prefix, family }) => {
        fc.pre(!isDotted(right) && prefix >= SHORTEST);
        expect(isNetwork(text)).toBe(text === right);
        if (text !== right && family === "ipv6") expect(networkFault(text)).toBe(`${right}, which is how the network is written`);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no other text, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef:./%")) })), (text) => {
        // Only what is a network by the C library's reading may pass, and those are rare among random texts.
        if (isNetwork(text)) expect(familyOf(text)).toBeDefined();
        expect(isNetwork(`${text}\n`)).toBe(false);
        expect(isNetwork(` ${text}`)).toBe(false);
      }),
    );
  });
});

describe("networkFault", () => {
  it.each([
    ["198.51.100.7/32", undefined],
    ["10.0.0.0/8", undefined],
    ["fd13:0:213:1::/64", undefined],
    ["2001::/16", undefined],
    ["203.0.113.7", "a network with its length, such as 203.0.113.7/32"],
    ["2001:db8::7", "a network with its length, such as 2001:db8::7/128"],
    ["fe80::1%eth0", "a network with its length, such as 203.0.113.7/32 or 2001:db8::/48"],
    ["office", "a network with its length, such as 203.0.113.7/32 or 2001:db8::/48"],
    ["203.0.113.7/24", "203.0.113.0/24, or 203.0.113.7/32 for the one address"],
    ["2001:db8::0007/64", "2001:db8::/64, or 2001:db8::7/128 for the one address"],
    ["2001:DB8::/32", "2001:db8::/32, which is how the network is written"],
    ["0.0.0.0/0", "a network of your own, no larger than /8; never the whole Internet or a large part of it"],
    ["128.0.0.0/1", "a network of your own, no larger than /8; never the whole Internet or a large part of it"],
    ["::/0", "a network of your own, no larger than /16; never the whole Internet or a large part of it"],
    ["2000::/3", "a network of your own, no larger than /16; never the whole Internet or a large part of it"],
    ["127.0.0.1/32", "a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6"],
    ["224.0.0.0/8", "a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6"],
    ["::1/128", "a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6"],
    ["ff02::1/128", "a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6"],
    ["::ffff:cb00:7107/128", "a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6"],
  ])("says of %s: %s", (text, fault) => {
    expect(networkFault(text)).toBe(fault);
  });

  it("finds nothing wrong only with what is a network", () => {
    fc.assert(
      fc.property(adminNetworks, (text) => {
        expect(networkFault(text)).toBeUndefined();
        expect(isNetwork(text)).toBe(true);
      }),
    );
  });
});

describe("isUnicast", () => {
  it.each(["203.0.113.7", "10.0.0.1", "223.255.255.255", "2001:db8::1", "fd13::1", "fe80::1"])("takes %s", (address) => {
    expect(isUnicast(address)).toBe(true);
  });

  it.each([
    "0.0.0.0",
    "127.0.0.1",
    "127.255.255.255",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:203.0.113.7",
    "ff02::1",
    "fe80::1%eth0",
    "localhost",
    "",
    "203.0.113.7/32",
  ])("does not take %j", (address) => {
    expect(isUnicast(address)).toBe(false);
  });
});

describe("inNetworks", () => {
  it.each([
    ["203.0.113.7", ["203.0.113.0/24"], true],
    ["203.0.114.7", ["203.0.113.0/24"], false],
    ["203.0.113.7", ["198.51.100.0/24", "203.0.113.7/32"], true],
    ["203.0.113.7", [], false],
    ["203.0.113.7", ["::/0"], false],
    ["::ffff:203.0.113.7", ["203.0.113.0/24"], false],
    ["::ffff:203.0.113.7", ["::ffff:cb00:7100/120"], true],
    ["::ffff:203.0.114.7", ["::ffff:cb00:7100/120"], false],
    ["203.0.113.7", ["203.0.113.0/24x"], false],
    ["2001:DB8:0:0::7", ["2001:db8::/64"], true],
    ["example.org", ["0.0.0.0/0", "::/0"], false],
    ["fe80::1%eth0", ["fe80::/10"], false],
    ["203.0.113.7", ["no network"], false],
  ])("says whether %s lies in %j: %s", (address, list, inside) => {
    expect(inNetworks(address, list)).toBe(inside);
  });

  it("agrees with arithmetic", () => {
    // Addresses of the networks' own, and one beyond either end, beside any.
    const near = fc.tuple(networks, fc.array(networks, { maxLength: 3 })).chain(([network, others]) => {
      const size = 1n << BigInt(WIDTH[network.family] - network.prefix);
      const bounded = [network.value, network.value + size - 1n, network.value - 1n, network.value + size].filter(
        (value) => value >= 0n && value < 1n << BigInt(WIDTH[network.family]),
      );
      return fc.tuple(
        fc.oneof(
          numbers,
          fc.constantFrom(...bounded).map((value) => ({ family: network.family, value })),
        ),
        fc.constant([network, ...others]),
      );
    });
    fc.assert(
      fc.property(near, ([{ family, value }, list]) => {
        const texts = list.map((network) => `${addressText(network.family, network.value)}/${String(network.prefix)}`);
        expect(inNetworks(addressText(family, value), texts)).toBe(list.some((network) => contains(network, family, value)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("canonicalAddress", () => {
  it.each([
    ["2001:0DB8:0000:0:0:0:0:1", "2001:db8::1"],
    ["::ffff:203.0.113.7", "::ffff:cb00:7107"],
    ["203.0.113.7", "203.0.113.7"],
    ["WEB.Example.org", "web.example.org"],
  ])("spells %s as %s", (text, spelled) => {
    expect(canonicalAddress(text)).toBe(spelled);
  });
});
