import type { HostRule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import {
  CONTAINER,
  containersOf,
  DATABASES,
  hasLimits,
  isLimited,
  optionalText,
  PROCESS_THRESHOLDS,
  SERVICES,
  WITH_CONTAINERS,
} from "../readers/containers";
import { filesWhere } from "../readers/files";
import { iniEntries } from "../readers/ini";

/** A fork bomb ends where it began: Docker's provider knows no limit of processes, so systemd's is around each service. */
export const containerProcessesLimited: HostRule = {
  id: "container-processes-limited",
  description: "The control group of every container limits how many processes it may have.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CTR-09"],
  remedy: "compute the slices from the same configuration as the containers, and set processes of the service",
  thresholds: PROCESS_THRESHOLDS,
  judge(host, report, { configured }) {
    const most = thresholdOf(PROCESS_THRESHOLDS, "processes", configured);
    const units = host
      .of("phiward:host:Docker")
      .map((docker) => filesWhere(docker, (path) => /^\/etc\/systemd\/system\/[^/]+\.slice$/.test(path)));
    const limited = new Set(
      units.flatMap(({ files }) =>
        files
          .filter(({ texts }) =>
            texts.every((text) => {
              const limits = iniEntries(text).filter(({ section, key }) => section === "Slice" && key === "tasksmax");
              return limits.length > 0 && limits.every(({ value }) => /^[1-9]\d*$/.test(value) && Number(value) <= most);
            }),
          )
          .map(({ path }) => path.replace("/etc/systemd/system/", "")),
      ),
    );
    if (!units.every(({ complete }) => complete)) return;
    // Which containers the components declare without limits, where the kernel has none.
    const unlimited = [DATABASES, SERVICES]
      .flatMap((type) => host.of(type))
      .flatMap(containersOf)
      .filter((container) => !hasLimits(container))
      .map((container) => container.at("name").text());
    for (const container of host.of(CONTAINER))
      if (!isLimited(container, most) && ![container.at("name").text()].some((name) => name === undefined || unlimited.includes(name)))
        report({ at: container.at("cgroupParent").path, found: "nothing", allowed: "the limits that its component declares" });
    for (const container of WITH_CONTAINERS.flatMap((type) => host.of(type)).flatMap(containersOf)) {
      const slice = optionalText(container, "cgroupParent");
      if (slice !== undefined && slice !== "" && !limited.has(slice))
        report({
          at: container.at("cgroupParent").path,
          found: "a control group without a process limit",
          allowed: `a slice of this host with TasksMax, ${String(most)} at most`,
        });
    }
  },
};
