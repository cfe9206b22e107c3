/** Patients' columns on a real host brought to another key while their application works, killed in between. */
import { expect } from "vitest";
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, upstreamPort } from "../../components/containers/model";
import { programCommand } from "../../components/plan/programs";
import { execInHost } from "../../sandbox/machines/exec";
import type { Bench } from "./bench";
import { askDatabase } from "./patientsColumns";
import { planOf } from "./servicesBench";
import { waitFor } from "./waiting";

const UNIT = "phiward-phi-rotate.service";
const ROWS = 4000;
const OF_KEY = "pg_catalog.get_byte(sealed, 4)";

/** The same configuration with other keys. */
export function withKeys(config: StackConfig, keys: { readonly epoch: number; readonly retired?: number }): StackConfig {
  return parseConfig({ ...config, phi: { ...config.phi, ...keys } });
}

/** A table of the service with rows, each of which says what it holds. */
export async function makeVisits(bench: Bench): Promise<void> {
  const rows = `INSERT INTO visits SELECT i, 0, phi.encrypt_phi('visit ' || i || ' 0') FROM generate_series(1, ${String(ROWS)}) i`;
  await askDatabase(bench, `SET ROLE api; CREATE TABLE visits (id int, version int, sealed bytea); ${rows}`, "phiward_api");
}

/** Has something done in a loop on the host until it is stopped, each turn a line of a file. */
async function looped(bench: Bench, name: string, turn: string): Promise<() => Promise<readonly string[]>> {
  const script = `rm -f /run/${name}.stop; : > /run/${name}; i=0; while [ ! -e /run/${name}.stop ]; do i=$((i+1)); { ${turn}; } >> /run/${name} 2>&1; done; touch /run/${name}.ended`;
  await bench.inside("systemd-run", "--quiet", "--collect", `--unit=test-${name}`, "sh", "-c", script);
  return async () => {
    await bench.inside("touch", `/run/${name}.stop`);
    await waitFor(`${name} ended`, async () => (await execInHost(bench.host, ["test", "-e", `/run/${name}.ended`])).code === 0);
    return (await bench.inside("cat", `/run/${name}`)).split("\n").filter((line) => line !== "");
  };
}

/** An application that changes rows, and one that asks whether the API answers; stopped, they say how that went. */
export async function beginUse(bench: Bench, config: StackConfig): Promise<() => Promise<void>> {
  const sets = "SET version = version + 1, sealed = phi.encrypt_phi('visit ' || id || ' ' || (version + 1))";
  const sql = `SET ROLE api; UPDATE visits ${sets} WHERE id % 97 = $((i % 97))`;
  const writes = await looped(bench, "writes", `docker exec db psql -U phiward_api -d api -qAt -c "${sql}"`);
  const url = `http://127.0.0.1:${String(upstreamPort(containersModel(config), "api"))}/health`;
  const asks = await looped(bench, "asks", `curl -s -o /dev/null -m 20 -w '%{http_code}\\n' ${url}; sleep 0.2`);
  return async () => {
    expect(await writes()).toEqual([]);
    const codes = await asks();
    expect(codes.length).toBeGreaterThan(10);
    expect(new Set(codes)).toEqual(new Set(["200"]));
  };
}

/** Rows of the table by the key that they are with, the first and the second, at one moment. */
async function rowsByKey(bench: Bench): Promise<readonly number[]> {
  const counts = [1, 2].map((epoch) => `count(*) FILTER (WHERE ${OF_KEY} = ${String(epoch)})`);
  return (await askDatabase(bench, `SELECT ${counts.join(", ")} FROM visits`, "phiward_api")).split("|").map(Number);
}

/** Has the host begin, kills its program once some rows are done, and shows that neither rows nor the key are lost. */
export async function killRotation(bench: Bench, retired: StackConfig): Promise<void> {
  const refusal = await bench.apply(planOf(retired, "secrets"));
  expect(refusal.code).not.toBe(0);
  expect(refusal.stderr).toContain("npx phiward phi rotate brings them to the present key");
  await bench.inside("systemctl", "stop", "phiward-phi-rotate.timer");
  await bench.inside("systemctl", "start", "--no-block", UNIT);
  await waitFor("some rows are done", async () => (await progressOf(bench)).rows > 0);
  await bench.inside("systemctl", "kill", "--signal=KILL", UNIT);
  const [earlier = 0, present = 0] = await rowsByKey(bench);
  expect([earlier > 0, present > 0, earlier + present]).toEqual([true, true, ROWS]);
}

