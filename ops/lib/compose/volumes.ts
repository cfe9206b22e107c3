/** Volumes of a Compose file. Here each service has volumes of its own, and nothing of the host is mounted. */
import { isVolumePath, VOLUME_PATH_RULE } from "../../../components/config/mountPaths";
import { absolutePath } from "../../../components/config/sections/values";
import { member } from "../../../components/config/unknown";
import { Apart, allowedName } from "./names";
import { type Notes, shownName } from "./notes";
import { textOf } from "./words";

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  readonly kind: string;
}

/** Whether one of the volumes is the socket of the Docker daemon, by which a container is root on its host. */
export function mountsDockerSocket(volumes: unknown): boolean {
  return mountsOf(volumes).some(({ source, target }) => /docker\.sock$/.test(source) || /docker\.sock$/.test(target));
}

/** The key `volumes` of a service. `users` are the services that name each volume. */
export function volumesOf(
  service: string,
  volumes: unknown,
  users: ReadonlyMap<string, readonly string[]>,
  notes: Notes,
): readonly { readonly name: string; readonly path: string }[] {
  const apart = new Apart();
  return mountsOf(volumes).flatMap((mount) => {
    const path = mount.target.replace(/(.)\/+$/, "$1");
    const at = `volumes (${shownName(path)})`;
    const fault = refusal(mount, path);
    if (fault !== undefined) {
      notes.add(service, at, fault);
      return [];
    }
    const isNamed = mount.kind === "volume" && mount.source !== "";
    const name = apart.take(allowedName(isNamed ? mount.source : (path.split("/").at(-1) ?? ""), "data"));
    if (isNamed && (users.get(mount.source) ?? []).length > 1)
      notes.add(service, at, "taken over as a volume of this service alone: no two services share one here");
    if (!isNamed && mount.source !== "")
      notes.add(
        service,
        at,
        `taken over as the volume ${name}: no directory of the host is mounted; copy what is in it by \`phiward restore\` or the application`,
      );
    return [{ name, path }];
  });
}

/** Names of the volumes that services share, each with its services. */
export function volumeUsers(services: Readonly<Record<string, unknown>>): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const [service, value] of Object.entries(services))
    for (const { kind, source } of mountsOf(member(value, "volumes")))
      if (kind === "volume" && source !== "") {
        const found = users.get(source);
        if (found === undefined) users.set(source, [service]);
        else found.push(service);
      }
  return users;
}

function refusal({ kind, source, isReadOnly }: Mount, path: string): string | undefined {
  if (kind === "tmpfs") return path === "/tmp" ? undefined : "not taken over: /tmp alone is in memory; all else but volumes is read-only";
  if (/^\/etc\/(localtime|timezone)$/.test(path)) return "not taken over: containers have the image's time zone; set TZ in environment";
  if (kind === "bind" && (isReadOnly || /\.[a-z0-9]{1,5}$/i.test(source)))
    return "not taken over: a file of configuration; declare its text under configurationFiles, with placeholders for secrets, or put it into the image";
  if (!absolutePath.safeParse(path).success || !isVolumePath(path)) return `not taken over: allowed is ${VOLUME_PATH_RULE}`;
  return undefined;
}

function mountsOf(volumes: unknown): readonly Mount[] {
  if (!Array.isArray(volumes)) return [];
  return volumes.map((volume: unknown) => (typeof volume === "string" ? short(volume) : long(volume)));
}

function short(text: string): Mount {
  const parts = text.split(":");
  const isAnonymous = parts.length === 1;
  const source = isAnonymous ? "" : (parts[0] ?? "");
  const options = (parts[2] ?? "").split(",");
  return {
    source,
    target: (isAnonymous ? parts[0] : parts[1]) ?? "",
    isReadOnly: options.includes("ro"),
    // An empty one is what a variable without a value leaves: it stood for a directory.
    kind: /^[./~]/.test(source) || (source === "" && !isAnonymous) ? "bind" : "volume",
  };
}

function long(volume: unknown): Mount {
  const text = (key: string): string => textOf(member(volume, key));
  return { source: text("source"), target: text("target"), isReadOnly: member(volume, "read_only") === true, kind: text("type") };
}
