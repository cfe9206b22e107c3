import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed, type KnownLine } from "../readers/closedLines";
import { each } from "../readers/expectedJson";
import { filesWhere } from "../readers/files";

const UNITS = "/etc/systemd/system";
// What lies on the volume, by the unit that mounts it from there.
const HELD: ReadonlyMap<string, string> = new Map([
  [`${UNITS}/var-lib-docker.mount`, "/var/lib/docker"],
  [`${UNITS}/var-backups-phiward.mount`, "/var/backups/phiward"],
  [`${UNITS}/srv-vault.mount`, "/srv/vault"],
]);

/** Without its mount a host starts all the same, and would keep patients' data on the system's disk, which nothing backs up. */
export const volumeMountsKnown: Rule = {
  id: "volume-mounts-known",
  description: "The volume of the data is mounted as declared, and Docker's data, backups and the vault lie on it and on nothing else.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["FS-04", "FS-05"],
  remedy: "let the concern volume write these units; what may be chosen is under volume of the host in the configuration",
  appliesTo: ["phiward:host:Volume"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const [device, mount] = [settings.at("device").text(), settings.at("mount").text()];
    const held = each(settings.at("held"), (entry) => {
      const [on, path] = [entry.at("on").text(), entry.at("path").text()];
      return on === undefined || path === undefined ? undefined : { on, path };
    });
    if (device === undefined || mount === undefined || held === undefined) return;
    const words = { device, mount };
    const known = [...HELD].filter(([, path]) => held.some((entry) => entry.path === path));
    const files: ClosedFile[] = known.map(([unitPath, path]) => ({ path: unitPath, lines: bind(path), inOrder: true }));
    demandClosed(unit, files, words, report);
    const others = filesWhere(unit, (path) => !known.some(([unitPath]) => unitPath === path));
    const own = others.files.filter(({ path }) => path.startsWith(`${UNITS}/`) && path.endsWith(".mount"));
    for (const { path, at } of others.files)
      if (!own.some((file) => file.path === path)) report({ at, found: "another file", allowed: "units of mounts" });
    if (others.complete && own.length !== 1)
      report({ at: "files", found: `${String(own.length)} other units of mounts`, allowed: "one, of the volume itself" });
    demandClosed(
      unit,
      own.map(({ path }) => ({ path, lines: VOLUME, inOrder: true }) as const),
      words,
      report,
    );
    for (const [index, { on, path }] of held.entries())
      if (!known.some(([, place]) => place === path) || !on.startsWith(`${mount}/`))
        report({
          at: `settings.held.${String(index)}`,
          found: "a place that is not known, or not on the volume",
          allowed: [...HELD.values()].join(", "),
        });
  },
};

const VOLUME: readonly KnownLine[] = [
  "[Unit]",
  "Description={**}",
  "[Mount]",
  "What={device}",
  "Where={mount}",
  "Type=ext4",
  "Options=noatime",
  "[Install]",
  "WantedBy=multi-user.target",
];

function bind(path: string): readonly KnownLine[] {
  return [
    "[Unit]",
    "Description={**}",
    "RequiresMountsFor={mount}",
    "Before=docker.service",
    "[Mount]",
    `What={mount}/${path.split("/").at(-1) ?? ""}`,
    `Where=${path}`,
    "Type=none",
    "Options=bind",
    "[Install]",
    "WantedBy=multi-user.target",
    ...(path === "/var/lib/docker" ? ["RequiredBy=docker.service"] : []),
  ];
}