async function progressOf(bench: Bench): Promise<{ readonly rows: number; readonly clean: number | null }> {
  // The program's own answer, of a form that the operator's command checks.
  const [first] = JSON.parse(await bench.inside(...programCommand("phi", "progress"))) as { rows: number; clean: number | null }[];
  return first ?? { rows: 0, clean: null };
}

/** Has the host go on, to the end. */
export async function finishRotation(bench: Bench): Promise<void> {
  await bench.inside("systemctl", "reset-failed", UNIT);
  await bench.inside("systemctl", "start", UNIT);
  expect((await progressOf(bench)).clean).not.toBe(null);
}

/** Asserts that every row is there, as it was written last, with the present key; and how many lines that took in the record. */
export async function expectAllRotated(bench: Bench): Promise<void> {
  expect(await rowsByKey(bench)).toEqual([0, ROWS]);
  expect(await askDatabase(bench, "SELECT count(*) FROM notes WHERE pg_catalog.get_byte(sealed, 4) <> 2", "phiward_api")).toBe("0");
  const said = "SELECT set_config('phi.accessor', 'a', false), set_config('phi.reason', 'b', false);";
  const stale = "SELECT count(*) FROM visits WHERE phi.decrypt_phi(sealed, 's') <> 'visit ' || id || ' ' || version";
  const lines = "SELECT count(*) FROM phi.phi_access_log WHERE accessor = 'phiward'";
  expect(Number(await askDatabase(bench, lines))).toBeLessThan(ROWS / 50);
  expect(await askDatabase(bench, `${said} ${stale}`, "phiward_api")).toMatch(/\n0$/);
  expect(await askDatabase(bench, "SELECT max(version) > 0 FROM visits", "phiward_api")).toBe("t");
}

/** A plain column of 5,000 rows taken over while they are written, its program killed in between, and then gone. */
export async function takeOver(bench: Bench): Promise<void> {
  const made = "SET ROLE api; CREATE TABLE letters (id int PRIMARY KEY, version int NOT NULL DEFAULT 0, body text)";
  const rows = "INSERT INTO letters SELECT i, 0, 'letter ' || i || ' 0' FROM generate_series(1, 5000) i";
  await askDatabase(bench, `${made}; ${rows}`, "phiward_api");
  const sets = "SET version = version + 1, body = 'letter ' || id || ' ' || (version + 1)";
  const sql = `SET ROLE api; UPDATE letters ${sets} WHERE id % 97 = $((i % 97))`;
  const writes = await looped(bench, "letters", `docker exec db psql -U phiward_api -d api -qAt -c "${sql}"`);
  const program = (work: string) => programCommand("phi", "protect", work, "api", "letters", "body");
  await bench.inside("systemd-run", "--quiet", "--collect", "--unit=test-protect", ...program("on"));
  const filled = async (): Promise<number> => {
    const answer = await askDatabase(
      bench,
      "SELECT count(l.j ->> 'body__phi') FROM (SELECT to_jsonb(t) j FROM letters t) l",
      "phiward_api",
    );
    return Number(answer);
  };
  await waitFor("some rows are taken over", async () => (await filled()) >= 1000);
  await bench.inside("systemctl", "kill", "--signal=KILL", "test-protect.service");
  expect(await filled()).toBeLessThan(5000);
  expect(await bench.inside(...program("on"))).toContain("5000 rows are in body__phi as well, each compared");
  expect(await writes()).toEqual([]);
  expect(await bench.inside(...program("finish"))).toContain("VACUUM FULL");
  const said = "SELECT set_config('phi.accessor', 'a', false), set_config('phi.reason', 'b', false);";
  const wrong = "SELECT count(*) FROM letters WHERE phi.decrypt_phi(body__phi, 's') IS DISTINCT FROM 'letter ' || id || ' ' || version";
  expect(await askDatabase(bench, `${said} ${wrong}`, "phiward_api")).toMatch(/\n0$/);
  expect(await askDatabase(bench, "SELECT body FROM letters LIMIT 1", "phiward_api")).toContain("does not exist");
}

/** Asserts that the first key is nowhere on the host but in its escrow. */
export async function expectFirstKeyGone(bench: Bench): Promise<void> {
  const files = await bench.inside("find", "/var/lib/phiward", "-name", "phi-master-1.1*");
  expect(files.trim().split("\n").sort()).toEqual(
    ["escrow/phi-master-1.1.age", "escrow/phi-master-1.1.json", "fingerprints/phi-master-1.1.sha256"].map(
      (path) => `/var/lib/phiward/${path}`,
    ),
  );
  expect(await bench.inside("docker", "exec", "db", "ls", "/run/secrets")).not.toContain("phi-master-1");
}
