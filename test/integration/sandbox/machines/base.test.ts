import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findDebianArchive } from "../../../../sandbox/machines/archive";
import { ensureBase } from "../../../../sandbox/machines/base";
import { sandboxObstacle } from "../../../../sandbox/machines/machine";
import { ensurePackages } from "../../../../sandbox/machines/packages";
import { run } from "../../../../sandbox/machines/run";

const obstacle = sandboxObstacle();

describe.skipIf(obstacle !== undefined)(`the base root file system ${obstacle ?? ""}`, () => {
  let cache: string;

  beforeEach(async () => {
    await ensurePackages(() => undefined);
    cache = mkdtempSync(join(tmpdir(), "phiward-base-"));
    vi.stubEnv("PHIWARD_CACHE", cache);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await run(["rm", "-rf", "--one-file-system", cache]);
  });

  it("is built once for two that need it at the same time, in place of what old recipes and killed builds left", async () => {
    const old = join(cache, "base", "0123456789abcdef");
    const recent = join(cache, "base", "fedcba9876543210");
    for (const directory of [`${old}.unfinished`, old, recent]) mkdirSync(join(directory, "etc"), { recursive: true });
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(old, hoursAgo, hoursAgo);

    const said: string[] = [];
    const progress = (line: string): void => {
      said.push(line);
    };
    const [one, other] = await Promise.all([ensureBase(progress), ensureBase(progress)]);
    expect(one).toBe(other);
    expect(said.filter((line) => line.startsWith("base: built in"))).toHaveLength(1);
    expect(said).toContain("base: another process is building it, waiting");
    expect(readdirSync(join(cache, "base")).sort()).toEqual([one, recent].map((path) => path.slice(-16)).sort());

    said.length = 0;
    expect(await ensureBase(progress)).toBe(one);
    expect(said).toEqual([]);

    expect(readFileSync(join(one, "etc/os-release"), "utf8")).toContain("VERSION_CODENAME=trixie");
    expect(readFileSync(join(one, "etc/machine-id"), "utf8")).toBe("");
    expect(readdirSync(join(one, "etc/ssh")).filter((name) => name.startsWith("ssh_host_"))).toEqual([]);
    expect(readdirSync(join(one, "etc/apt/sources.list.d"))).toEqual(["debian.sources"]);
    expect(readdirSync(join(one, "var/lib/apt/lists")).some((name) => name.endsWith("_Packages"))).toBe(true);
    expect(existsSync(join(one, "etc/apt/apt.conf.d/99mmdebstrap"))).toBe(false);
    expect(statSync(one).mode & 0o777).toBe(0o755);
  });

  it("leaves nothing when its building is aborted while packages are installed", async () => {
    const controller = new AbortController();
    const progress = (line: string): void => {
      // Not at once: by then the phase's own programs are at work.
      if (!line.includes("installing essential packages")) return;
      setTimeout(() => {
        controller.abort(new Error("enough"));
      }, 300);
    };
    await expect(ensureBase(progress, controller.signal)).rejects.toThrow("enough");
    expect(readdirSync(join(cache, "base"))).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(cache);
    expect(processesIn(cache)).toEqual([]);
  });

  it("says in one line why it cannot be built", async () => {
    vi.stubEnv("PHIWARD_DEBIAN_ARCHIVE", "http://127.0.0.1:9/debian");
    const failure: unknown = await ensureBase(() => undefined).catch((error: unknown) => error);
    expect(String(failure)).toMatch(
      /^SandboxFailed: the base root file system could not be built: Failed to fetch http:\/\/127\.0\.0\.1:9\/[^\n]+$/,
    );
    expect(readdirSync(join(cache, "base"))).toEqual([]);
  });

  it("comes from this machine's own Debian archive, unless another one is named", async () => {
    const archive = await findDebianArchive();
    expect(archive.main).toMatch(/^https?:\/\/.+\/debian$/);
    vi.stubEnv("PHIWARD_DEBIAN_ARCHIVE", "https://mirror.example/debian/");
    expect(await findDebianArchive()).toEqual({
      main: "https://mirror.example/debian",
      security: "https://mirror.example/debian-security",
    });
  });
});

/** Returns the processes whose root, working directory or command line is below a directory. */
function processesIn(directory: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const links = ["root", "cwd"].map((name) => readlinkSync(`/proc/${pid}/${name}`));
      return [...links, readFileSync(`/proc/${pid}/cmdline`, "utf8")].some((text) => text.includes(directory));
    } catch {
      return false;
    }
  });
}
