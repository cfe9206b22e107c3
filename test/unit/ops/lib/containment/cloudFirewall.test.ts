import { createServer } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { setOutside } from "../../../../../ops/lib/containment/cloudFirewall";
import { stack } from "../../../components/cloud/droplet/fixture";
import { CONFIG } from "../../../components/golden";

const CLOUD = stack();
const DROPLET = CLOUD.hosts.find(({ kind }) => kind === "droplet")?.name ?? "";
const TOKEN = "dop_v1_0123456789abcdef";

interface Firewall {
  readonly id: string;
  readonly name: string;
  readonly droplet_ids: readonly number[] | null;
  readonly tags: readonly string[] | null;
}

let firewalls: readonly Firewall[] = [];
const puts: { readonly url: string; readonly body: Record<string, unknown> }[] = [];
// Stands in for DigitalOcean: one droplet, and its firewalls.
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part: Buffer) => (body += part.toString()));
  request.on("end", () => {
    const { url = "", method = "" } = request;
    const isKnown = request.headers.authorization === `Bearer ${TOKEN}`;
    response.statusCode = isKnown ? 200 : 401;
    if (method === "PUT") puts.push({ url, body: JSON.parse(body) as Record<string, unknown> });
    const answer = url.startsWith("/v2/droplets?") ? { droplets: [{ id: 7, name: DROPLET }] } : { firewalls };
    response.end(JSON.stringify(isKnown ? answer : {}));
  });
});
let environment: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? String(bound.port) : "";
  environment = { DIGITALOCEAN_TOKEN: TOKEN, DIGITALOCEAN_API_URL: `http://127.0.0.1:${port}` };
});
beforeEach(() => {
  puts.length = 0;
  firewalls = [{ id: "f1", name: "web-firewall", droplet_ids: [7], tags: null }];
});
afterAll(() => {
  server.close();
});

describe("the firewall in front of a host that is isolated", () => {
  it("is narrowed in one request, and as declared again in another", async () => {
    expect(await setOutside(CLOUD, DROPLET, "narrowed", environment)).toMatchObject({ done: true });
    expect(await setOutside(CLOUD, DROPLET, "declared", environment)).toMatchObject({ done: true });
    expect(puts.map(({ url }) => url)).toEqual(["/v2/firewalls/f1", "/v2/firewalls/f1"]);
    const [narrow, declared] = puts.map(({ body }) => body);
    expect(narrow).toMatchObject({ name: "web-firewall", droplet_ids: [7] });
    expect(narrow?.["inbound_rules"]).toEqual([
      { protocol: "tcp", ports: "22", sources: { addresses: [...new Set(CLOUD.adminNetworks)].sort() } },
    ]);
    expect(JSON.stringify(narrow?.["outbound_rules"])).not.toContain("0.0.0.0/0");
    expect(JSON.stringify(declared)).toContain('"ports":"443"');
    expect(JSON.stringify(declared?.["outbound_rules"])).toContain("0.0.0.0/0");
  });

  it("is left as it is where other droplets share it, which is said", async () => {
    firewalls = [...firewalls, { id: "f2", name: "office", droplet_ids: [7, 8], tags: [] }];
    const answer = await setOutside(CLOUD, DROPLET, "narrowed", environment);
    expect(answer.done).toBe(false);
    expect(answer.words).toContain("since others share them: office");
    expect(puts).toHaveLength(1);
  });

  it("stops nothing where there is none, no token, or nobody who answers", async () => {
    const name = CONFIG.hosts.find(({ kind }) => kind === "existing")?.name ?? "";
    expect((await setOutside(CONFIG, name, "narrowed", environment)).words).toContain("it is not a droplet");
    expect((await setOutside(CLOUD, DROPLET, "narrowed", {})).words).toContain("no DIGITALOCEAN_TOKEN");
    const refused = await setOutside(CLOUD, DROPLET, "narrowed", { ...environment, DIGITALOCEAN_TOKEN: "another" });
    expect(refused.words).toContain("status 401");
    expect(refused.words).not.toContain("another");
    const silent = await setOutside(CLOUD, DROPLET, "narrowed", { ...environment, DIGITALOCEAN_API_URL: "http://127.0.0.1:1" });
    expect(silent).toMatchObject({ done: false });
    expect(puts).toEqual([]);
  });
});
