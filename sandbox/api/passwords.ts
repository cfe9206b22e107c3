import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

// OWASP's password storage cheat sheet: of its equal choices, the one with 16 MiB each, which a small container bears.
const COST = { N: 16_384, r: 8, p: 5 };
const LENGTH = 32;

/** Returns a password's scrypt hash (RFC 7914) with its salt, as stored in the table of users. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString("base64")}:${(await derive(password, salt)).toString("base64")}`;
}

/** Returns whether a password is the one of this hash; without a hash it works as long and says no, so that nobody learns who has an account. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [salt = "", hash = ""] = (stored ?? "").split(":");
  const expected = Buffer.from(hash, "base64");
  const derived = await derive(password, Buffer.from(salt, "base64"));
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, LENGTH, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
