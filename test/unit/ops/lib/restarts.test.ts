/** Containers that end again and again are named while Pulumi waits for them. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { containersModel } from "../../../../components/containers/model";
import { restartMessages, watchingRestarts } from "../../../../ops/lib/restarts";
import { ed25519 } from "../../components/examples";
import { CONFIG } from "../../components/golden";

const NAME = containersModel(CONFIG).services[0]?.name ?? "";
const OBJECT = { kind: "Container" as const, id: "c1", name: NAME, status: "Restarting (127) 1 second ago" };
const ENDED = { ...OBJECT, ended: { restarts: 3, exitCode: 127 } };

describe("a container that ends again and again", () => {
  it("is named with its exit code and with what shows its logs to a person", () => {
    expect([...restartMessages(CONFIG, "web", [ENDED])]).toEqual([
      [
        NAME,
        {
          exitCode: 127,
          sentence: expect.stringMatching(
            /^web: notes-api-\w+ ended with exit code 127 and was started again 3 times; npx phiward logs notes-api --host web/,
          ) as string,
        },
      ],
    ]);
  });

  it("is named without an exit code where it ran at two looks, since nobody knows one then", () => {
    const runs = { ...OBJECT, ended: { restarts: 4, exitCode: null } };
    expect(restartMessages(CONFIG, "web", [runs]).size).toBe(0);
    expect(restartMessages(CONFIG, "web", [runs], new Set([NAME])).get(NAME)?.sentence).toMatch(/ ended and was started again 4 times; /);
  });

  it("is not named before, nor where nothing declares it", () => {
    expect(restartMessages(CONFIG, "web", [OBJECT, { ...ENDED, name: "notes-api-01234567" }]).size).toBe(0);
  });
});

describe("the watch of a deploy", () => {
  const HOSTS = [
    { name: "web", address: "203.0.113.10", hostKey: ed25519(1) },
    { name: "store", address: "203.0.113.11", hostKey: ed25519(3) },
  ];
  let home = "";
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "restarts-"));
    vi.stubEnv("PATH", `${home}:${String(process.env["PATH"])}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  /** Stands in for ssh(1): notes each address, reads the request, and answers with the lines. */
  function ssh(...lines: readonly string[]): void {
    const note = `for word; do case $word in 203.*) echo "$word" >>${home}/asked;; esac; done; cat >/dev/null`;
    writeFileSync(join(home, "ssh"), ["#!/bin/sh", note, ...lines, ""].join("\n"));
    chmodSync(join(home, "ssh"), 0o755);
  }
  const asked = (): readonly string[] => readFileSync(join(home, "asked"), "utf8").trim().split("\n");

  it("says each once, asks the hosts with services alone, and ends with the deploy, whose answer it gives", async () => {
    ssh(`echo '${JSON.stringify({ engine: "present", objects: [ENDED] })}'`);
    const said: string[] = [];
    const work = async (): Promise<number> => {
      await vi.waitUntil(() => said.length > 0, { timeout: 60_000 });
      const before = asked().length;
      await vi.waitUntil(() => asked().length > before + 1, { timeout: 60_000 });
      return 7;
    };
    expect(await watchingRestarts(CONFIG, HOSTS, {}, (line) => said.push(line), work, 20)).toBe(7);
    expect(said).toHaveLength(1);
    expect(new Set(asked())).toEqual(new Set(["203.0.113.10"]));
    const before = asked().length;
    await sleep(100);
    expect(asked()).toHaveLength(before);
  });

  it("says a container again once its exit code is known, and that once", async () => {
    const runs = { ...OBJECT, ended: { restarts: 4, exitCode: null } };
    const answer = (object: object): string => `echo '${JSON.stringify({ engine: "present", objects: [object] })}'`;
    ssh(`if test -e ${home}/ended; then ${answer(ENDED)}; else ${answer(runs)}; fi`);
    const said: string[] = [];
    const work = async (): Promise<void> => {
      await vi.waitUntil(() => said.length === 1, { timeout: 60_000 });
      writeFileSync(join(home, "ended"), "");
      await vi.waitUntil(() => said.length === 2, { timeout: 60_000 });
      rmSync(join(home, "ended"));
      const before = asked().length;
      await vi.waitUntil(() => asked().length > before + 2, { timeout: 60_000 });
    };
    await watchingRestarts(CONFIG, HOSTS, {}, (line) => said.push(line), work, 20);
    expect(said).toEqual([expect.stringContaining(`${NAME} ended and was`), expect.stringContaining(`${NAME} ended with exit code 127`)]);
  });

  it("is quiet about a host that does not answer, and leaves a failure of the deploy as it is", async () => {
    ssh("exit 255");
    const said: string[] = [];
    const work = async (): Promise<number> => {
      await vi.waitUntil(() => asked().length > 1, { timeout: 60_000, interval: 50 });
      throw new Error("refused");
    };
    writeFileSync(join(home, "asked"), "");
    await expect(watchingRestarts(CONFIG, HOSTS, {}, (line) => said.push(line), work, 20)).rejects.toThrow("refused");
    expect(said).toEqual([]);
  });
});
