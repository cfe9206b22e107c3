import { describe, expect, it } from "vitest";
import { backupSettings } from "../../../../../components/backup/backup/settings";
import { phi } from "../../../../../components/backup/phi/concern";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { retirePlan } from "../../../../../components/containers/retire/plan";
import { retireSettings } from "../../../../../components/containers/retire/settings";
import { fixedSecrets } from "../../../../../components/containers/secrets/fixedSecrets";
import { secretsPlan } from "../../../../../components/containers/secrets/plan";
import { secretsSettings } from "../../../../../components/containers/secrets/settings";
import { hostPlans } from "../../../../../components/registry";
import type { HostHolds } from "../../../../../ops/lib/secrets/held";
import { knownSecrets } from "../../../../../ops/lib/secrets/known";
import { standings } from "../../../../../ops/lib/secrets/report";
import { changed, complete, faultsOf, RECIPIENT } from "../../examples";
import { expectGolden } from "../../golden";

const DECLARED = { databases: [{ service: "notes-api" }], epoch: 2 };
const raw = (phiSection: unknown, more: Readonly<Record<string, unknown>> = {}): unknown =>
  changed(complete(), { phi: phiSection, ...more });
const CONFIG = parseConfig(raw(DECLARED));
const MODEL = stackModel(CONFIG);
const NOW = Date.parse("2026-11-01T00:00:00Z") / 1000;

describe("the plan of patients' columns", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, phi, CONFIG);
  });

  it("comes before the services, after the accounts, and on no other host", () => {
    const units = hostPlans(CONFIG, "web").map(({ unit }) => unit);
    expect(units.indexOf("phi")).toBe(units.indexOf("accounts") + 1);
    expect(hostPlans(CONFIG, "store").map(({ unit }) => unit)).not.toContain("phi");
    expect(hostPlans(parseConfig(complete()), "web").map(({ unit }) => unit)).not.toContain("phi");
  });
});

