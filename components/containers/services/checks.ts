import type { ControlId } from "../../compliance/controls";
import { anyOf } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import { type OutputSettings, outputChecks } from "../output";
import { mostProcesses, type NamedContainer, type NetworkSettings, type ServicesSettings } from "./containerSettings";
import { BRIDGE_NAME, internetBridge, publishedPorts } from "./dockerArguments";

const NO_LIMITS = "the machine's kernel cannot limit containers (docker.limits: unavailable)";

/** Checks of containers and their networks; asked last, once Pulumi has created all of them. */
export function servicesChecks(settings: ServicesSettings, logs: OutputSettings): readonly Check[] {
  const containers = [...settings.databases, ...settings.services];
  const checks = [...settings.networks.map(networkCheck), ...containers.flatMap((container) => containerChecks(container, logs))];
  return checks.map((check) => ({ ...check, outOfReach: true }));
}

function networkCheck({ name, internal, masquerade }: NetworkSettings): Check {
  return {
    id: `network-${name}-closed`,
    control: "NET-13",
    argv: [
      ...["docker", "network", "inspect", name, "--format"],
      `{{.Internal}} {{.EnableIPv6}} {{index .Options "com.docker.network.bridge.enable_ip_masquerade"}} {{index .Options "${BRIDGE_NAME}"}}`,
    ],
    // The firewall lets out what comes by a bridge of such a name.
    expect: { kind: "equals", text: `${String(internal)} false ${String(masquerade)}${masquerade ? ` ${internetBridge(name)}` : ""}` },
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

// Asked for where it is declared.
const PROCESSORS = '{{println "processors" .HostConfig.NanoCpus}}';

const SECRET_NAMES = "(?i)^environment [a-z0-9_]*(password|passwd|secret|token|api_?key|private_?key)[a-z0-9_]*(?<!_file)$";

function containerChecks(container: NamedContainer, logs: OutputSettings): readonly Check[] {
  const facts = container.limits?.cpus === undefined ? FACTS : `${FACTS}${PROCESSORS}`;
  const check = (what: string, control: ControlId, expect: Check["expect"]): Check => ({
    control,
    id: `container-${container.called}-${what}`,
    argv: ["docker", "container", "inspect", container.name, "--format", facts],
    expect,
  });
  const says = (what: string, control: ControlId, line: string): Check => check(what, control, { kind: "lines", lines: [line] });
  const only = (what: string, control: ControlId, fact: string, values: readonly string[]): Check =>
    check(what, control, { kind: "lacks", pattern: `^${fact} (?!${anyOf(values)}$)` });
  const { bindMounts, networks, limits } = container;
  return [
    says("healthy", "CTR-11", "health healthy"),
    says("not-root", "CTR-01", `user ${container.user}`),
    says("read-only", "CTR-07", "read-only true"),
    says("no-capabilities", "CTR-03", "capabilities [ALL] [] false []"),
    says("no-new-privileges", "CTR-08", "security [no-new-privileges:true]"),
    says("namespaces-private", "CTR-12", 'namespaces "" "private" "" ""'),
    says("image", "CTR-02", `image ${container.image}`),
    says("as-declared", "CTR-18", `definition ${container.definition}`),
    says(
      "published",
      container.kind === "container" ? "CTR-15" : ENGINES[container.kind].publishedControl,
      `published ${bindings(container)}`,
    ),
    only(
      "bind-mounts",
      "CTR-06",
      "bind",
      bindMounts.map(({ source }) => `false ${source}`),
    ),
    only("networks", "CTR-14", "network", networks),
    ...outputChecks(logs, check),
    check("no-secret-in-environment", "CTR-16", { kind: "lacks", pattern: SECRET_NAMES }),
    limits === null
      ? { ...check("limited", LIMITED, { kind: "matches", pattern: "^limits [1-9]" }), skipInContainer: NO_LIMITS }
      : says("limited", LIMITED, `limits ${String(limits.memoryMegabytes * 1024 * 1024)} ${limits.slice}`),
    ...(limits?.cpus === undefined ? [] : [says("processors-limited", LIMITED, `processors ${String(Math.round(limits.cpus * 1e9))}`)]),
    ...(limits === null
      ? []
      : [
          {
            control: LIMITED,
            id: `container-${container.called}-processes-limited`,
            argv: ["systemctl", "show", "--property=ActiveState,TasksMax", limits.slice],
            expect: {
              kind: "set" as const,
              lines: ["ActiveState=active", `TasksMax=${String(mostProcesses(container.kind, limits.processes))}`],
            },
          },
        ]),
  ];
}

const LIMITED: ControlId = "CTR-09";

// In the order in which Docker prints them: of texts, not of numbers.
function bindings(container: NamedContainer): string {
  const bound = publishedPorts(container).map(
    ([port, published]) => `"${String(port)}/tcp":[{"HostIp":"127.0.0.1","HostPort":"${String(published)}"}]`,
  );
  return `{${bound.sort().join(",")}}`;
}
