/** Images of a registry that asks for a login: pulled with it, and nothing of it left once it goes. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { generationOf } from "../../components/plan/request";
import { ask, verifyAnswer } from "../../ops/lib/agent";
import { execInHost } from "../../sandbox/machines/exec";
import { LOGIN, openRegistry, registryOf, startRegistry } from "./privateRegistry";
import { planOf } from "./servicesBench";
import { useBench } from "./useBench";

describe("an image of a registry that asks for a login", () => {
  const useIt = useBench();

  it("is pulled by the host with it, which root alone can read, and nobody once it goes", async (context) => {
    const bench = useIt(context);
    const image = await startRegistry(bench);
    const service = { kind: "container", name: "app", image, health: { command: ["/true"] } };
    const plain = parseConfig({ ...bench.config, docker: { limits: "unavailable" }, services: [service] });
    const config = parseConfig({
      ...plain,
      registries: [{ host: registryOf(bench), username: LOGIN.username, password: "registry" }],
      secrets: { registry: LOGIN.password, "version-key": "of this test alone, made up by no one" },
    });
    const plan = planOf(config, "docker");
    const has = async (): Promise<boolean> => (await execInHost(bench.host, ["docker", "image", "inspect", image])).code === 0;
    expect(await has()).toBe(false);

    const refused = await bench.apply(plan, { registry: "wrong-password" });
    expect(refused.stderr).toContain(`and the login of ${registryOf(bench)} under registries`);
    expect(refused.stderr).not.toContain("wrong-password");
    expect(await has()).toBe(false);

    expect((await bench.deploy(plan, { registry: LOGIN.password })).status).toBe("changed");
    expect(await has()).toBe(true);
    expect((await bench.deploy(plan, { registry: LOGIN.password })).status).toBe("unchanged");

    const file = `/etc/phiward/registries/${registryOf(bench).replace(":", "_")}.password`;
    const search = 'grep --recursive --files-with-matches --fixed-strings -- "$1" /etc /root /home /run /var; true';
    const holders = (): Promise<string> => bench.inside("sh", "-c", search, "sh", LOGIN.password);
    expect(await holders()).toBe(`${file}\n`);
    expect(await bench.inside("stat", "--format=%a %U:%G", file)).toBe("600 root:root\n");
    const generations = { docker: generationOf(plan) };
    const { results } = await ask(
      bench.target(),
      { mode: "verify", plans: [plan], generations, strict: false },
      verifyAnswer,
      bench.patience,
    );
    expect(results.flatMap(({ id, status }) => (id.startsWith("registry-login-") ? [status] : []))).toEqual(["pass"]);

    await bench.deploy(planOf(plain, "docker"));
    expect(await holders()).toBe("");
    expect(await has()).toBe(true);

    // Also without a login it is the Engine that pulls, which is not waited for without end.
    await bench.inside("docker", "image", "rm", image);
    expect((await bench.apply(planOf(plain, "docker"))).stderr).toMatch(
      /could not be pulled: check that the host can reach its registry$/m,
    );
    await openRegistry(bench);
    await bench.deploy(planOf(plain, "docker"));
    expect(await has()).toBe(true);
  });
});
