/** Known vulnerabilities of hosts for a person: what waits, how old the data are, and the command for each. */
import { counted } from "./counted";
import { oneLine } from "./terminal";
import type { HostScans, UnaskedHost } from "./vulnerabilities";

type Look = NonNullable<HostScans["look"]>;
type Place = Look["places"][number];

const DAY = 86_400;
// Of one package, so many are named.
const MOST_CVES = 3;

/** All hosts, each with its places, or why it could not be asked. */
export function vulnerabilitiesText(stack: string, hosts: readonly (HostScans | UnaskedHost)[]): string {
  return hosts.map((scans) => ("unreachable" in scans ? unaskedText(scans) : hostText(stack, scans))).join("\n\n");
}

function unaskedText({ host, unreachable }: UnaskedHost): string {
  return oneLine(`${host}: ! could not be asked, nothing is known of it: ${unreachable}`);
}

function hostText(stack: string, scans: HostScans): string {
  return [...headOf(scans), ...bodyOf(stack, scans), lynisOf(scans)].join("\n");
}

function headOf({ host, now, look }: HostScans): readonly string[] {
  if (look === null) return [`${host}: no look was held yet: systemctl start phiward-vulnerabilities.service on the host`];
  const archive = look.archive === null ? "of a day that is not known" : `of ${ago(now, look.archive)}`;
  const tracker =
    look.tracker === null
      ? "severity not known: no data of the tracker were brought yet"
      : `the tracker's data are of ${ago(now, look.tracker)}`;
  return [`${host}: looked at ${ago(now, look.at)}; the archive's data are ${archive}; ${tracker}`];
}

function bodyOf(stack: string, { look }: HostScans): readonly string[] {
  return (look?.places ?? []).flatMap((place) => placeLines(stack, place));
}

function placeLines(stack: string, place: Place): readonly string[] {
  const name = place.where === "host" ? `the host itself, ${place.system}` : `the image ${place.where} of ${place.containers.join(", ")}`;
  if (place.untold !== "") return [`  ${name}: ${place.untold}`];
  const unfixed = Object.entries(place.unfixed ?? {}).filter(([, count]) => count > 0);
  const words = unfixed.map(([severity, count]) => `${String(count)} ${severity}`).join(", ");
  const rest = words === "" ? "" : `; not mended by Debian yet: ${words}`;
  if (place.waiting.length === 0) return [`  ${name}: no update waits${rest}`];
  return [
    `  ${name}: ${counted(place.waiting.length, "update waits", "updates wait")}${rest}`,
    ...tableOf(place),
    ...commandsOf(stack, place),
  ];
}

function tableOf({ waiting }: Place): readonly string[] {
  const head = ["package", "installed", "mended in", "severity", "CVE"];
  const rows = waiting.map((one) => [one.package, one.installed, one.fixed, one.severity, cvesOf(one.cves)]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `    ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return [head, ...rows].map(line);
}

function cvesOf(cves: readonly string[]): string {
  const more = cves.length - MOST_CVES;
  const named = cves.slice(0, MOST_CVES).join(" ") || "-";
  return more > 0 ? `${named} and ${String(more)} more` : named;
}

// The host installs its own each night; an image is another one, by its digest in the stack's file.
function commandsOf(stack: string, { where, containers }: Place): readonly string[] {
  if (where === "host") return ["    install now:  sudo unattended-upgrade (on the host; each night by itself)"];
  return [
    `    newest digest:  docker buildx imagetools inspect ${where}`,
    `    take it:        set it as the image of ${containers.join(", ")} in the stack's file; npx phiward up --stack ${stack}`,
    "    where the newest one has them too, build it again from its base, or ask whoever builds it",
  ];
}

function lynisOf({ now, lynis }: HostScans): string {
  if (lynis === null) return "  lynis: not judged yet; it is each Sunday, or by systemctl start phiward-lynis.service on the host";
  const fell = lynis.dropped === 0 ? "" : `, ${String(lynis.dropped)} below the time before`;
  const counts = `${counted(lynis.warnings.length, "warning")}, ${counted(lynis.suggestions.length, "suggestion")}`;
  return [
    `  lynis ${lynis.version}: index ${String(lynis.index)} of 100${fell}; ${counts}; ${ago(now, lynis.at)}`,
    ...lynis.warnings.map((text) => `    ${text}`),
  ].join("\n");
}

function ago(now: number, at: number): string {
  const days = Math.floor((now - at) / DAY);
  return days <= 0 ? "today" : days === 1 ? "a day ago" : `${String(days)} days ago`;
}
