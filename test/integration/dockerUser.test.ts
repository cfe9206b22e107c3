import { describe, expect, it } from "vitest";
import type { Argv } from "../../ops/lib/programs";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { rebootHost } from "../../sandbox/machines/power";
import { type Bench } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const PORT = "18080";

/** Docker from Debian, and an image made on the spot of one static program: no registry is asked. */
async function withDocker(bench: Bench): Promise<void> {
  await bench.inside(
    "sh",
    "-c",
    "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io docker-cli busybox-static >/dev/null",
  );
  await bench.inside(
    "sh",
    "-c",
    `mkdir -p /etc/docker && echo '{"ipv6": true, "fixed-cidr-v6": "fd00:d0c::/64", "ip6tables": true, "experimental": true}' > /etc/docker/daemon.json && systemctl restart docker`,
  );
  await bench.inside(
    "sh",
    "-c",
    "mkdir -p /tmp/image/bin /tmp/image/www && cp /bin/busybox /tmp/image/bin/ && for p in sh httpd wget; do ln -sf busybox /tmp/image/bin/$p; done && echo canary > /tmp/image/www/index.html && tar -C /tmp/image -c . | docker import - canary >/dev/null",
  );
  await bench.inside(
    "docker",
    "run",
    "--detach",
    "--restart=always",
    // Its program is process 1, and so heeds no SIGTERM.
    "--stop-timeout=1",
    "--name=canary",
    `--publish=${PORT}:80`,
    "canary",
    "/bin/httpd",
    "-f",
    "-h",
    "/www",
  );
}

function reach(bench: Bench, address: string): Promise<{ code: number }> {
  return execFromOutsider(bench.sandbox, 0, [
    "curl",
    "--silent",
    "--max-time",
    "3",
    `http://${address.includes(":") ? `[${address}]` : address}:${PORT}/`,
  ]);
}

/** Serves files from the outsider while `work` goes on, and no longer. */
async function whileServing(bench: Bench, options: readonly string[], work: () => Promise<void>): Promise<void> {
  const end = new AbortController();
  const argv: Argv = ["python3", "-m", "http.server", ...options];
  const server = execFromOutsider(bench.sandbox, 0, argv, { signal: end.signal }).catch(() => undefined);
  try {
    await work();
  } finally {
    end.abort();
    await server;
  }
}

async function restartDocker(bench: Bench): Promise<void> {
  // systemd refuses a fourth start within a minute.
  await bench.inside("systemctl", "reset-failed", "docker.service");
  await bench.inside("systemctl", "restart", "docker.service");
  await waitFor(
    "the canary is back",
    async () => (await execInHost(bench.host, ["curl", "--silent", "--max-time", "2", `http://127.0.0.1:${PORT}/`])).code === 0,
  );
}

/** The checks that fail; by those of integrity the canary itself is one that nobody declared. */
async function failing(bench: Bench) {
  return (await bench.verify()).filter(({ unit, status }) => unit !== "integrity" && status === "fail");
}

async function closed(bench: Bench): Promise<void> {
  expect((await bench.inside("curl", "--silent", "--max-time", "5", `http://127.0.0.1:${PORT}/`)).trim()).toBe("canary");
  for (const address of [bench.host.address, bench.host.address6]) expect((await reach(bench, address)).code, address).toBe(28);
}

describe("a container published on all addresses, past the firewall's own chain", () => {
  const useIt = useBench({ outsiders: 1 });

  it("would be open to the world without our rules", async (context) => {
    const bench = useIt(context);
    await withDocker(bench);
    const chains = [["DOCKER-USER"], ["phiward-forward", "-t", "mangle"]];
    for (const iptables of ["iptables", "ip6tables"])
      for (const chain of chains) await bench.inside(iptables, "-I", ...chain, "-j", "RETURN");
    await waitFor("the canary answers a stranger", async () => (await reach(bench, bench.host.address)).code === 0);
    for (const iptables of ["iptables", "ip6tables"])
      for (const chain of chains) await bench.inside(iptables, "-D", ...chain, "-j", "RETURN");
  });

  it("is closed to a stranger over IPv4 and IPv6", async (context) => {
    await closed(useIt(context));
  });

  it("stays closed when Docker restarts", async (context) => {
    const bench = useIt(context);
    await restartDocker(bench);
    await closed(bench);
    expect(await failing(bench)).toEqual([]);
  });

  it("stays closed when FORWARD was emptied before Docker restarts, which then leaves DOCKER-USER out", async (context) => {
    const bench = useIt(context);
    for (const iptables of ["iptables", "ip6tables"]) await bench.inside(iptables, "-F", "FORWARD");
    await restartDocker(bench);
    await closed(bench);
    expect((await bench.verify()).filter(({ status }) => status === "fail").map(({ id }) => id)).toContain("ufw-hooked");
    await bench.deploy(bench.plan("ufw"));
    await closed(bench);
    expect(await failing(bench)).toEqual([]);
  });

  it("stays closed when the firewall is loaded anew, and containers still reach the outside", async (context) => {
    const bench = useIt(context);
    await bench.inside("systemctl", "restart", "ufw.service");
    await closed(bench);
    const outside = ["docker", "exec", "canary", "/bin/wget", "-q", "-T", "5", "-O", "-"];
    const address = bench.sandbox.outsiders[0]?.address ?? "";
    await whileServing(bench, ["8000", "--directory", "/usr/share/common-licenses"], () =>
      waitFor(
        "a container reaches a server outside",
        async () => (await execInHost(bench.host, [...outside, `http://${address}:8000/BSD`])).code === 0,
      ),
    );
  });

  it("cannot reach the address where clouds answer with credentials", async (context) => {
    const bench = useIt(context);
    // The address lives at the outsider, so that the way there leads through the host as it would in a cloud.
    const [outsider] = bench.sandbox.outsiders;
    await execFromOutsider(bench.sandbox, 0, ["ip", "addr", "add", "169.254.169.254/32", "dev", "lo"]);
    await bench.inside("ip", "route", "add", "169.254.169.254/32", "via", outsider?.address ?? "");
    await whileServing(bench, ["--bind", "169.254.169.254", "80"], async () => {
      await waitFor(
        "the address answers the host itself",
        async () => (await execInHost(bench.host, ["curl", "--silent", "--max-time", "2", "http://169.254.169.254/"])).code === 0,
      );
      expect(
        (await execInHost(bench.host, ["docker", "exec", "canary", "/bin/wget", "-q", "-T", "3", "-O", "-", "http://169.254.169.254/"]))
          .code,
      ).not.toBe(0);
      // The first of the two that it meets.
      expect(await bench.inside("iptables", "-t", "mangle", "-L", "phiward-forward", "-nvx")).toMatch(
        /^ +[1-9]\d* +\d+ DROP .* 169\.254\.169\.254/m,
      );
    });
  });

  it("verifies and stays closed after a reboot", async (context) => {
    const bench = useIt(context);
    await bench.inside("docker", "inspect", "canary");
    await rebootHost(bench.host);
    await waitFor(
      "the canary is back",
      async () => (await execInHost(bench.host, ["curl", "--silent", "--max-time", "2", `http://127.0.0.1:${PORT}/`])).code === 0,
    );
    await closed(bench);
    expect(await failing(bench)).toEqual([]);
  });
});
