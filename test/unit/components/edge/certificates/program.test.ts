/** The program that makes certificates, run here in a directory of its own. */
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outputOf, runSync, start } from "../../../../../ops/lib/process";

// From the source tree, as isolated as on a host.
const PACKAGE = join(__dirname, "../../../../../components/host");
const START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from phiward_host.__main__ import main; sys.exit(main(sys.argv[1:]))";
const PROGRAM = ["-I", "-c", START, PACKAGE, "certificates"];
const SITE = { site: "api.example.org", names: ["api.example.org", "b.example.org"], key: "ecdsa-p384", days: 90, renewBeforeDays: 30 };

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "certificates-"));
  mkdirSync(join(home, "tls"), { mode: 0o700 });
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function declare(changes: object = {}): void {
  const config = { directory: join(home, "tls"), server: "no-such-server.service", sites: [{ ...SITE, ...changes }] };
  writeFileSync(join(home, "config.json"), JSON.stringify(config));
}

function program(verb: string): { status: number | null; stdout: string } {
  return runSync(["python3", ...PROGRAM, verb, join(home, "config.json")]);
}

function certificate(): X509Certificate {
  return new X509Certificate(readFileSync(join(home, "tls", SITE.site, "certificate.pem")));
}

function publicKey(): string {
  return outputOf(["openssl", "pkey", "-in", join(home, "tls", SITE.site, "key.pem"), "-pubout"]);
}

describe("the certificate program", () => {
  it.for([
    ["ecdsa-p384", "secp384r1"],
    ["rsa-4096", "4096"],
  ] as const)("makes a key of kind %s and a certificate for a server of all names", ([key, found]) => {
    declare({ key });
    expect(program("check")).toMatchObject({ status: 1, stdout: "api.example.org: missing\n" });
    expect(program("renew").status).toBe(0);
    expect(program("check").status).toBe(0);
    const made = certificate();
    expect(made.subjectAltName).toBe("DNS:api.example.org, DNS:b.example.org");
    expect([made.ca, made.keyUsage]).toEqual([false, ["1.3.6.1.5.5.7.3.1"]]);
    expect(made.verify(made.publicKey)).toBe(true);
    const days = (Date.parse(made.validTo) - Date.parse(made.validFrom)) / 86_400_000;
    expect(days).toBeCloseTo(90);
    const { namedCurve, modulusLength } = made.publicKey.asymmetricKeyDetails ?? {};
    expect(namedCurve ?? String(modulusLength)).toBe(found);
    expect(made.publicKey.export({ type: "spki", format: "pem" })).toBe(publicKey());
    expect(statSync(join(home, "tls", SITE.site, "key.pem")).mode & 0o777).toBe(0o600);
  });

  it("does nothing where all is as declared", () => {
    declare();
    program("renew");
    const before = certificate().fingerprint256;
    expect(program("renew")).toMatchObject({ status: 0, stdout: "" });
    expect(certificate().fingerprint256).toBe(before);
  });

  it.for([
    ["other names", { names: ["api.example.org"] }, "its names differ from the declared ones"],
    ["another kind of key", { key: "rsa-4096" }, "key type is not rsa-4096"],
    ["a shorter life", { days: 40 }, "it is valid for longer than declared"],
    ["an end that is near", { days: 200, renewBeforeDays: 100 }, "expires soon"],
  ] as const)("makes a new pair for %s", ([, changes, why]) => {
    declare();
    program("renew");
    const before = publicKey();
    declare(changes);
    expect(program("check").stdout).toBe(`api.example.org: ${why}\n`);
    expect(program("renew").stdout).toContain(why);
    expect(publicKey()).not.toBe(before);
  });

  it("makes a new pair where somebody replaced the key, or opened it to others", () => {
    declare();
    program("renew");
    const key = join(home, "tls", SITE.site, "key.pem");
    outputOf(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", key]);
    expect(program("check").stdout).toContain("do not match");
    program("renew");
    chmodSync(key, 0o640);
    expect(program("check").stdout).toContain("its key must be owned by root and have mode 0600");
    program("renew");
    expect(program("check").status).toBe(0);
  });

  it("leaves a pair that matches whenever it is killed", async () => {
    declare();
    program("renew");
    for (let milliseconds = 20; milliseconds < 320; milliseconds += 15) {
      const days = 90 + milliseconds;
      declare({ days, renewBeforeDays: days - 1, names: [SITE.site, `n${String(milliseconds)}.example.org`] });
      const child = start(["python3", ...PROGRAM, "renew", join(home, "config.json")], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill("SIGKILL");
      await ended;
      expect(certificate().publicKey.export({ type: "spki", format: "pem" }), `killed after ${String(milliseconds)} ms`).toBe(publicKey());
    }
    declare();
    expect(program("renew").status).toBe(0);
    expect(program("check").status).toBe(0);
    expect(readdirSync(join(home, "tls")).filter((name) => name.endsWith(".link"))).toEqual([]);
  });

  it("refuses a directory in the place of its link, and what it was not asked", () => {
    declare();
    mkdirSync(join(home, "tls", SITE.site));
    expect(program("renew").status).toBe(1);
    expect(program("remove").status).toBe(2);
  });
});
