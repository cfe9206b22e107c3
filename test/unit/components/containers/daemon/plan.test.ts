import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { docker } from "../../../../../components/containers/daemon/concern";
import { dockerPlan } from "../../../../../components/containers/daemon/plan";
import { dockerSettings } from "../../../../../components/containers/daemon/settings";
import { stackModel } from "../../../../../components/containers/model";
import type { ConcernPlan } from "../../../../../components/plan/types";
import { changed, complete } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

function planOf(changes: Readonly<Record<string, unknown>>): ConcernPlan {
  return dockerPlan(dockerSettings(stackModel(parseConfig(changed(complete(), changes)))));
}

function ids(plan: ConcernPlan): readonly string[] {
  return plan.steps.map(({ id }) => id);
}

describe("the container engine's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, docker);
  });

  it("says how logs are limited and where networks are cut from", () => {
    const text = textOf(
      planOf({ "docker.logs": { driver: "local", maxSize: 7, maxFile: 3 }, "docker.addressPool": "10.128.0.0/12" }),
      "/etc/docker/daemon.json",
    );
    expect(JSON.parse(text)).toMatchObject({
      "log-opts": { "max-size": "7m", "max-file": "3" },
      "default-address-pools": [{ base: "10.128.0.0/12", size: 24 }],
    });
  });

  it("has containers' output in the journal, where no container waits for it, and a container of before reported and not replaced", () => {
    const logs = { driver: "journald", maxSize: 10, maxFile: 5, rateLimitBurst: 700 };
    const plan = planOf({ "docker.logs": logs });
    expect(JSON.parse(textOf(plan, "/etc/docker/daemon.json"))).toMatchObject({
      "log-driver": "journald",
      "log-opts": { labels: "phiward.service", "max-buffer-size": "4m", mode: "non-blocking", tag: "container/{{.Name}}" },
    });
    expect(textOf(plan, "/etc/systemd/system/docker.service.d/phiward.conf")).toContain("\nLogRateLimitBurst=700\n");
    const checks = plan.checks.filter(({ id }) => /^container-db-(output-on-record|logs-limited)$/.test(id));
    const judge = (config: string): readonly boolean[] =>
      checks.map(({ expect: wanted }) => {
        if (wanted.kind !== "matches" && wanted.kind !== "lacks") throw new Error("another kind of check");
        return new RegExp(wanted.pattern).test(`logs ${config}`) === (wanted.kind === "matches");
      });
    const before = '{"Type":"local","Config":{"max-file":"5","max-size":"10m"}}';
    const journal = '{"labels":"phiward.service","max-buffer-size":"4m","mode":"non-blocking","tag":"container/{{.Name}}"}';
    expect(checks.map(({ id, onlyWarns }) => [id, onlyWarns])).toEqual([
      ["container-db-logs-limited", undefined],
      ["container-db-output-on-record", true],
    ]);
    expect(judge(`{"Type":"journald","Config":${journal}}`)).toEqual([true, true]);
    expect(judge(before)).toEqual([true, false]);
    expect(judge('{"Type":"journald","Config":{"mode":"blocking"}}')).toEqual([false, true]);
    expect(judge('{"Type":"none","Config":{}}')).toEqual([false, false]);
    const local = planOf({ "docker.logs": { ...logs, driver: "local" } });
    expect(local.checks.map(({ id }) => id)).not.toContain("container-db-output-on-record");
  });

  it("changes nothing where the host, or who is connected to it, has an address in the pool", () => {
    const steps = planOf({ "docker.addressPool": "10.128.0.0/12" }).steps.filter(({ id }) => id.startsWith("pool-apart-from-"));
    expect(steps).toHaveLength(3);
    for (const { argv, phase, when, advice } of steps) {
      expect([argv, phase]).toEqual([["false"], "before"]);
      expect(when.kind === "state" ? when.unless.argv.at(-1) : undefined).toBe("10.128.0.0/12");
      expect(advice).toContain("choose another docker.addressPool");
    }
  });

  it("knows its own networks from the host's", () => {
    const [inside, around] = planOf({}).checks.filter(({ id }) => id.startsWith("docker-pool-apart-from-"));
    const foreign = (check: typeof inside, route: string): boolean =>
      check?.expect.kind === "lacks" && new RegExp(check.expect.pattern).test(route);
    for (const check of [inside, around])
      for (const device of ["docker0", "br-0123456789ab", "br-inet-0a1b2c3d"])
        expect(foreign(check, `10.96.1.0/24 dev ${device} proto kernel scope link src 10.96.1.1 linkdown`)).toBe(false);
    expect(foreign(inside, "10.96.7.0/24 via 10.0.0.1 dev eth1")).toBe(true);
    expect(foreign(around, "10.0.0.0/8 dev eth1 proto kernel scope link src 10.0.0.4")).toBe(true);
    expect(foreign(around, "default via 192.0.2.1 dev eth0")).toBe(false);
  });

  it("tries every database before it is let near its data, and brings every image once, before that", () => {
    expect(ids(dockerPlan(dockerSettings(stackModel(CONFIG))))).toEqual([
      "pool-apart-from-routes",
      "pool-apart-from-wider-routes",
      "pool-apart-from-administrators",
      "data-declared",
      "read-units",
      "have-volumes",
      "enable-var-lib-docker-volumes.mount",
      "start-var-lib-docker-volumes.mount",
      "continue-docker.service",
      "enable-docker.service",
      "start-docker.service",
      "restart-docker-with-apparmor",
      "hold-docker",
      "reload-docker",
      "restart-containerd",
      "restart-docker",
      "filter-bridges",
      "hook-docker-user",
      "image-aaaaaaaaaaaa",
      "image-bbbbbbbbbbbb",
      "image-cccccccccccc",
      "make-database-certificates",
      "enable-phiward-encryption.timer",
      "start-phiward-encryption.timer",
      "first-users-of-cache",
      "group-of-users-of-cache",
      "trial-of-db",
      "trial-of-cache",
      "people-below-containers-users",
      "people-below-containers-groups",
      "container-users",
    ]);
    const image = `sha256:${"d".repeat(64)}`;
    const same = ids(planOf({ "services.0.image": image, "services.1.image": image, "services.2.image": image }));
    expect(same.filter((id) => id.startsWith("image-"))).toEqual(["image-dddddddddddd"]);
  });

  it("leaves containerd without the interface for Kubernetes, which listens on TCP", () => {
    expect(textOf(planOf({}), "/etc/containerd/config.toml")).toContain('disabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  });

  it("says what to do when an image is missing", () => {
    const advice = planOf({}).steps.flatMap((step) => step.advice ?? []);
    expect(advice).toContain(
      `sha256:${"b".repeat(64)} could not be loaded: bring its archive with npx phiward adopt --host HOST --images FILE`,
    );
  });

  it("lets a service have two containers' processes while it is replaced, and leaves limits out where there are none", () => {
    const plan = planOf({ "docker.limits": "enforced" });
    expect(textOf(plan, "/etc/systemd/system/phiward-notes_api.slice")).toContain("TasksMax=200\n");
    expect(textOf(plan, "/etc/systemd/system/phiward-db.slice")).toContain("TasksMax=400\n");
    expect(plan.checks.find(({ id }) => id === "container-notes-api-processes-limited")).toMatchObject({
      argv: ["systemctl", "show", "--property=ActiveState,TasksMax", "phiward-notes_api.slice"],
      expect: { kind: "set", lines: ["ActiveState=active", "TasksMax=200"] },
    });
    const none = planOf({ "docker.limits": "unavailable" });
    expect(none.files.filter(({ path }) => path.endsWith(".slice"))).toEqual([]);
    expect(none.checks.filter(({ control }) => control === "CTR-09").map(({ skipInContainer }) => skipInContainer)).toEqual(
      Array(3).fill("the machine's kernel cannot limit containers (docker.limits: unavailable)"),
    );
  });
});
