/** The units that look for vulnerabilities, bring the tracker's data and have the system judged. */
import { CONFINEMENT } from "../../plan/confinement";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";

/** Names of services and their timers. */
export const UNITS = {
  look: "phiward-vulnerabilities",
  tracker: "phiward-vulnerability-data",
  lynis: "phiward-lynis",
} as const;

/** Where all of it is kept, which root alone enters. */
export const SCANS_DIRECTORY = "/var/lib/phiward/scans";
/** Debian's release of the hosts: the tracker has a file for each. */
const RELEASE = "trixie";

/**
 * It reads what images and the archive say in a child that is nobody, for which it keeps the right to become another account. It asks
 * Docker's socket, and no network.
 */
export const LOOK_TEXT = `[Unit]
Description=Look for known vulnerabilities of this host's packages and images

[Service]
Type=oneshot
ExecStart=${programCommand("scans", "look").join(" ")}
TimeoutStartSec=1h
Nice=10
IOSchedulingClass=idle
MemoryMax=1536M
TasksMax=32
IPAddressDeny=any
${CONFINEMENT}
ReadWritePaths=${SCANS_DIRECTORY} -${LOG_DIRECTORY}
ProtectHome=yes
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL
`;

/** An account that is there while it runs writes to one file, which systemd has opened; what it wrote is judged later. Where there is no way to the tracker, the data stay those of before. */
export function trackerText(tracker: string): string {
  const limits = ["--max-time", "300", "--connect-timeout", "30", "--max-filesize", "33554432", "--max-redirs", "0"];
  return `[Unit]
Description=Bring the data of Debian's security tracker

[Service]
Type=oneshot
ExecStart=-/usr/bin/curl --silent --show-error --fail --proto =https ${limits.join(" ")} ${tracker.replaceAll("%", "%%").replaceAll("$", "$$$$")}${RELEASE}
DynamicUser=yes
StandardOutput=truncate:${SCANS_DIRECTORY}/tracker.new
StandardError=journal
TimeoutStartSec=10min
LimitFSIZE=32M
Nice=10
MemoryMax=128M
TasksMax=8
${CONFINEMENT}
ProtectHome=yes
ProtectProc=invisible
CapabilityBoundingSet=
`;
}

/** Lynis is root to read all settings, and writes what it found and its process's number alone. */
export const LYNIS_TEXT = `[Unit]
Description=Have this system's settings judged by lynis

[Service]
Type=oneshot
ExecStart=${programCommand("scans", "judge").join(" ")}
TimeoutStartSec=1h
Nice=19
IOSchedulingClass=idle
MemoryMax=512M
TasksMax=64
IPAddressDeny=any
IPAddressAllow=localhost
${CONFINEMENT}
# Its firewall's rules, its sockets and its routes.
RestrictAddressFamilies=AF_NETLINK
SystemCallErrorNumber=EPERM
ReadWritePaths=${SCANS_DIRECTORY} /run -${LOG_DIRECTORY}
ProtectHome=read-only
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_NET_ADMIN CAP_SYS_PTRACE CAP_SETUID CAP_SETGID CAP_KILL
`;
