import { type AbsolutePath, textFile } from "../../plan/files";
import { readUnits, serviceSteps } from "../../plan/systemd";
import { ANY, type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { volumeChecks } from "./checks";
import type { Held, VolumeSettings } from "./settings";

/** Mounts the volume, and what must lie on it from there. It formats nothing: DigitalOcean made the file system with the volume. */
export function volumePlan(settings: VolumeSettings): ConcernPlan {
  const { device, filesystem, mount, held } = settings;
  return {
    ...EMPTY_PLAN,
    files: [
      textFile(unitPath(mount), mountUnit("Volume of the data", device, mount, filesystem, "noatime", "WantedBy=multi-user.target")),
      ...held.map(({ on, path }) => textFile(unitPath(path), bindUnit(on, path, mount))),
    ],
    steps: [readUnits([ANY], "read-mounts"), ...serviceSteps(unitName(mount)), ...held.flatMap(heldSteps)],
    checks: volumeChecks(settings),
  };
}

/** Name of the systemd unit of a mount point (systemd.unit(5), "String Escaping for Inclusion in Unit Names"). */
export function unitName(path: string): string {
  const escaped = path
    .slice(1)
    .replaceAll(/[^A-Za-z0-9:_./]|^\./g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`)
    .replaceAll("/", "-");
  return `${escaped}.mount`;
}

function unitPath(path: string): AbsolutePath {
  return `/etc/systemd/system/${unitName(path)}`;
}

// The host boots without its volume, and can be looked at; what keeps data on it does not start.
function bindUnit(on: string, path: string, mount: string): string {
  return mountUnit(
    `${path} on the volume`,
    on,
    path,
    "none",
    "bind",
    `WantedBy=multi-user.target${path === "/var/lib/docker" ? "\nRequiredBy=docker.service" : ""}`,
    `RequiresMountsFor=${mount}\nBefore=docker.service\n`,
  );
}

function mountUnit(description: string, what: string, where: string, type: string, options: string, install: string, order = ""): string {
  return `[Unit]\nDescription=${description}\n${order}\n[Mount]\nWhat=${what}\nWhere=${where}\nType=${type}\nOptions=${options}\n\n[Install]\n${install}\n`;
}

function heldSteps({ on, path }: Held): readonly Step[] {
  const mounted = { argv: ["mountpoint", "--quiet", path], expect: { kind: "exit", code: 0 } } as const;
  return [
    step(`place-for-${path}`, ["mkdir", "--parents", "--mode=0711", on], { argv: ["test", "-d", on], expect: { kind: "exit", code: 0 } }),
    step(`have-${path}`, ["mkdir", "--parents", "--mode=0711", path], { argv: ["test", "-d", path], expect: { kind: "exit", code: 0 } }),
    {
      // Fails where there is data already, which a mount would hide.
      ...step(`empty-${path}`, ["rmdir", path], mounted),
      advice: `${path} must be empty before the volume is mounted there: stop what uses it, move its content to ${on}, and deploy again`,
    },
    ...serviceSteps(unitName(path), { requiredNow: true }),
  ];
}

function step(id: string, argv: readonly string[], unless: Extract<Step["when"], { kind: "state" }>["unless"]): Step {
  return { id, argv, phase: "after", when: { kind: "state", unless }, undo: { kind: "none" } };
}
