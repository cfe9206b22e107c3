import { BACKUP_JOB_HOURS } from "../../config/calendar";
import { type PlanDirectory, textFile } from "../../plan/files";
import { VAULT_DIRECTORY } from "../../plan/machineAccounts";
import { programCommand } from "../../plan/programs";
import { isActive, readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { ANY, type Check, type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { daily, type Job, jobChecks, jobUnits } from "../timers";
import type { RecordsSettings } from "./settings";

/** Where the journals of other hosts are: `remote-HOST.journal`, and `remote-HOST@….journal` of what is full. */
export const REMOTE_DIRECTORY: PlanDirectory = {
  path: "/var/log/journal/remote",
  owner: "systemd-journal-remote:systemd-journal-remote",
  mode: "0750",
};
const SOCKET = "phiward-journal-remote.socket";
const GIGABYTE = 2 ** 30;
const RECORD = { control: "LOG-02" } as const;

export function recordsPlan({ senders, retentionYears, silentMinutes, gigabytesPerHost, time }: RecordsSettings): ConcernPlan {
  const jobs = recordsJobs(time);
  const units = jobUnits(jobs);
  const program = { senders, retentionYears, silentSeconds: silentMinutes * 60, mostBytes: gigabytesPerHost * GIGABYTE };
  const socket = textFile(`/etc/systemd/system/${SOCKET}`, SOCKET_TEXT);
  return {
    ...EMPTY_PLAN,
    packages: ["systemd-journal-remote", "python3"],
    directories: [REMOTE_DIRECTORY, CONFIGURATION_DIRECTORY],
    files: [
      // Read by what runs without root's rights; it has names alone.
      textFile("/etc/phiward/journal-remote.json", `${JSON.stringify(program, null, 2)}\n`),
      textFile(`${CONFIGURATION_DIRECTORY.path}/zz-phiward.conf`, LIMITS),
      socket,
      textFile("/etc/systemd/system/phiward-journal-remote@.service", RECEIVER_TEXT),
      ...units.files,
    ],
    steps: [
      readUnits([ANY]),
      ...serviceSteps(SOCKET),
      {
        id: "restart-journal-remote",
        argv: ["systemctl", "restart", SOCKET],
        phase: "after",
        when: { kind: "change", on: [socket] },
        undo: { kind: "again" },
      },
      ...units.steps,
    ],
    checks: [...CHECKS, ...jobChecks(jobs)],
  };
}

const CONFIGURATION_DIRECTORY: PlanDirectory = {
  path: "/etc/systemd/journal-remote.conf.d",
  owner: "root:root",
  mode: "0755",
  exclusive: { noun: "journal-remote settings", keep: [] },
};

// By its own defaults it removes the oldest file when all take more than 4 GB. Here time alone removes one; a full disk refuses new records.
const LIMITS = "[Remote]\nMaxUse=1E\nKeepFree=0\nMaxFileSize=128M\nMaxFiles=1000000\n";

const WATCH = "phiward-journal-watch";
const CHECK = "phiward-journal-check";

function recordsJobs(time: string): readonly Job[] {
  return [
    job(WATCH, "Notice hosts whose records do not arrive", "watch", "*:0/5"),
    // With the vault's other check, so that there is time for a restart.
    job(CHECK, "Check the journals of other hosts, and remove what is past its years", "check", daily(time, BACKUP_JOB_HOURS.vaultCheck)),
  ];
}

function job(name: string, description: string, verb: string, calendar: string): Job {
  return {
    name,
    description,
    commands: [programCommand("journal", verb).join(" ")],
    calendar,
    delaySeconds: 30,
    writes: [REMOTE_DIRECTORY.path, "/var/lib/phiward", VAULT_DIRECTORY],
    // The files are another account's.
    capabilities: ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"],
    cleanUp: null,
  };
}

const CHECKS: readonly Check[] = [
  isActive(SOCKET, { ...RECORD, id: "journal-remote-listens" }),
  {
    ...RECORD,
    id: "journal-remote-closed",
    argv: ["stat", "--format=%U:%G %a", REMOTE_DIRECTORY.path],
    expect: { kind: "equals", text: `${REMOTE_DIRECTORY.owner} 750` },
  },
  {
    // Debian's own receiver asks nobody who they are: its TLS library is left out there.
    ...RECORD,
    id: "journal-remote-on-no-port",
    argv: ["ss", "--listening", "--tcp", "--no-header", "--numeric", "sport = :19532"],
    expect: { kind: "equals", text: "" },
  },
  {
    control: "LOG-04",
    id: "journal-remote-keeps-all",
    argv: ["systemd-analyze", "cat-config", "systemd/journal-remote.conf"],
    expect: { kind: "assigned", lines: LIMITS.split("\n").filter((line) => line.includes("=")) },
  },
  {
    control: "LOG-09",
    id: "journals-arrive",
    argv: programCommand("journal", "arrived"),
    expect: { kind: "equals", text: "all arrive" },
    // Whoever deploys a vault cannot have another host speak.
    onlyWarns: true,
    outOfReach: true,
  },
  {
    control: "LOG-09",
    id: "journals-whole",
    argv: programCommand("journal", "whole"),
    expect: { kind: "equals", text: "all whole" },
    onlyWarns: true,
    outOfReach: true,
  },
];

const SOCKET_TEXT = `[Unit]
Description=Journals of other hosts, from their accounts

[Socket]
ListenStream=/run/phiward-journal/socket
SocketMode=0666
DirectoryMode=0755
RemoveOnStop=yes
Accept=yes
MaxConnections=128
MaxConnectionsPerSource=4

[Install]
WantedBy=sockets.target
`;

// It becomes systemd-journal-remote, which reads the connection as its standard input. It needs no network: the socket is there already.
const RECEIVER_TEXT = `[Unit]
Description=The journal of one host
CollectMode=inactive-or-failed

[Service]
Type=exec
User=systemd-journal-remote
ExecStart=${programCommand("journal", "receive").join(" ")}
StandardInput=socket
StandardOutput=socket
StandardError=journal
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=${REMOTE_DIRECTORY.path}
PrivateTmp=yes
PrivateDevices=yes
PrivateNetwork=yes
ProtectHome=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
CapabilityBoundingSet=
MemoryMax=512M
TasksMax=16
UMask=0027
`;

/** Takes the receiver down. The journals that it has stay: they are removed by people alone. */
export const RECORDS_REMOVAL: ConcernPlan = {
  ...stoppedUnits([SOCKET, `${WATCH}.timer`, `${CHECK}.timer`], "LOG-02"),
};
