/** Walls inside a host and around it, tried from the other side of each: by a login, from containers, and by a neighbour. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { dockerPlan } from "../../../components/containers/daemon/plan";
import type { NetworkSettings } from "../../../components/containers/services/containerSettings";
import { databaseResources, type NetworkArguments } from "../../../components/containers/services/dockerArguments";
import { hostPlan } from "../../../components/plan/hostPlan";
import { ask, verifyAnswer } from "../../../ops/lib/agent";
import type { Argv } from "../../../ops/lib/programs";
import { execFromOutsider, execInHost } from "../../../sandbox/machines/exec";
import { rebootHost } from "../../../sandbox/machines/power";
import type { Bench } from "../bench";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

const NO_DATA = { volumes: [], servers: [], removed: [] };
const NONE = { networks: [], volumes: [], databases: [], services: [] };
const NETWORKS: readonly NetworkSettings[] = [
  { name: "phiward-db", service: "db", internal: true, masquerade: false },
  { name: "phiward-api", service: "api", internal: false, masquerade: false },
  { name: "phiward-other", service: "other", internal: false, masquerade: false },
  { name: "phiward-mail.internet", service: "mail", internal: false, masquerade: true },
];
/** Containers by name: the networks that they are in, and the port at which they answer. */
const CONTAINERS = {
  db: { networks: ["phiward-db"], port: 5432 },
  api: { networks: ["phiward-api", "phiward-db"], port: 8080 },
  other: { networks: ["phiward-other", "phiward-db"], port: 8080 },
  mail: { networks: ["phiward-mail.internet"], port: 8080 },
} as const;
type Name = keyof typeof CONTAINERS;
/** The port of the loopback address by which the web server would reach `api`. */
const PUBLISHED = "20080";
const PROBE = "/root/probe.py";
const DOCKER = hostPlan(
  "docker",
  null,
  dockerPlan({
    logs: { driver: "journald", maxSize: 10, maxFile: 5, rateLimitBurst: 500 },
    addressPool: "172.30.0.0/16",
    services: NONE,
    databases: [],
    data: NO_DATA,
    registries: [],
  }),
);

const useIt = useBench({ outsiders: 1 });
let broughtUp = false;

async function running(context: TestContext): Promise<Bench> {
  const bench = useIt(context);
  if (broughtUp) return bench;
  await bench.deploy(DOCKER);
  await execInHost(bench.host, ["tee", PROBE], { stdin: readFileSync(join(__dirname, "probe.py"), "utf8") });
  await bench.inside("sh", "-c", `chmod 755 /root && chmod 644 ${PROBE} && ${IMAGE}`);
  for (const network of databaseResources({ ...NONE, networks: NETWORKS }).networks) await bench.inside(...networkCommand(network));
  for (const [name, { networks, port }] of Object.entries(CONTAINERS)) {
    const [first, ...others] = networks;
    const published = name === "api" ? [`--publish=127.0.0.1:${PUBLISHED}:${String(port)}`] : [];
    const command = ["/bin/httpd", "-f", "-p", String(port), "-h", "/www"];
    const options = ["--detach", "--init", "--restart=always", "--stop-timeout=1", "--user=23456", "--cap-drop=ALL", `--network=${first}`];
    await bench.inside("docker", "run", ...options, `--name=${name}`, ...published, "canary", ...command);
    for (const network of others) await bench.inside("docker", "network", "connect", network, name);
  }
  await waitFor("the service answers root", async () => (await asRoot(bench, "tcp", "127.0.0.1", PUBLISHED)) === "open");
  broughtUp = true;
  return bench;
}

// An image made on the spot of one static program: no registry is asked.
const IMAGE = [
  "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends busybox-static >/dev/null",
  "mkdir -p /tmp/image/bin /tmp/image/www",
  "cp /bin/busybox /tmp/image/bin/httpd",
  "tar -C /tmp/image -c . | docker import - canary >/dev/null",
].join(" && ");

