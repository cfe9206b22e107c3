import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireCloudToken } from "../../../../ops/lib/cloudToken";
import { stack } from "../../components/cloud/droplet/fixture";
import { CONFIG } from "../../components/golden";

const CLOUD = stack();
const directory = mkdtempSync(join(tmpdir(), "phiward-token-"));
const file = join(directory, "Pulumi.prod.yaml");
const TOKEN = "dop_v1_0123456789abcdef";
// Stands in for DigitalOcean: it knows one token.
const server = createServer((request, response) => {
  response.statusCode = request.url === "/v2/account" && request.headers.authorization === `Bearer ${TOKEN}` ? 200 : 401;
  response.end("{}");
});
let address = "";

beforeAll(async () => {
  writeFileSync(file, "config: {}\n");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? String(bound.port) : ""}`;
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

describe("the token of the cloud", () => {
  it("is missed before a deploy, where the stack has a droplet", async () => {
    await expect(requireCloudToken(CLOUD, file, {})).rejects.toThrow(
      /^DIGITALOCEAN_TOKEN: found nothing, allowed: a token of DigitalOcean/,
    );
    await requireCloudToken(CONFIG, file, {});
  });

  it("is asked of DigitalOcean, by either variable, and is in no message", async () => {
    for (const name of ["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"]) {
      await requireCloudToken(CLOUD, file, { [name]: TOKEN, DIGITALOCEAN_API_URL: address });
      const refused = requireCloudToken(CLOUD, file, { [name]: "dop_v1_expired", DIGITALOCEAN_API_URL: address });
      await expect(refused).rejects.toThrow(`${name}: found a token that DigitalOcean refuses, allowed: a valid one`);
      await expect(refused).rejects.not.toThrow("dop_v1_expired");
    }
  });

  it("is left to Pulumi where DigitalOcean cannot be asked, or Pulumi has it", async () => {
    await requireCloudToken(CLOUD, file, { DIGITALOCEAN_TOKEN: "any", DIGITALOCEAN_API_URL: "http://127.0.0.1:1" });
    await requireCloudToken(CLOUD, file, { DIGITALOCEAN_TOKEN: "a\nb", DIGITALOCEAN_API_URL: address });
    for (const [name, text] of [
      ["config", "config:\n  digitalocean:token:\n    secure: AAAA\n"],
      ["esc", "environment: [cloud]\nconfig: {}\n"],
    ]) {
      const own = join(directory, `Pulumi.${String(name)}.yaml`);
      writeFileSync(own, String(text));
      await requireCloudToken(CLOUD, own, {});
    }
  });
});
