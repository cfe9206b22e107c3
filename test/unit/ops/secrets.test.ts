import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../../ops/cli";
import { leftToPeople } from "../../../ops/commands/secretsRotate";
import { rotationOfAll, rotationOfOne } from "../../../ops/lib/secrets/rotations";
import { readStackFile } from "../../../ops/lib/stack";
import { smallest } from "../components/examples";
import { sections, stackWithSecrets } from "./lib/secrets/known";

const CONFIG = stackWithSecrets();

describe("a rotation", () => {
  it("of a database is of all of its logins, by the name of any of them or its own", () => {
    for (const name of ["db-api", "db-worker", "db"])
      expect(rotationOfOne(CONFIG, name)).toEqual({
        epochs: [{ place: { section: "services", service: "db" }, names: ["db-api", "db-worker"] }],
        brought: [],
        left: [],
      });
  });

  it("of all is of what hosts create, once each, and names what people have to see to", () => {
    const { epochs, brought, left } = rotationOfAll(CONFIG);
    expect(epochs.map(({ names }) => names.join(" "))).toEqual(["breakglass-password", "db-api db-worker", "cache-api", "api-session-key"]);
    expect(brought).toEqual([
      { name: "puller-token", users: ["docker"] },
      { name: "mail-key", users: ["api", "worker"] },
    ]);
    expect(left).toEqual(["api-files-key"]);
  });

  it("of one that is brought names the key of the file, and the command that sets it", () => {
    expect(leftToPeople(rotationOfOne(CONFIG, "mail-key"), "prod", "Pulumi.prod.yaml").join("\n")).toMatchSnapshot();
  });

  it("of a key is by its own name alone, and of what nobody rotates it is refused with the reason", () => {
    expect(rotationOfOne(CONFIG, "api-files-key").epochs).toHaveLength(1);
    expect(() => rotationOfOne(CONFIG, "backup")).toThrow("found backup, which nobody rotates: it opens every backup");
    expect(() => rotationOfOne(CONFIG, "cache-metrics")).toThrow("programs of the host");
    expect(() => rotationOfOne(CONFIG, "version-key")).toThrow("it opens nothing");
    expect(() => rotationOfOne(CONFIG, "nothing-like-it")).toThrow(/^NAME: found another name, allowed: breakglass-password, db-api/);
  });
});

describe("phiward secrets rotate", () => {
  let [before, directory] = ["", ""];
  beforeEach(() => {
    before = process.cwd();
    directory = mkdtempSync(join(tmpdir(), "phiward-rotate-"));
    process.chdir(directory);
    const { services, ...others } = sections();
    const rest = { ...others, secrets: undefined, registries: undefined };
    const without = JSON.parse(JSON.stringify(services), (key: string, value: unknown) =>
      key === "secrets" && Array.isArray(value) ? value.filter((entry: object) => !("from" in entry)) : value,
    ) as unknown;
    const keys = Object.entries({ ...smallest(), ...rest, services: without })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`phiward:${key}`, value] as const);
    writeFileSync("Pulumi.prod.yaml", `# Kept.\n${stringify({ config: Object.fromEntries(keys) })}`);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(directory, { recursive: true });
  });

  async function rotate(...words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    let said = "";
    for (const name of ["stdout", "stderr"] as const)
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        said += String(text);
        return true;
      });
    const code = await runCli(["secrets", "rotate", ...words]);
    vi.restoreAllMocks();
    return { code, said };
  }

  it("raises the epoch in the file, which is what the next deploy brings about, and says which line and what follows", async () => {
    const was = readFileSync("Pulumi.prod.yaml", "utf8");
    const { code, said } = await rotate("db", "--stack", "prod");
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(
        /^Pulumi\.prod\.yaml:\d+: services db: epoch 2 is 3 now; of db-api, db-worker\nnext: npx phiward up --stack prod: /,
      ),
    ]);
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).toBe(was.replace("epoch: 2", "epoch: 3"));
  });

  it("raises all of them with --all, in a file that is still allowed", async () => {
    const { code, said } = await rotate("--all");
    expect([code, said]).toEqual([0, expect.stringContaining("recovery: epoch 1 is 2 now")]);
    expect(said).toContain("api-files-key: left as it is");
    expect(readStackFile("Pulumi.prod.yaml")).toMatchObject({ recovery: { epoch: 2 }, services: [{ epoch: 3 }, { epoch: 2 }, {}, {}] });
    expect((await rotate("--all")).said).toContain("recovery: epoch 2 is 3 now");
  });

  it.each([[[]], [["db", "--all"]], [["nothing-like-it"]]])("says what is allowed in place of %j, and changes nothing", async (words) => {
    const was = readFileSync("Pulumi.prod.yaml", "utf8");
    expect(await rotate(...words)).toEqual({ code: 2, said: expect.stringMatching(/^NAME: found [^]*, allowed: /) as string });
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).toBe(was);
  });
});
