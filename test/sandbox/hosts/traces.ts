import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { vi } from "vitest";
import { cgroupTrees } from "../../../sandbox/hosts/machine";

/** Everything on this machine that a sandbox could leave behind, one line each. */
export function machineTraces(): readonly string[] {
  const lines = (kind: string, text: string): string[] =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `${kind} ${line}`);
  const names = (kind: string, directory: string): string[] =>
    existsSync(directory) ? readdirSync(directory).map((name) => `${kind} ${directory}/${name}`) : [];
  const links = execFileSync("ip", ["-o", "link", "show"], { encoding: "utf8" }).replace(/^\d+: ([^:@]+).*$/gm, "$1");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").replace(/^.*? \S+ \S+ \S+ (\S+) .*$/gm, "$1");
  return [
    ...lines("link", links),
    ...names("netns", "/run/netns"),
    ...lines("mount", mounts),
    ...lines("nft", execFileSync("nft", ["list", "tables"], { encoding: "utf8" })),
    ...cgroupTrees().flatMap((tree) => names("cgroup", tree).filter((line) => line.includes("phiward"))),
    ...names("propagate", "/run/systemd/nspawn/propagate"),
    ...names("tmp", "/tmp").filter((line) => line.includes("nspawn")),
    ...names("claim", "/run/phiward"),
    ...processes(),
  ];
}

/** A sandbox, as far as its traces are concerned. */
export interface Traced {
  readonly id: string;
  readonly number: number;
}

/**
 * Returns what is in the second list and not in the first, leaving out what carries the number or the directory of another
 * sandbox: other tests, and people, make theirs on this machine at the same time.
 */
export function newTraces(before: readonly string[], after: readonly string[], { id, number }: Traced): readonly string[] {
  const known = new Set(before);
  const inUse = after.some((line) => line.endsWith(".json"));
  return after.filter((line) => {
    const numbered = /(?:\bphw|\bphiward-?|\/run\/phiward\/)(\d+)/.exec(line)?.[1] ?? String(number);
    const named = /\/sandboxes\/([^/]+)/.exec(line)?.[1] ?? id;
    const shared = inUse && line.endsWith("/ip_forward");
    return !known.has(line) && Number(numbered) === number && named === id && !shared;
  });
}

/** Resolves with a sandbox's traces, to be found from the moment on when its making begins. */
export function findTraced(id: string): Promise<Traced> {
  return vi.waitUntil(
    () => {
      for (const name of existsSync("/run/phiward") ? readdirSync("/run/phiward") : []) {
        const number = Number(/^(\d+)\.json$/.exec(name)?.[1]);
        if (number > 0 && readFileSync(`/run/phiward/${name}`, "utf8").includes(`/${id}"`)) return { id, number };
      }
      return undefined;
    },
    { timeout: 20_000, interval: 5 },
  );
}

/** The processes that a sandbox consists of, or that work in its directory: those of others say so by their machine's name. */
function processes(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const group = /phiward-\d+-[^/\n]*/.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[0];
        const command = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return group === undefined ? [] : [`process ${pid} ${command} in ${group}`];
      } catch {
        return [];
      }
    });
}
