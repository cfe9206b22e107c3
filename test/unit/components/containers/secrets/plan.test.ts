import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import type { StackConfig } from "../../../../../components/config/schema";
import { stackModel } from "../../../../../components/containers/model";
import { retirePlan } from "../../../../../components/containers/retire/plan";
import { retireSettings } from "../../../../../components/containers/retire/settings";
import { secrets } from "../../../../../components/containers/secrets/concern";
import { secretsPlan } from "../../../../../components/containers/secrets/plan";
import { secretsSettings } from "../../../../../components/containers/secrets/settings";
import { changed, complete, ed25519, RECIPIENT } from "../../examples";
import { CONFIG, expectGolden } from "../../golden";

const config = (changes: Readonly<Record<string, unknown>>): StackConfig => parseConfig(changed(complete(), changes));
const paths = (of: StackConfig): readonly string[] => secretsPlan(secretsSettings(stackModel(of))).files.map(({ path }) => path);

describe("the secrets of a host", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, secrets);
  });

  it("is one for each login, each declared secret, each PostgreSQL and the backups", () => {
    expect(secretsSettings(stackModel(CONFIG)).secrets.map(({ id, epoch }) => `${id}.${String(epoch)}`)).toEqual([
      "db-postgres.1",
      "db-notes-api.2",
      "cache-notes-api.3",
      "notes-api-admin-password.2",
      "backup.1",
      "subjects.1",
      "cache-redis.1",
      "cache-metrics.1",
    ]);
  });

  it("escrows what must survive the host, and no other", () => {
    const escrowed = secretsSettings(stackModel(CONFIG)).secrets.filter(({ recipients }) => recipients.length > 0);
    expect(escrowed).toEqual([
      { id: "notes-api-admin-password", epoch: 2, recipients: [RECIPIENT] },
      { id: "backup", epoch: 1, recipients: [RECIPIENT, ed25519(3)] },
      { id: "subjects", epoch: 1, recipients: [RECIPIENT] },
    ]);
  });

  it("seals the backups' password to the vault's key alone, beside the owner's, and to nobody else's where there is no vault", () => {
    const recipients = (of: StackConfig) => secretsSettings(stackModel(of)).secrets.find(({ id }) => id === "backup")?.recipients;
    const keyed = config({ "hosts.0.hostKey": ed25519(8) });
    expect(keyed.hosts.map(({ hostKey }) => hostKey)).toEqual([ed25519(8), ed25519(3)]);
    expect(recipients(keyed)).toEqual([RECIPIENT, ed25519(3)]);
    expect(recipients({ ...keyed, backup: keyed.backup && { ...keyed.backup, offsite: undefined } })).toEqual([RECIPIENT]);
    expect(recipients({ ...keyed, backup: undefined })).toBeUndefined();
  });

  it("gives a login of a new epoch a name, a secret and a file of its own, and touches no other", () => {
    const raised = config({ "services.0.epoch": 3 });
    expect(paths(raised).filter((path) => !paths(CONFIG).includes(path))).toEqual([
      "/var/lib/phiward/services/notes-api/secrets/db-url.3.tls",
    ]);
    const file = secretsSettings(stackModel(raised)).files.find((each) => "secret" in each && each.name === "db-url");
    expect(file).toHaveProperty(
      "template",
      "postgresql://notes-api_e3:{}@db:5432/notes-api?sslmode=verify-full&sslrootcert=/run/phiward/authority/authority.pem",
    );
  });

  it("gives another address, in a file of its own, where connections without TLS are accepted", () => {
    const plain = config({ "services.0.unencrypted": "the driver of the program has no TLS" });
    expect(paths(plain).filter((path) => !paths(CONFIG).includes(path))).toEqual(["/var/lib/phiward/services/notes-api/secrets/db-url.2"]);
    const file = secretsSettings(stackModel(plain)).files.find((each) => "secret" in each && each.name === "db-url");
    expect(file).toHaveProperty("template", "postgresql://notes-api_e2:{}@db:5432/notes-api");
  });

  it("leaves the files of an earlier epoch to be retired, without a copy, when nothing uses them", () => {
    expect(secretsPlan(secretsSettings(stackModel(CONFIG))).leavesFormerFiles).toBe(true);
    const retired = retirePlan(retireSettings(stackModel(CONFIG))).directories;
    expect(retired.map(({ path, exclusive }) => [path, exclusive?.keep, exclusive?.discard])).toEqual([
      [
        "/var/lib/phiward/secrets",
        [
          "db-postgres.1",
          "db-notes-api.2",
          "cache-notes-api.3",
          "notes-api-admin-password.2",
          "subjects.1",
          "cache-redis.1",
          "cache-metrics.1",
          "backup.1",
          "phi-master-*",
        ],
        true,
      ],
      ["/var/lib/phiward/services", ["db", "cache", "notes-api"], true],
      ["/var/lib/phiward/services/db/secrets", ["postgres.1"], true],
      ["/var/lib/phiward/services/notes-api/secrets", ["db-url.2.tls", "cache-url.3.tls", "admin-password.2"], true],
      [
        "/var/lib/phiward/escrow",
        [
          ...["*.age", "*[!0-9].json", "db-postgres.1.json", "db-notes-api.2.json", "cache-notes-api.3.json"],
          ...["notes-api-admin-password.2.json", "subjects.1.json", "cache-redis.1.json", "cache-metrics.1.json", "backup.1.json"],
          "phi-master-*.json",
        ],
        true,
      ],
      [
        "/var/lib/phiward/fingerprints",
        [
          ...["db-postgres.1.sha256", "db-notes-api.2.sha256", "cache-notes-api.3.sha256"],
          ...["notes-api-admin-password.2.sha256", "subjects.1.sha256", "cache-redis.1.sha256", "cache-metrics.1.sha256"],
          ...["backup.1.sha256", "phi-master-*.sha256"],
        ],
        true,
      ],
    ]);
  });

  it("lets another value take the place of a lost one only where nobody logs in by it or the host's programs set it", () => {
    const replaceable = secretsSettings(stackModel(CONFIG)).secrets.filter((secret) => secret.replaceable === true);
    expect(replaceable.map(({ id }) => id)).toEqual(["db-postgres", "cache-redis", "cache-metrics"]);
  });
});
