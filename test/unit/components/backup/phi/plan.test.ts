import { describe, expect, it } from "vitest";
import { backupSettings } from "../../../../../components/backup/backup/settings";
import { phi } from "../../../../../components/backup/phi/concern";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { retirePlan } from "../../../../../components/containers/retire/plan";
import { retireSettings } from "../../../../../components/containers/retire/settings";
import { secretsPlan } from "../../../../../components/containers/secrets/plan";
import { secretsSettings } from "../../../../../components/containers/secrets/settings";
import { hostPlans } from "../../../../../components/registry";
import { changed, complete, faultsOf, RECIPIENT } from "../../examples";
import { expectGolden } from "../../golden";

const DECLARED = { databases: [{ service: "notes-api" }], epoch: 2 };
const raw = (phiSection: unknown, more: Readonly<Record<string, unknown>> = {}): unknown =>
  changed(complete(), { phi: phiSection, ...more });
const CONFIG = parseConfig(raw(DECLARED));
const MODEL = stackModel(CONFIG);

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
    expect(masters).toEqual(["phi-master-1", "phi-master-2"].map((id) => ({ id, epoch: 1, recipients: [RECIPIENT] })));
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
