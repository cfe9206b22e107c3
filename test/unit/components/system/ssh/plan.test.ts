import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { textsOf } from "../../../../../components/plan/files";
import type { ConcernPlan } from "../../../../../components/plan/types";
import { ssh } from "../../../../../components/system/ssh/concern";
import { DROP_IN, sshPlan } from "../../../../../components/system/ssh/plan";
import { sshSettings } from "../../../../../components/system/ssh/settings";
import { configurations } from "../../configurations";
import { CONFIG, expectGolden } from "../../golden";

const plan = sshPlan(sshSettings(CONFIG));

/** The drop-in in each of its versions, newest OpenSSH first. */
function dropIns(of: ConcernPlan): readonly string[] {
  const content = of.files.find(({ path }) => path === DROP_IN)?.content;
  if (content?.kind !== "versioned") throw new Error(`the plan has no versioned ${DROP_IN}`);
  return textsOf(content);
}

function keywords(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => [line.split(" ")[0] ?? "", line.split(" ").slice(1).join(" ")]),
  );
}

describe("the SSH server's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, ssh);
  });

  it("sorts before every other drop-in", () => {
    expect([DROP_IN, "/etc/ssh/sshd_config.d/50-cloud-init.conf", "/etc/ssh/sshd_config.d/01-admin.conf"].sort()[0]).toBe(DROP_IN);
  });

  it("sets each keyword once, on one line, whatever the configuration", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        for (const text of dropIns(sshPlan(sshSettings(parseConfig(raw))))) {
          const lines = text.trimEnd().split("\n");
          for (const line of lines) expect(line).toMatch(/^[A-Za-z0-9]+ \S+( \S+)*$/);
          expect(keywords(text).size).toBe(lines.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("admits no root, no password, no user's own keys and no forwarding, on any version", () => {
    for (const text of dropIns(plan))
      expect(Object.fromEntries(keywords(text))).toMatchObject({
        PermitRootLogin: "no",
        PasswordAuthentication: "no",
        KbdInteractiveAuthentication: "no",
        AuthenticationMethods: "publickey",
        AuthorizedKeysFile: "/etc/ssh/authorized_keys.d/%u",
        AllowGroups: "phiward-ssh",
        DenyUsers: "breakglass",
        DisableForwarding: "yes",
        HostKey: "/etc/ssh/ssh_host_ed25519_key",
      });
  });

  it("uses no SHA-1, no CBC, no NIST P-256 and no plain Diffie-Hellman, on any version", () => {
    for (const text of dropIns(plan))
      for (const keyword of ["KexAlgorithms", "Ciphers", "MACs", "HostKeyAlgorithms", "PubkeyAcceptedAlgorithms"])
        for (const name of keywords(text).get(keyword)?.split(",") ?? ["none"])
          expect(name, keyword).not.toMatch(/sha1|-cbc|md5|diffie-hellman|^ecdsa-sha2-nistp256|^ecdh-|^ssh-rsa$|^ssh-dss$|^none$/);
  });

  it("has a post-quantum key exchange wherever the version is known, newest first", () => {
    const [newest = "", ...older] = dropIns(plan).map((text) => keywords(text).get("KexAlgorithms") ?? "");
    expect(newest).toMatch(/^mlkem768x25519-sha256,/);
    expect(older).toEqual(["sntrup761x25519-sha512@openssh.com", "curve25519-sha256,curve25519-sha256@libssh.org"]);
  });

  it("closes a silent connection after the configured time and never later", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 900 }), (idleSeconds) => {
        const { clientAliveInterval, clientAliveCountMax } = sshSettings({ ...CONFIG, ssh: { ...CONFIG.ssh, idleSeconds } });
        expect(clientAliveInterval * clientAliveCountMax).toBeLessThanOrEqual(idleSeconds);
        expect(clientAliveInterval * clientAliveCountMax).toBeGreaterThanOrEqual(idleSeconds - 1);
        expect(clientAliveInterval).toBeGreaterThan(0);
      }),
    );
  });

  it("spares the admin networks, and only them, from OpenSSH's penalties", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        for (const text of dropIns(sshPlan(sshSettings(config))))
          expect(keywords(text).get("PerSourcePenaltyExemptList")?.split(",")).toEqual(config.adminNetworks);
      }),
      { numRuns: 50 },
    );
  });

  it("asks the server for what it wrote: every claim about a keyword is a line of the drop-in", () => {
    const written = new Set(dropIns(plan)[0]?.toLowerCase().split("\n"));
    const defaults = new Set(["permitemptypasswords no"]);
    for (const { id, argv, expect: answer } of plan.checks)
      if (argv[1] === "-T" && answer.kind === "lines")
        for (const line of answer.lines) expect(written.has(line.toLowerCase()) || defaults.has(line), `${id}: ${line}`).toBe(true);
  });
});
