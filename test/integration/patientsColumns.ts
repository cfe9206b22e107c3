/** Patients' columns on a real host: a note that its API encrypts, looked for wherever a thief would, and opened by hand. */
import { expect } from "vitest";
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, upstreamPort } from "../../components/containers/model";
import { execInHost } from "../../sandbox/machines/exec";
import type { Bench } from "./bench";
import { planOf } from "./servicesBench";
import { openBox, patientsKeys } from "./stolenCopies";

const MASTER = "/var/lib/phiward/secrets/phi-master-1.1";

/** The same configuration with the API's notes encrypted. */
export function withPatientsColumns(plain: StackConfig): StackConfig {
  const services = plain.services.map((entry) => (entry.name === "api" ? { ...entry, environment: {} } : entry));
  return parseConfig({ ...plain, services, phi: { databases: [{ service: "api" }] } });
}

/** One answer of a database of the host, to the schema's owner or another login over the socket. */
export async function askDatabase(bench: Bench, sql: string, login = "phiward__phi"): Promise<string> {
  const { stdout, stderr } = await execInHost(bench.host, ["docker", "exec", "db", "psql", "-U", login, "-d", "api", "-At", "-c", sql]);
  return `${stdout}${stderr}`.trim();
}

/** Writes a note by the API and reads it again, as its administrator. Returns the note's id and what was read. */
export async function keepNote(bench: Bench, config: StackConfig, text: string): Promise<{ readonly id: string; readonly read: string }> {
  const url = `http://127.0.0.1:${String(upstreamPort(containersModel(config), "api"))}`;
  const script = `set -e
    password=$(cat /var/lib/phiward/services/api/secrets/admin-password.*)
    cookie=$(curl -sS -D - -o /dev/null -d "{\\"user\\":\\"admin\\",\\"password\\":\\"$password\\"}" ${url}/login | sed -n 's/^[Ss]et-[Cc]ookie: \\(session=[^;]*\\).*/\\1/p')
    id=$(printf '{"patient":"p-17","text":"%s"}' "$1" | curl -sS -H "cookie: $cookie" -d @- ${url}/notes | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
    echo "$id"
    curl -sS -H "cookie: $cookie" ${url}/notes/$id`;
  const [id = "", ...read] = (await bench.inside("sh", "-c", script, "sh", text)).split("\n");
  return { id, read: read.join("\n") };
}

/** Opens a note by what is written in docs/data-protection.md: from its bytes, the wrapped key and the master key alone. */
export async function openByHand(bench: Bench, id: string): Promise<string> {
  const bytes = async (sql: string, login?: string): Promise<Buffer> => Buffer.from(await askDatabase(bench, sql, login), "hex");
  const { data } = await patientsKeys(bench.host, "api");
  const value = await bytes(`SELECT encode(sealed, 'hex') FROM notes WHERE id = '${id}'`, "phiward_api");
  return openBox(value, 5, data).toString();
}

/** Loses all that the host has of the master key, but for what a server has open; shows that no other one is made; and brings it back. */
export async function loseMaster(bench: Bench, config: StackConfig): Promise<void> {
  const places = [MASTER, "/var/lib/phiward/services/db/secrets/phi-master-1.1", "/var/lib/phiward/fingerprints/phi-master-1.1.sha256"];
  const all = [...places, "/var/lib/phiward/escrow/phi-master-1.1.json"].join(" ");
  await bench.inside("sh", "-ec", `for path in ${all}; do mv $path $path.lost; done`);
  const refused = await bench.apply(planOf(config, "secrets"));
  expect(refused.stderr).toMatch(/phi-master-1\.1: another one was not made: database api in db: it has keys that master key 1 has locked/);
  expect(refused.code).not.toBe(0);
  await bench.inside("sh", "-ec", `for path in ${all}; do [ ! -e $path ]; mv $path.lost $path; done`);
}

/** Asserts that neither a note nor the master key is in a dump, in the server's files and WAL, or in any log or other file of the host. */
export async function expectNowhere(bench: Bench, note: string): Promise<void> {
  const script = `
    docker exec db psql -U postgres -d postgres -qc CHECKPOINT
    docker exec db pg_dump -U phiward_api -d api > /root/stolen.dump
    journalctl --output=export > /root/stolen.journal
    docker logs db > /root/stolen.log 2>&1
    for word in "$1" "$(cat ${MASTER})"; do
      grep -rlaF "$word" /root /var/lib/docker/volumes /var/log /var/lib/phiward/log /var/lib/phiward/backup 2>/dev/null
    done
    grep -c "COPY public.notes" /root/stolen.dump
    rm -f /root/stolen.*`;
  expect((await bench.inside("sh", "-c", script, "sh", note)).trim()).toBe("1");
}
