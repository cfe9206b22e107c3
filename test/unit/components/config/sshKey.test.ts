import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAgeRecipient, isHostKey, sshKeyFault } from "../../../../components/config/sshKey";
import { runSync } from "../../../../ops/lib/process";
import { ed25519, keyLine, RECIPIENT } from "../examples";

const LINE = "one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it";
const STRONG = "a key of a strong type: Ed25519, sk-ssh-ed25519, sk-ecdsa, ECDSA P-384 or P-521, or RSA of 3072 bits and more";
const whole = (type: string): string => `base64 that holds a whole ${type} key; copy the line again`;

const E = Uint8Array.of(1, 0, 1);
const modulus = (bytes: number, last = 0xff): Uint8Array => Uint8Array.of(0, ...new Uint8Array(bytes - 1).fill(0xff), last);
const point = (bytes: number): Uint8Array => Uint8Array.of(4, ...new Uint8Array(2 * bytes).fill(7));
const bytes32 = new Uint8Array(32).fill(7);

const P384 = keyLine("ecdsa-sha2-nistp384", "nistp384", point(48));

describe("sshKeyFault", () => {
  it.each([
    ["Ed25519", ed25519(7)],
    ["Ed25519 with a comment", `${ed25519(7)} alice@laptop, blue one (2026)`],
    ["Ed25519 on a security key", keyLine("sk-ssh-ed25519@openssh.com", bytes32, "ssh:")],
    ["a security key whose application has a space in its name", keyLine("sk-ssh-ed25519@openssh.com", bytes32, "ssh:work laptop")],
    ["ECDSA on a security key", keyLine("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", point(32), "ssh:alice")],
    ["ECDSA P-384", keyLine("ecdsa-sha2-nistp384", "nistp384", point(48))],
    ["ECDSA P-521", keyLine("ecdsa-sha2-nistp521", "nistp521", point(66))],
    ["RSA of 3072 bits", keyLine("ssh-rsa", E, modulus(384))],
    ["RSA of 16384 bits", keyLine("ssh-rsa", E, modulus(2048))],
  ])("finds nothing wrong with %s", (_, key) => {
    expect(sshKeyFault(key)).toBeUndefined();
  });

  it.each([
    ["nothing", "", LINE],
    ["a word", "alice", LINE],
    ["options", `no-pty ${ed25519(7)}`, LINE],
    ["a certificate authority", `cert-authority ${ed25519(7)}`, LINE],
    ["a line for known_hosts", `web.example.org ${ed25519(7)}`, LINE],
    ["two spaces", ed25519(7).replace(" ", "  "), LINE],
    ["a tab", ed25519(7).replace(" ", "\t"), LINE],
    ["a leading space", ` ${ed25519(7)}`, LINE],
    ["a line break at the end", `${ed25519(7)}\n`, LINE],
    ["a second line", `${ed25519(7)} a\nssh-rsa AAAA`, LINE],
    ["a carriage return in the comment", `${ed25519(7)} a\rb`, LINE],
    ["a comment beyond ASCII", `${ed25519(7)} jürgen`, LINE],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", LINE],
    ["a key in RFC 4716 form", "---- BEGIN SSH2 PUBLIC KEY ----", LINE],
    ["DSA", keyLine("ssh-dss", bytes32, bytes32, bytes32, bytes32), STRONG],
    ["ECDSA P-256", keyLine("ecdsa-sha2-nistp256", "nistp256", point(32)), STRONG],
    ["a certificate", keyLine("ssh-ed25519-cert-v01@openssh.com", bytes32), STRONG],
    ["an unknown type", keyLine("ssh-ed448", bytes32), STRONG],
    ["a type named like a property", keyLine("constructor", bytes32), STRONG],
    ["RSA of 2048 bits", keyLine("ssh-rsa", E, modulus(256)), `${STRONG}; this RSA key has 2048 bits`],
    [
      "RSA of 3071 bits",
      keyLine("ssh-rsa", E, Uint8Array.of(0x7f, ...new Uint8Array(383).fill(0xff))),
      `${STRONG}; this RSA key has 3071 bits`,
    ],
    ["RSA larger than OpenSSH reads", keyLine("ssh-rsa", E, modulus(2049)), "an RSA key of 16384 bits at most; this one has 16392"],
    [
      "RSA with exponent 1",
      keyLine("ssh-rsa", Uint8Array.of(1), modulus(384)),
      "an RSA key with an odd modulus and an odd public exponent of 65537 or more; create a new pair",
    ],
    [
      "RSA with exponent 65536",
      keyLine("ssh-rsa", Uint8Array.of(1, 0, 0), modulus(384)),
      "an RSA key with an odd modulus and an odd public exponent of 65537 or more; create a new pair",
    ],
    [
      "RSA with an even modulus",
      keyLine("ssh-rsa", E, modulus(384, 0xfe)),
      "an RSA key with an odd modulus and an odd public exponent of 65537 or more; create a new pair",
    ],
    ["RSA with a negative modulus", keyLine("ssh-rsa", E, modulus(384).slice(1)), whole("ssh-rsa")],
    ["RSA padded to look long", keyLine("ssh-rsa", E, Uint8Array.of(0, 0, ...new Uint8Array(384).fill(0x7f))), whole("ssh-rsa")],
    ["RSA without a modulus", keyLine("ssh-rsa", E), whole("ssh-rsa")],
    ["Ed25519 of 31 bytes", keyLine("ssh-ed25519", bytes32.slice(1)), whole("ssh-ed25519")],
    ["Ed25519 with something behind it", keyLine("ssh-ed25519", bytes32, "x"), whole("ssh-ed25519")],
    ["a security key without its application", keyLine("sk-ssh-ed25519@openssh.com", bytes32), whole("sk-ssh-ed25519@openssh.com")],
    ["ECDSA on another curve than its name", keyLine("ecdsa-sha2-nistp384", "nistp521", point(66)), whole("ecdsa-sha2-nistp384")],
    [
      "ECDSA with a compressed point",
      keyLine("ecdsa-sha2-nistp384", "nistp384", Uint8Array.of(2, ...new Uint8Array(48))),
      whole("ecdsa-sha2-nistp384"),
    ],
    ["a blob of another type than the line says", ed25519(7).replace("ssh-ed25519", "ssh-rsa"), whole("ssh-rsa")],
    ["no base64", "ssh-ed25519 AAAA", whole("ssh-ed25519")],
    [
      "base64 with bits to spare, which would be the same key in other letters",
      P384.replace(/Bw==$/, "Bx=="),
      whole("ecdsa-sha2-nistp384"),
    ],
    ["base64 without its padding", P384.replace(/=+$/, ""), whole("ecdsa-sha2-nistp384")],
  ])("says of %s what is allowed", (_, key, fault) => {
    expect(sshKeyFault(key)).toBe(fault);
  });

  it("takes every Ed25519 key, and none that was cut short or lengthened anywhere", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(), (key, at) => {
        const line = keyLine("ssh-ed25519", key);
        expect(sshKeyFault(line)).toBeUndefined();
        const cut = "ssh-ed25519 ".length + (at % (line.length - "ssh-ed25519 ".length));
        expect(sshKeyFault(line.slice(0, cut))).toBeDefined();
        expect(sshKeyFault(`${line.slice(0, cut)}A${line.slice(cut)}`)).toBeDefined();
      }),
    );
  });

  it("takes no line break, control character or quotation of options, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (comment) => {
        const fault = sshKeyFault(`${ed25519(7)} ${comment}`);
        expect(fault === undefined).toBe(/^[!-~][ -~]*$/.test(comment));
        expect(sshKeyFault(`${comment}${ed25519(7)}`) === undefined).toBe(comment === "");
      }),
    );
  });

  it.each([
    ["ed25519", []],
    ["rsa", ["-b", "3072"]],
    ["ecdsa", ["-b", "384"]],
    ["ecdsa", ["-b", "521"]],
  ])("takes what ssh-keygen makes: %s %j", (type, size) => {
    const directory = mkdtempSync(join(tmpdir(), "phiward-key-"));
    try {
      const made = runSync(["ssh-keygen", "-q", "-t", type, ...size, "-N", "", "-C", "alice@laptop", "-f", join(directory, "key")]);
      expect(made.status).toBe(0);
      expect(sshKeyFault(readFileSync(join(directory, "key.pub"), "utf8").trimEnd())).toBeUndefined();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("isHostKey", () => {
  it.each([
    ["Ed25519", ed25519(1), true],
    ["Ed25519 with a comment", `${ed25519(1)} root@web`, false],
    ["Ed25519 of 33 bytes", keyLine("ssh-ed25519", new Uint8Array(33)), false],
    ["RSA, which a hardened server does not offer", keyLine("ssh-rsa", E, modulus(384)), false],
    ["ECDSA", keyLine("ecdsa-sha2-nistp384", "nistp384", point(48)), false],
    ["a line of known_hosts", `web ${ed25519(1)}`, false],
    ["a line break", `${ed25519(1)}\n`, false],
    ["a type alone", "ssh-ed25519", false],
  ])("says of %s whether it can be pinned", (_, key, can) => {
    expect(isHostKey(key)).toBe(can);
  });
});

describe("isAgeRecipient", () => {
  // Made by age-keygen; the private halves were thrown away.
  it.each([
    RECIPIENT,
    "age1jha5ng3y4uup827ul7s3kjx92ugvqnrsst7yudlzljwxhqsj3ulqg6xvey",
    "age10wr423zy88s9r58dxvdhc2aeg6smj6u5dv6zrpj066gg7csagg2qscxsft",
  ])("takes %s", (text) => {
    expect(isAgeRecipient(text)).toBe(true);
  });

  it("takes no recipient with any one letter changed, or with two neighbours swapped", () => {
    const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    for (let at = 4; at < RECIPIENT.length; at++) {
      for (const letter of letters)
        if (letter !== RECIPIENT[at]) expect(isAgeRecipient(RECIPIENT.slice(0, at) + letter + RECIPIENT.slice(at + 1))).toBe(false);
      const [one = "", two = ""] = RECIPIENT.slice(at, at + 2);
      if (one !== two && two !== "") expect(isAgeRecipient(RECIPIENT.slice(0, at) + two + one + RECIPIENT.slice(at + 2))).toBe(false);
    }
  });

  it.each([
    ["nothing", ""],
    ["a private key", `AGE-SECRET-KEY-1${"Q".repeat(58)}`],
    ["a plugin's recipient", "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt"],
    ["capitals", RECIPIENT.toUpperCase()],
    ["a comment", `${RECIPIENT} owner`],
    ["a line break", `${RECIPIENT}\n`],
    ["one letter less", RECIPIENT.slice(0, -1)],
    ["an ECDSA key, which age does not know", keyLine("ecdsa-sha2-nistp384", "nistp384", point(48))],
    ["a short RSA key", keyLine("ssh-rsa", E, modulus(256))],
  ])("does not take %s", (_, text) => {
    expect(isAgeRecipient(text)).toBe(false);
  });

  it.each([
    ["Ed25519", ed25519(7)],
    ["RSA", `${keyLine("ssh-rsa", E, modulus(384))} owner`],
  ])("takes an SSH key: %s", (_, text) => {
    expect(isAgeRecipient(text)).toBe(true);
  });
});