describe("the master keys of patients' columns", () => {
  const settings = secretsSettings(MODEL);

  it("are one for each epoch, escrowed, and read by the database server alone", () => {
    const masters = settings.secrets.filter(({ id }) => id.startsWith("phi-master-"));
    const unused = (epoch: string): readonly string[] => [
      "/usr/bin/python3",
      "-I",
      "/usr/local/lib/phiward/phiward.pyz",
      "phi",
      "unused",
      epoch,
    ];
    expect(masters).toEqual(
      ["1", "2"].map((epoch) => ({ id: `phi-master-${epoch}`, epoch: 1, recipients: [RECIPIENT], newIf: unused(epoch) })),
    );
    const files = secretsPlan(settings).files.filter(({ path }) => path.includes("phi-master"));
    expect(files.map(({ path, mode }) => `${path} ${mode}`)).toEqual([
      "/var/lib/phiward/services/db/secrets/phi-master-1.1 0400",
      "/var/lib/phiward/services/db/secrets/phi-master-2.1 0400",
    ]);
    const [database] = MODEL.containers.databases.filter(({ name }) => name === "db");
    expect(new Set(files.map(({ owner }) => owner))).toEqual(new Set([database?.user]));
    expect(database?.bindMounts.map(({ target }) => target)).toEqual(
      expect.arrayContaining(["/run/secrets/phi-master-1", "/run/secrets/phi-master-2"]),
    );
  });

  it("stand behind what an error of PostgreSQL shows of a line", () => {
    const templates = secretsPlan(settings).files.flatMap(({ content }) =>
      content.kind === "kept" && content.kept.id.startsWith("phi-master-") ? [content.kept.template] : [],
    );
    expect(templates.map((template) => template.indexOf("{}"))).toEqual([128, 128]);
  });

  it("go up to an epoch when no row needs them, by what the host counts before its server is started again", () => {
    const retired = stackModel(parseConfig(raw({ ...DECLARED, retired: 1 })));
    const plan = secretsPlan(secretsSettings(retired));
    expect(plan.kept.map(({ id }) => id).filter((id) => id.startsWith("phi-master-"))).toEqual(["phi-master-2"]);
    expect(plan.files.map(({ path }) => path).filter((path) => path.includes("phi-master"))).toEqual([
      "/var/lib/phiward/services/db/secrets/phi-master-2.1",
    ]);
    expect(plan.steps.map(({ argv, phase }) => `${argv.slice(-3).join(" ")} ${phase}`)).toEqual(["phi retirable 1 before"]);
    const { directories, checks } = retirePlan(retireSettings(retired));
    const keeps = (path: string) => directories.find((directory) => directory.path === path)?.exclusive?.keep;
    expect(keeps("/var/lib/phiward/secrets")).toEqual(expect.arrayContaining(["phi-master-2.*", "phi-master-99.*"]));
    expect(keeps("/var/lib/phiward/secrets")).not.toContain("phi-master-1.*");
    // No other key is ever made by their names.
    expect(keeps("/var/lib/phiward/fingerprints")).toContain("phi-master-*.sha256");
    expect(keeps("/var/lib/phiward/escrow")).toContain("phi-master-*.json");
    expect(checks.find(({ id }) => id === "secrets-current-epoch-only")?.argv).not.toContain("phi-master-1.*");
  });

  it("are due after a year as any key that is escrowed, and become others by phi.epoch", () => {
    const masters = knownSecrets(CONFIG).filter(({ name }) => name.startsWith("phi-master-"));
    expect(masters.map(({ kind, rotation }) => [kind, rotation])).toEqual(
      masters.map(() => ["key", { by: "epoch", place: { section: "phi" } }]),
    );
    expect(fixedSecrets(CONFIG).filter((id) => id.startsWith("phi"))).toEqual([]);
    const years = {
      host: "web",
      now: NOW,
      held: [{ kind: "key", name: "phi-master-1", epoch: 1, at: NOW - 400 * 86_400, escrowed: true }],
    };
    const found = standings("prod", CONFIG, [years as HostHolds], new Date(NOW * 1000).toISOString().slice(0, 10));
    expect(found.secrets.find(({ name }) => name === "phi-master-1")).toMatchObject({ overdue: true, rotation: "epoch" });
  });

  it("are in no backup", () => {
    expect(JSON.stringify(backupSettings(MODEL, "web"))).not.toContain("phi-master");
  });

  it("stay where they are no longer declared, and where no service is", () => {
    const { directories } = retirePlan(retireSettings(stackModel(parseConfig(complete()))));
    const kept = directories.find(({ path }) => path === "/var/lib/phiward/secrets")?.exclusive?.keep;
    expect(kept).toContain("phi-master-*");
  });
});

describe("patients' columns", () => {
  it.each([
    [
      "a service that there is not",
      { databases: [{ service: "other" }] },
      {},
      "phi.databases.0.service: found text of 5 characters, allowed: a service of kind container that uses a PostgreSQL",
    ],
    [
      "a service without a PostgreSQL",
      DECLARED,
      { "services.2.uses": ["cache"], removed: [] },
      "allowed: a service of kind container that uses a PostgreSQL",
    ],
    ["a service twice", { databases: [{ service: "notes-api" }, { service: "notes-api" }] }, {}, "allowed: must be unique"],
    ["a key that is written with and gone", { ...DECLARED, retired: 2 }, {}, "phi.retired: found 2, allowed: a number below phi.epoch"],
    ["no database", { databases: [] }, {}, "allowed: a list of at least one database"],
    ["pgcrypto of the service", DECLARED, { "services.2.extensions": ["pgcrypto"] }, "allowed: none of pgcrypto beside patients' columns"],
  ])("are refused of %s", (_, section, more, fault) => {
    expect(faultsOf(raw(section, more)).join("\n")).toContain(fault);
  });

  it("give a service that only writes no right to read", () => {
    const model = stackModel(parseConfig(raw({ databases: [{ service: "notes-api", access: "write" }] })));
    const planned = phi.planned(model, model.config.hosts[0] ?? CONFIG.hosts[0] ?? raise());
    expect(planned?.settings).toMatchObject({ databases: [{ container: "db", readers: [], writers: ["notes-api"] }], epoch: 1 });
  });
});

function raise(): never {
  throw new Error("the example has no host");
}