function networkCommand({ name, internal, options }: NetworkArguments): readonly string[] {
  const opts = Object.entries(options).map(([key, value]) => `--opt=${key}=${value}`);
  return ["docker", "network", "create", "--driver=bridge", ...(internal ? ["--internal"] : []), ...opts, name];
}

async function said(answer: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>): Promise<string> {
  const { code, stdout, stderr } = await answer;
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

function asRoot(bench: Bench, ...attempt: readonly string[]): Promise<string> {
  return said(execInHost(bench.host, ["python3", PROBE, ...attempt]));
}

function as(bench: Bench, account: string, ...attempt: readonly string[]): Promise<string> {
  return said(execInHost(bench.host, ["runuser", "-u", account, "--", "python3", PROBE, ...attempt]));
}

/** From the network that a container has, as root there: it could do no less. */
async function from(bench: Bench, name: Name, ...attempt: readonly string[]): Promise<string> {
  const pid = (await bench.inside("docker", "inspect", name, "--format={{.State.Pid}}")).trim();
  return said(execInHost(bench.host, ["nsenter", `--target=${pid}`, "--net", "--", "python3", PROBE, ...attempt]));
}

function outside(bench: Bench, ...attempt: readonly string[]): Promise<string> {
  const argv: Argv = ["python3", join(__dirname, "probe.py"), ...attempt];
  return said(execFromOutsider(bench.sandbox, 0, argv));
}

/** An address in a network: of a container, or of the host's side of its bridge. */
async function address(bench: Bench, name: Name, network: string, of: "IPAddress" | "Gateway" = "IPAddress"): Promise<string> {
  const format = `{{with index .NetworkSettings.Networks "${network}"}}{{.${of}}}{{end}}`;
  const found = (await bench.inside("docker", "inspect", name, `--format=${format}`)).trim();
  // An internal network tells its containers no way out, but the host is there all the same.
  if (found !== "") return found;
  if (of === "IPAddress") throw new Error(`${name}: not in ${network}`);
  return (await address(bench, name, network)).replace(/\d+$/, "1");
}

/** The bridge's own address of IPv6, which it may have whatever the network is given, by each interface that a container has. */
async function localAddresses(bench: Bench, gateway: string): Promise<readonly string[]> {
  const bridge = /^\d+: (\S+)/.exec(await bench.inside("ip", "-4", "-oneline", "address", "show", "to", gateway))?.[1] ?? "";
  const [, local = "fe80::1"] =
    /inet6 (fe80:[0-9a-f:]+)/.exec(await bench.inside("ip", "-6", "-oneline", "address", "show", "dev", bridge)) ?? [];
  return ["eth0", "eth1"].map((device) => `${local}%${device}`);
}

async function closedToLogins(bench: Bench): Promise<void> {
  const api = await address(bench, "api", "phiward-api");
  const db = await address(bench, "db", "phiward-db");
  expect(await asRoot(bench, "tcp", "127.0.0.1", PUBLISHED)).toBe("open");
  expect(await as(bench, "www-data", "tcp", "127.0.0.1", PUBLISHED)).toBe("open");
  for (const [target, port] of [
    ["127.0.0.1", PUBLISHED],
    [api, "8080"],
    [db, "5432"],
  ] as const)
    expect(await as(bench, "alice", "tcp", target, port), target).toBe("ConnectionRefusedError");
}

describe("a login", () => {
  it("cannot take the port of a service whose container is down, nor keep it from coming back", async (context) => {
    const bench = await running(context);
    await bench.inside("docker", "stop", "api");
    try {
      for (const [kind, at] of [
        ["tcp", "127.0.0.1"],
        ["tcp", "0.0.0.0"],
        ["tcp", "::"],
        ["tcp", "127.0.0.2"],
        ["udp", "127.0.0.1"],
      ] as const)
        expect(await as(bench, "alice", "bind", kind, at, PUBLISHED), `${kind} ${at}`).toBe("PermissionError");
      expect(await as(bench, "alice", "bind", "tcp", "127.0.0.1", "31000")).toBe("taken");
    } finally {
      await bench.inside("docker", "start", "api");
    }
    await waitFor("the service answers root", async () => (await asRoot(bench, "tcp", "127.0.0.1", PUBLISHED)) === "open");
  });

  it("reaches neither services nor databases, by whatever address; root and the web server do", async (context) => {
    await closedToLogins(await running(context));
  });

  it("reaches them no more when the firewall and Docker are started anew", async (context) => {
    const bench = await running(context);
    await bench.inside("systemctl", "restart", "ufw.service");
    await closedToLogins(bench);
    await bench.inside("ufw", "reload");
    await bench.inside("systemctl", "restart", "docker.service");
    await waitFor("the service answers root", async () => (await asRoot(bench, "tcp", "127.0.0.1", PUBLISHED)) === "open");
    await closedToLogins(bench);
  });

  it("sends no datagram to a container", async (context) => {
    const bench = await running(context);
    const [heard] = await Promise.all([
      from(bench, "db", "hear", "5432"),
      as(bench, "alice", "udp", await address(bench, "db", "phiward-db"), "5432"),
    ]);
    expect(heard).toBe("nothing");
  });
});

describe("a container", () => {
  it.for([
    ["db", "phiward-db"],
    ["api", "phiward-api"],
    ["api", "phiward-db"],
    ["mail", "phiward-mail.internet"],
  ] as const)("%s in %s reaches nothing of the host", async ([name, network], context) => {
    const bench = await running(context);
    const gateway = await address(bench, name, network, "Gateway");
    const targets = [gateway, bench.host.address, bench.host.address6, ...(await localAddresses(bench, gateway))];
    const tried = await Promise.all(
      targets.flatMap((target) => ["22", "80", PUBLISHED].map((port) => from(bench, name, "tcp", target, port))),
    );
    expect(tried).not.toContain("open");
    for (const target of [gateway, bench.host.address]) expect(await from(bench, name, "ping", target), target).toBe("nothing");
    const [heard] = await Promise.all([
      asRoot(bench, "hear", "5300"),
      ...targets.map((target) => from(bench, name, "udp", target, "5300")),
    ]);
    expect(heard).toBe("nothing");
  });

  it("reaches the databases that it shares a network with, and nothing else there", async (context) => {
    const bench = await running(context);
    const [api, other, db] = await Promise.all((["api", "other", "db"] as const).map((name) => address(bench, name, "phiward-db")));
    expect(await from(bench, "api", "tcp", db ?? "", "5432")).toBe("open");
    expect(await from(bench, "other", "tcp", api ?? "", "8080")).not.toBe("open");
    expect(await from(bench, "api", "tcp", other ?? "", "8080")).not.toBe("open");
    expect(await from(bench, "db", "tcp", api ?? "", "8080")).not.toBe("open");
    expect(await from(bench, "db", "ping", api ?? "")).toBe("nothing");
    const [heard] = await Promise.all([from(bench, "api", "hear", "5432"), from(bench, "db", "udp", api ?? "", "5432")]);
    expect(heard).toBe("nothing");
  });

  it("reaches no container of another network", async (context) => {
    const bench = await running(context);
    const other = await address(bench, "other", "phiward-other");
    for (const name of ["api", "db", "mail"] as const) expect(await from(bench, name, "tcp", other, "8080"), name).not.toBe("open");
  });

  it("without the Internet sends nothing to a neighbour who knows the way back; one with it does", async (context) => {
    const bench = await running(context);
    const neighbour = bench.sandbox.outsiders[0]?.address ?? "";
    await execFromOutsider(bench.sandbox, 0, ["ip", "route", "replace", "172.30.0.0/16", "via", bench.host.address]);
    const server = new AbortController();
    const listening = execFromOutsider(bench.sandbox, 0, ["python3", "-m", "http.server", "8000"], { signal: server.signal }).catch(
      () => undefined,
    );
    try {
      await waitFor("the neighbour listens", async () => (await from(bench, "mail", "tcp", neighbour, "8000")) === "open");
      for (const name of ["api", "db"] as const) {
        expect(await from(bench, name, "tcp", neighbour, "8000"), name).not.toBe("open");
        const [heard] = await Promise.all([outside(bench, "hear", "5300"), from(bench, name, "udp", neighbour, "5300")]);
        expect(heard, name).toBe("nothing");
        expect(await from(bench, name, "ping", neighbour), name).toBe("nothing");
      }
    } finally {
      server.abort();
      await listening;
    }
  });
});

describe("a neighbour", () => {
  it("with a route to the containers' networks reaches none of them", async (context) => {
    const bench = await running(context);
    await execFromOutsider(bench.sandbox, 0, ["ip", "route", "replace", "172.30.0.0/16", "via", bench.host.address]);
    const names = Object.keys(CONTAINERS) as readonly Name[]; // of that very object
    const tried = names.map(async (name) => {
      const { networks, port } = CONTAINERS[name];
      const at = await address(bench, name, networks[0]);
      const [open, heard] = await Promise.all([
        outside(bench, "tcp", at, String(port)),
        from(bench, name, "hear", "5300"),
        outside(bench, "udp", at, "5300"),
      ]);
      return [name, open === "open", heard];
    });
    expect(await Promise.all(tried)).toEqual(names.map((name) => [name, false, "nothing"]));
  });

  it("gives the host no address, route or MTU by a router's advertisement", async (context) => {
    const bench = await running(context);
    const state = async (): Promise<string> =>
      (await bench.inside("sh", "-c", "ip -6 -o address show eth0; ip -6 route show; cat /proc/sys/net/ipv6/conf/eth0/mtu")).replace(
        / (valid_lft|preferred_lft|expires) \S+/g,
        "",
      );
    const before = await state();
    expect(await outside(bench, "advertise", "eth0", "2001:db8:bad::")).toBe("sent");
    expect(await state()).toBe(before);
  });
});

describe("the host", () => {
  it("listens nowhere but where it is declared to, and its checks see all of this", async (context) => {
    const bench = await running(context);
    expect(await bench.inside("ss", "--listening", "--tcp", "--udp", "--numeric", "--processes")).not.toContain("containerd");
    const failed = async (): Promise<readonly string[]> => {
      const plans = [bench.plan("baseline"), bench.plan("ufw"), DOCKER];
      const { results } = await ask(
        bench.target(),
        { mode: "verify", plans, generations: {}, strict: false },
        verifyAnswer,
        bench.patience,
      );
      return results.filter(({ id, status }) => status === "fail" && !id.endsWith("-generation")).map(({ id }) => id);
    };
    expect(await failed()).toEqual([]);
    await bench.inside("systemd-run", "--quiet", "--unit=stray", "python3", "-m", "http.server", "--bind", "127.0.0.1", "7777");
    await waitFor("the stray program listens", async () => (await bench.inside("ss", "-Hltn", "sport = :7777")) !== "");
    await bench.inside("iptables", "-D", "ufw-before-output", "-j", "phiward-output");
    await bench.inside("sysctl", "-w", "net.bridge.bridge-nf-call-iptables=0", "net.ipv6.conf.eth0.accept_ra=2");
    expect(await failed()).toEqual([
      "sysctl-net-ipv6-conf-each-accept-ra",
      "phiward-output-first-ipv4",
      "listening-sockets-declared",
      "docker-bridges-filtered",
    ]);
    await bench.inside("systemctl", "stop", "stray.service");
  });

  it("has the same walls after it was started anew", async (context) => {
    const bench = await running(context);
    await rebootHost(bench.host);
    await waitFor("the service answers root", async () => (await asRoot(bench, "tcp", "127.0.0.1", PUBLISHED)) === "open");
    await closedToLogins(bench);
    expect(await from(bench, "api", "tcp", await address(bench, "api", "phiward-api", "Gateway"), "22")).not.toBe("open");
  });
});
