import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { servicesChecks } from "../services/checks";
import { APT_HELD_PACKAGES, type DockerSettings } from "./settings";

type Ask = Pick<Check, "control" | "cites">;

const PRIVILEGE: Ask = { control: "DKD-02", cites: ["164.312(a)(1)", "GDPR 32(1)(b)"] };
const RUNNING: Ask = { control: "DKD-03", cites: ["164.308(a)(7)(i)"] };
const NO_APPARMOR = "a container has its machine's kernel, whose AppArmor is the machine's own";

/** What the running engine, and all that it runs, must answer. */
export function dockerChecks(state: DockerSettings): readonly Check[] {
  const { logs, addressPool } = state;
  return [
    isActive("docker.service", { ...RUNNING, id: "docker-active" }),
    isEnabled("docker.service", { ...RUNNING, id: "docker-enabled" }),
    {
      id: "docker-held",
      control: "DKD-11",
      cites: ["GDPR 32(1)(b)"],
      argv: ["apt-mark", "showhold", ...APT_HELD_PACKAGES],
      expect: { kind: "set", lines: APT_HELD_PACKAGES },
    },
    says("live-restore", { control: "DKD-03", cites: ["164.308(a)(7)(i)", "GDPR 32(1)(b)"] }, "live-restore true"),
    says("log-driver", { control: "DKD-07", cites: ["164.312(b)"] }, "log-driver local"),
    says("experimental-off", { control: "DKD-07", cites: ["164.308(a)(1)(ii)(B)"] }, "experimental false"),
    says("swarm-off", { control: "DKD-10", cites: ["164.312(a)(1)"] }, "swarm inactive"),
    says("address-pool", { control: "NET-10", cites: ["164.312(e)(1)"] }, `pools [{${addressPool} 24}]`),
    says("no-new-privileges", PRIVILEGE, "security name=no-new-privileges"),
    says("seccomp", { ...PRIVILEGE, control: "DKD-12" }, "security name=seccomp,profile=builtin"),
    { ...says("apparmor", { ...PRIVILEGE, control: "DKD-12" }, "security name=apparmor"), skipInContainer: NO_APPARMOR },
    {
      id: "docker-no-talk-between-containers",
      control: "DKD-01",
      cites: ["164.312(e)(1)"],
      argv: ["docker", "network", "inspect", "bridge", "--format", '{{index .Options "com.docker.network.bridge.enable_icc"}}'],
      expect: { kind: "equals", text: "false" },
    },
    {
      id: "docker-no-userland-proxy",
      control: "DKD-04",
      cites: ["GDPR 32(1)(b)"],
      argv: ["pgrep", "--exact", "docker-proxy"],
      expect: { kind: "exit", code: 1 },
    },
    {
      id: "docker-not-on-network",
      control: "DKD-06",
      cites: ["164.312(e)(1)", "164.312(d)", "GDPR 32(1)(b)"],
      argv: ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes"],
      // Without the proxy, the engine holds the published ports of the loopback address itself.
      expect: { kind: "lacks", pattern: '^\\S+\\s+\\S+\\s+\\S+\\s+(?!127\\.0\\.0\\.1:)\\S+\\s.*"dockerd"|:237[56]\\s' },
    },
    {
      id: "docker-socket-for-deploy-alone",
      control: "DKD-09",
      cites: ["164.312(a)(1)"],
      argv: ["stat", "--format=%U:%G %a", "/run/docker.sock", "/run/containerd/containerd.sock"],
      expect: { kind: "equals", text: "root:docker 660\nroot:root 660" },
    },
    {
      id: "containers-published-on-loopback-alone",
      control: "NET-09",
      cites: ["164.312(a)(1)", "GDPR 32(1)(b)"],
      argv: ["docker", "ps", "--format", "{{.Ports}}"],
      expect: { kind: "lacks", pattern: "(^|, )(?!127\\.0\\.0\\.1:)[^, ]*->" },
    },
    ...servicesChecks(state.services, logs),
  ];
}

// One question for all facts of the engine.
const FACTS = [
  '{{println "live-restore" .LiveRestoreEnabled}}',
  '{{println "log-driver" .LoggingDriver}}',
  '{{println "experimental" .ExperimentalBuild}}',
  '{{println "swarm" .Swarm.LocalNodeState}}',
  '{{println "pools" .DefaultAddressPools}}',
  '{{range .SecurityOptions}}{{println "security" .}}{{end}}',
].join("");

function says(what: string, ask: Ask, line: string): Check {
  return { ...ask, id: `docker-${what}`, argv: ["docker", "info", "--format", FACTS], expect: { kind: "lines", lines: [line] } };
}
