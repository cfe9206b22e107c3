import { existsSync, readdirSync, readFileSync } from "node:fs";
import { vi } from "vitest";
import { outputOf } from "../../../../ops/lib/process";
import { cgroupTrees } from "../../../../sandbox/machines/machine";

/** Everything on this machine that a sandbox could leave behind, one line each. */
export function machineTraces(): readonly string[] {
  const lines = (kind: string, text: string): string[] =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `${kind} ${line}`);
  const names = (kind: string, directory: string): string[] =>
    existsSync(directory) ? readdirSync(directory).map((name) => `${kind} ${directory}/${name}`) : [];
  const links = outputOf(["ip", "-o", "link", "show"]).replace(/^\d+: ([^:@]+).*$/gm, "$1");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").replace(/^.*? \S+ \S+ \S+ (\S+) .*$/gm, "$1");
  return [
    ...lines("link", links),
    ...names("netns", "/run/netns"),
    ...lines("mount", mounts),
    ...lines("nft", outputOf(["nft", "list", "tables"])),
    ...cgroupTrees().flatMap((tree) => names("cgroup", tree).filter((line) => line.includes("phiward"))),
    ...names("propagate", "/run/systemd/nspawn/propagate"),
    ...names("tmp", "/tmp").filter((line) => line.includes("nspawn")),
    ...processes(),
    // Last, so that a number someone else has just taken is never seen without its claim.
    ...claims(),
  ];
}

/** A sandbox, as far as its traces are concerned. */
export interface Traced {
  readonly id: string;
  readonly number: number;
}

/**
 * Returns what is in the second list and not in the first, leaving out what carries the number or the directory of another
 * sandbox: other tests, and people, make theirs on this machine at the same time, and may take a number just given back.
 */
export function newTraces(before: readonly string[], after: readonly string[], { id, number }: Traced): readonly string[] {
  const known = new Set(before);
  const claimed = after.filter((line) => line.startsWith("claim ") && line.includes(".json"));
  const passedOn = claimed.some((line) => line.includes(`/${String(number)}.json`) && !line.endsWith(`/${id}`));
  return after.filter((line) => {
    const numbered = /(?:\bphw|\bphiward-?|\/run\/phiward\/)(\d+)/.exec(line)?.[1];
    const named = /\/sandboxes\/([^/]+)/.exec(line)?.[1] ?? id;
    const shared = claimed.length > 0 && line.endsWith("/ip_forward");
    const ours = numbered === undefined || (Number(numbered) === number && !passedOn);
    return !known.has(line) && ours && named === id && !shared;
  });
}

/** Resolves with a sandbox's traces, to be found from the moment on when its making begins. */
export function findTraced(id: string): Promise<Traced> {
  return vi.waitUntil(
    () => {
      for (const name of existsSync("/run/phiward") ? readdirSync("/run/phiward") : []) {
        const number = Number(/^(\d+)\.json$/.exec(name)?.[1]);
        if (number > 0 && readOrNothing(`/run/phiward/${name}`).includes(`/${id}"`)) return { id, number };
      }
      return undefined;
    },
    { timeout: 60_000, interval: 5 },
  );
}

/** The numbers that are taken, each with the directory it is taken for. */
function claims(): readonly string[] {
  const registry = "/run/phiward";
  const files = existsSync(registry) ? readdirSync(registry) : [];
  return files.map((name) => {
    const dir = /"dir":"([^"]*)"/.exec(readOrNothing(`${registry}/${name}`))?.[1] ?? "";
    return `claim ${registry}/${name} ${dir}`.trim();
  });
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It went between the look and the read.
    return "";
  }
}

/** The processes that a sandbox consists of, or that work in its directory: those of others say so by their machine's name. */
function processes(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const group = /phiward-\d+-[^/\n]*/.exec(readOrNothing(`/proc/${pid}/cgroup`))?.[0];
      return group === undefined ? [] : [`process ${pid} ${readOrNothing(`/proc/${pid}/comm`).trim()} in ${group}`];
    });
}
