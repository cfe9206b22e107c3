/** Where data may be mounted: on a host, and in a container. */

const KERNEL = ["/proc", "/sys", "/dev", "/run", "/var/run", "/var/lock"];
const PROGRAMS = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => [`/${name}`, `/usr/${name}`, `/usr/local/${name}`]);

// A volume there would stand in for what the kernel, Docker or the image has there, secrets and programs among it; /tmp is memory.
const OF_CONTAINERS = [...KERNEL, ...PROGRAMS, "/etc", "/tmp", "/boot", "/usr/libexec", "/usr/local/libexec"];

// What Debian and its packages keep, and what this project does. A mount hides what is there, and is hidden by what is mounted later.
const OF_HOSTS = [
  ...[...KERNEL, "/etc", "/tmp", "/boot", "/usr", "/home", "/root", "/lost+found"],
  ...["bin", "sbin", "lib", "lib32", "lib64", "libx32"].map((name) => `/${name}`),
  ...["backups", "cache", "local", "log", "mail", "opt", "spool", "tmp"].map((name) => `/var/${name}`),
  ...["apt", "containerd", "dbus", "docker", "dpkg", "fail2ban", "nginx", "phiward", "private", "sudo", "systemd"].map(
    (name) => `/var/lib/${name}`,
  ),
  "/srv/vault",
];
// These hold directories of others.
const WHOLE = ["/media", "/mnt", "/opt", "/srv", "/var", "/var/lib"];

/** What is allowed as the path of a volume in a container. */
export const VOLUME_PATH_RULE = "a path outside of /proc, /sys, /dev, /etc, /run, /tmp, /boot and the image's programs";

/** Whether a container may have a volume at this absolute path. */
export function isVolumePath(path: string): boolean {
  return !meets(path, OF_CONTAINERS);
}

/** What is allowed as the path of a configuration file in a container. */
export const CONFIGURATION_PATH_RULE = "a path outside of /proc, /sys, /dev, /run, /tmp, /boot and the image's programs";

/** Whether a container may have a configuration file at this absolute path. */
export function isConfigurationPath(path: string): boolean {
  return (
    !meets(
      path,
      OF_CONTAINERS.filter((directory) => directory !== "/etc"),
    ) && path !== "/etc"
  );
}

// systemd names a mount by its path, in which it writes a hyphen as four characters, and no name of a file has more than 255.
const LONGEST_MOUNT = 60;

/** What is allowed as the mount point of a host's volume. */
export const MOUNT_RULE = `a directory of its own, such as /srv/data, of ${String(LONGEST_MOUNT)} characters at most: none that the system or a concern uses, nor one in or above these`;

/** Whether a host may mount a volume at this absolute path. */
export function isMountPath(path: string): boolean {
  return path.length <= LONGEST_MOUNT && !WHOLE.includes(path) && !meets(path, OF_HOSTS);
}

// Whether a path is one of these directories, in one or above one.
function meets(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => `${path}/`.startsWith(`${directory}/`) || `${directory}/`.startsWith(`${path}/`));
}
