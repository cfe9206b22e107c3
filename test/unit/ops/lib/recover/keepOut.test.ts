import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { keepOut, leftOfKeepOut, warnOfLocked } from "../../../../../ops/lib/recover/keepOut";
import { deployTarget, overSsh } from "../../../../../ops/lib/ssh";
import { ed25519, smallest } from "../../../components/examples";

const HOSTS = { web: "203.0.113.10", store: "203.0.113.11", api: "203.0.113.12" } as const;
const BOB = ed25519(5);

let [directory, before] = ["", ""];
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-keep-out-"));
  process.chdir(directory);
  const hosts = Object.entries(HOSTS).map(([name, address], index) => ({
    ...{ kind: "existing", name, address, hostKey: ed25519(20 + index) },
    ...(name === "store" ? { role: "vault" } : {}),
  }));
  const people = [
    { name: "alice", keys: [ed25519(2)], sudo: true },
    { name: "bob", keys: [BOB], sudo: true },
  ];
  const stack = { ...smallest(), people, hosts, backup: { offsite: "store" }, alerts: { webhook: "https://alerts.example.org/x" } };
  writeFileSync(
    "Pulumi.prod.yaml",
    stringify({ config: Object.fromEntries(Object.entries(stack).map(([key, of]) => [`phiward:${key}`, of])) }),
  );
  vi.stubEnv("PATH", `${directory}:${String(process.env["PATH"])}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

/** Stands in for ssh(1): each host's lines, by its name; what web is asked for is kept. */
function ssh(lines: Readonly<Partial<Record<keyof typeof HOSTS, string>>>): void {
  const cases = Object.entries(lines).map(([name, line]) => `"${HOSTS[name as keyof typeof HOSTS]} "*) ${line};;`);
  const keep = `case $before in ${HOSTS.web}) printf '%s %s\\n' "$who" "$last" >>commands; cat >asked; cat asked >>requests; echo >>requests;; *) cat >/dev/null;; esac`;
  const words = `last=; before=; who=; for word; do [ "$last" = -l ] && who=$word; before=$last; last=$word; done`;
  writeFileSync("ssh", `#!/bin/sh\n${words}\n${keep}\ncase "$before $last" in\n${cases.join("\n")}\nesac\n`, { mode: 0o755 });
}

function says(people: object, networks: object = {}): string {
  return `echo '${JSON.stringify({ keptOut: { people, keys: {}, networks } })}'`;
}

const ENTRY = { since: 1_796_000_000, who: "alice", why: "stolen", until: 0, keys: [BOB] };
const DONE = `echo '{"seconds":1,"kept":[],"notDone":[]}'`;
const REFUSES = `case $(cat asked) in *198.51.100*) echo 'phiward: block: found 198.51.100.7/32, which has a network of administrators' >&2; exit 1;; esac; ${DONE}`;
const step = (person = "alice"): Promise<string> => keepOut({ stack: "prod" }, "web", person);
const asked = (): readonly unknown[] =>
  readFileSync("requests", "utf8")
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

describe("a server that takes a host's place", () => {
  it("is asked as the person for what the vault keeps out, and says what it refuses, and what another host alone keeps out", async () => {
    ssh({
      web: REFUSES,
      store: says({ bob: ENTRY }, { "192.0.2.0/24": ENTRY, "198.51.100.7/32": ENTRY }),
      api: says({ bob: ENTRY, alice: ENTRY }, { "203.0.113.77/32": ENTRY }),
    });
    const said = await step();
    expect(said.split("\n")).toEqual([
      "bob is locked, as at store since 2026-11-30T00:53:20Z",
      "192.0.2.0/24 is blocked, as at store since 2026-11-30T00:53:20Z",
      "! not so: 198.51.100.7/32 is blocked, as at store since 2026-11-30T00:53:20Z: web: block: found 198.51.100.7/32, which has a network of administrators",
      "! alice is locked, as at api since 2026-11-30T00:53:20Z, and not at the vault: if it is to be so here, npx phiward lock alice --host web",
      "! 203.0.113.77/32 is blocked, as at api since 2026-11-30T00:53:20Z, and not at the vault: if it is to be so here, npx phiward block 203.0.113.77/32 --host web",
    ]);
    const why = (host: string): string => `recovered: kept out at ${host} since 2026-11-30T00:53:20Z by alice: stolen`;
    expect(asked()).toEqual([
      { what: "bob", why: why("store") },
      { what: "192.0.2.0/24", why: why("store") },
      { what: "198.51.100.7/32", why: why("store") },
    ]);
    const commands = readFileSync("commands", "utf8").trim().split("\n");
    expect(commands.map((line) => line.replace(/ exec .* isolation /, " "))).toEqual(["alice lock", "alice block", "alice block"]);
    expect(leftOfKeepOut("web", said)).toEqual([
      expect.stringMatching(/^- not so: 198\.51\.100\.7\/32 is blocked, .* which has a network of administrators$/),
      expect.stringMatching(/^- alice is locked, as at api .* npx phiward lock alice --host web$/),
      expect.stringMatching(/^- 203\.0\.113\.77\/32 is blocked, as at api .* npx phiward block 203\.0\.113\.77\/32 --host web$/),
      expect.stringMatching(/^- .* at the vault is so here too\. .*npx phiward lock PERSON --host web, revoke KEY or block ADDRESS$/),
    ]);
    expect(await step()).toBe(said);
    expect(await warnOfLocked({ stack: "prod" })).toEqual([expect.stringMatching(/^bob is locked at store, /)]);
  });

  it("is never asked whom it keeps out itself, and nothing is to be done where the others keep nobody out", async () => {
    ssh({ web: "exit 255", store: says({}), api: says({}) });
    expect(await step()).toBe("nobody and nothing is kept out at store, api");
  });

  it("goes on without a host that does not say it, and names that; without the vault it does not", async () => {
    ssh({ web: DONE, store: says({ bob: ENTRY }), api: "echo 'no route' >&2; exit 255" });
    const [locked, silent, ...more] = (await step()).split("\n");
    expect([locked, more]).toEqual(["bob is locked, as at store since 2026-11-30T00:53:20Z", []]);
    expect(silent).toMatch(/^! api: it does not say whom and what it keeps out: 203\.0\.113\.12: no route/);
    ssh({ web: DONE, store: `echo '{"keptOut":null}'`, api: says({}) });
    await expect(step()).rejects.toThrow(
      "store: it does not say whom and what it keeps out: its record of that cannot be read; the same command",
    );
  });

  it("waits for no host that hangs", async () => {
    ssh({ api: "exec sleep 60" });
    const target = deployTarget({ address: HOSTS.api, hostKey: ed25519(22) });
    const began = performance.now();
    expect(await overSsh(target, "true", "", { retries: 1, mostSeconds: 0.3 })).toMatchObject({ code: 255, stdout: "" });
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it("stops where it does not answer, so that the step is done again", async () => {
    ssh({ web: "echo cut >&2; exit 255", store: says({ bob: ENTRY }), api: says({}) });
    await expect(step()).rejects.toThrow(/^web: cut$/);
  });

  it("says what a lock could not end, and takes no person who is locked at the vault for the one who does it", async () => {
    ssh({
      web: `echo '{"seconds":1,"kept":[],"notDone":["api: the job failed"]}'`,
      store: says({ bob: ENTRY }),
      api: says({}),
    });
    expect(await step()).toMatch(/^! web: bob is locked, .*, but api: the job failed$/m);
    await expect(step("bob")).rejects.toThrow("--as: found bob, who is locked at store, allowed: another person with sudo");
  });
});
