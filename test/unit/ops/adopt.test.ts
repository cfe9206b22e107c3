import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../../ops/cli";
import { fingerprint } from "../../../ops/commands/adopt";
import { ed25519, smallest } from "../components/examples";

const HOSTS = { web: "203.0.113.10", store: "203.0.113.11" } as const;
const KEYS = { web: ed25519(11), store: ed25519(12) } as const;

let [directory, before, said] = ["", "", ""];
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-adopt-"));
  process.chdir(directory);
  said = "";
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said += String(text);
      return true;
    });
  const hosts = Object.entries(HOSTS).map(([name, address]) => ({
    ...{ kind: "existing", name, address },
    ...(name === "store" ? { role: "vault" } : {}),
  }));
  const stack = { ...smallest(), hosts, backup: { offsite: "store" }, alerts: { webhook: "https://alerts.example.org/x" } };
  const config = Object.fromEntries(Object.entries(stack).map(([key, value]) => [`phiward:${key}`, value]));
  writeFileSync("Pulumi.prod.yaml", stringify({ config }));
  // Two servers that are adopted already as far as SSH shows it.
  const keys = Object.entries(HOSTS).map(([name, address]) => `${address}) echo "${address} ${KEYS[name as keyof typeof KEYS]}";;`);
  writeFileSync("ssh-keyscan", `#!/bin/sh\nfor last; do :; done\ncase $last in ${keys.join(" ")} esac\n`, { mode: 0o755 });
  writeFileSync("ssh", "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}:${String(process.env["PATH"])}`);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

const adopted = (host: keyof typeof HOSTS): Promise<number> =>
  runCli(["adopt", "--stack", "prod", "--host", host, "--host-key", fingerprint(KEYS[host])]);

describe("two servers whose host keys are not in the file yet", () => {
  it("are adopted by two runs, each while the other is not pinned, and the first names the second", async () => {
    expect(await adopted("web")).toBe(0);
    expect(said).toContain("web: already adopted; next: npx phiward adopt --host store --stack prod");
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).toContain(KEYS.web);
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).not.toContain(KEYS.store);
    expect(await adopted("store")).toBe(0);
    expect(said).toContain("store: already adopted; next: npx phiward up --stack prod");
    for (const key of Object.values(KEYS)) expect(readFileSync("Pulumi.prod.yaml", "utf8")).toContain(key);
  });

  it("are not pinned to a key that nobody confirmed", async () => {
    const before = readFileSync("Pulumi.prod.yaml", "utf8");
    expect(await runCli(["adopt", "--stack", "prod", "--host", "web", "--host-key", fingerprint(KEYS.store)])).toBe(1);
    expect(said).toContain("web: nothing was changed. Compare it with the server's console");
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).toBe(before);
  });
});
