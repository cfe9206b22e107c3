import type { Check } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import { mostProcesses, type NamedContainer, type NetworkSettings, type ServicesSettings } from "./containerSettings";

type Ask = Pick<Check, "control" | "cites">;

interface LogLimits {
  readonly maxMegabytes: number;
  readonly files: number;
}

const ACCESS = ["164.312(a)(1)", "GDPR 32(1)(b)"];
const NO_LIMITS = "the machine's kernel cannot limit containers (docker.limits: unavailable)";

/** What the running containers and their networks must answer; asked last of all, when every one of them is there. */
export function servicesChecks(state: ServicesSettings, logs: LogLimits): readonly Check[] {
  const containers = [...state.databases, ...state.services];
  return [...state.networks.map(networkCheck), ...containers.flatMap((container) => containerChecks(container, logs))];
}

function networkCheck({ name, internal, masquerade }: NetworkSettings): Check {
  return {
    id: `network-${name}-closed`,
    control: "NET-13",
    cites: ["164.312(e)(1)", "GDPR 32(1)(b)"],
    argv: [
      ...["docker", "network", "inspect", name, "--format"],
      '{{.Internal}} {{.EnableIPv6}} {{index .Options "com.docker.network.bridge.enable_ip_masquerade"}}',
    ],
    expect: { kind: "equals", text: `${String(internal)} false ${String(masquerade)}` },
  };
}

// One question for all checks of a container. Of its environment the names alone: a value could be the very secret that is sought.
const FACTS = [
  '{{println "health" .State.Health.Status}}',
  '{{println "user" .Config.User}}',
  '{{println "read-only" .HostConfig.ReadonlyRootfs}}',
  '{{println "capabilities" .HostConfig.CapDrop .HostConfig.CapAdd .HostConfig.Privileged .HostConfig.Devices}}',
  '{{println "security" .HostConfig.SecurityOpt}}',
  '{{println "namespaces" (json .HostConfig.PidMode) (json .HostConfig.IpcMode) (json .HostConfig.UTSMode) (json .HostConfig.UsernsMode)}}',
  '{{println "image" .Image}}',
  '{{println "image" .Config.Image}}',
  '{{println "definition" (index .Config.Labels "phiward.definition")}}',
  // Who asked for no port left out the whole list, or gave an empty one.
  '{{if .HostConfig.PortBindings}}{{println "published" (json .HostConfig.PortBindings)}}{{else}}{{println "published {}"}}{{end}}',
  '{{println "logs" (json .HostConfig.LogConfig)}}',
  '{{println "limits" .HostConfig.Memory .HostConfig.CgroupParent}}',
  '{{range .Mounts}}{{if eq (print .Type) "bind"}}{{println "bind" .RW .Source}}{{end}}{{end}}',
  '{{range $name, $network := .NetworkSettings.Networks}}{{println "network" $name}}{{end}}',
  '{{range .Config.Env}}{{println "environment" (index (split . "=") 0)}}{{end}}',
].join("");

const SECRET_NAMES = "(?i)^environment [a-z0-9_]*(password|passwd|secret|token|api_?key|private_?key)[a-z0-9_]*(?<!_file)$";

function containerChecks(container: NamedContainer, logs: LogLimits): readonly Check[] {
  const check = (what: string, ask: Ask, expect: Check["expect"]): Check => ({
    ...ask,
    id: `container-${container.service}-${what}`,
    argv: ["docker", "container", "inspect", container.name, "--format", FACTS],
    expect,
  });
  const says = (what: string, ask: Ask, line: string): Check => check(what, ask, { kind: "lines", lines: [line] });
  const only = (what: string, ask: Ask, fact: string, values: readonly string[]): Check =>
    check(what, ask, { kind: "lacks", pattern: `^${fact} (?!(?:${values.map(escaped).join("|")})$)` });
  const { bindMounts, networks, limits } = container;
  return [
    says("healthy", { control: "CTR-11", cites: ["GDPR 32(1)(b)"] }, "health healthy"),
    says("not-root", { control: "CTR-01", cites: ACCESS }, `user ${container.user}`),
    says("read-only", { control: "CTR-07", cites: ["164.312(c)(1)"] }, "read-only true"),
    says("no-capabilities", { control: "CTR-03", cites: ACCESS }, "capabilities [ALL] [] false []"),
    says("no-new-privileges", { control: "CTR-08", cites: ["164.312(a)(1)"] }, "security [no-new-privileges:true]"),
    says("namespaces-of-its-own", { control: "CTR-12", cites: ACCESS }, 'namespaces "" "private" "" ""'),
    says("image", { control: "CTR-02", cites: ["164.312(c)(1)"] }, `image ${container.image}`),
    says("as-declared", { control: "CTR-18", cites: ["164.308(a)(4)", "GDPR 5(1)(c)"] }, `definition ${container.definition}`),
    says(
      "published",
      { control: container.kind === "container" ? "CTR-15" : ENGINES[container.kind].publishedControl, cites: ACCESS },
      `published ${publishedPorts(container)}`,
    ),
    only(
      "sees-of-host",
      { control: "CTR-06", cites: ACCESS },
      "bind",
      bindMounts.map(({ source }) => `false ${source}`),
    ),
    only("networks", { control: "CTR-14", cites: ["164.312(e)(1)"] }, "network", networks),
    says("logs-limited", { control: "DKD-07", cites: ["164.312(b)"] }, `logs ${logConfig(logs)}`),
    check("no-secret-in-environment", { control: "CTR-16", cites: ["164.312(a)(2)(iv)"] }, { kind: "lacks", pattern: SECRET_NAMES }),
    limits === null
      ? { ...check("limited", LIMITED, { kind: "matches", pattern: "^limits [1-9]" }), skipInContainer: NO_LIMITS }
      : says("limited", LIMITED, `limits ${String(limits.memoryMegabytes * 1024 * 1024)} ${limits.slice}`),
    ...(limits === null
      ? []
      : [
          {
            ...LIMITED,
            id: `container-${container.service}-processes-limited`,
            argv: ["systemctl", "show", "--property=ActiveState,TasksMax", limits.slice],
            expect: {
              kind: "set" as const,
              lines: ["ActiveState=active", `TasksMax=${String(mostProcesses(container.kind, limits.processes))}`],
            },
          },
        ]),
  ];
}

const LIMITED: Ask = { control: "CTR-09", cites: ["164.308(a)(7)(i)"] };

function logConfig({ files, maxMegabytes }: LogLimits): string {
  return `{"Type":"local","Config":{"max-file":"${String(files)}","max-size":"${String(maxMegabytes)}m"}}`;
}

function publishedPorts({ port, publishedPort }: NamedContainer): string {
  return port === null ? "{}" : `{"${String(port)}/tcp":[{"HostIp":"127.0.0.1","HostPort":"${String(publishedPort)}"}]}`;
}

function escaped(text: string): string {
  return text.replace(/[{}()[\].*+?^$|\\]/g, "\\$&");
}
