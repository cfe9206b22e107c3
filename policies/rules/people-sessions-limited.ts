import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed } from "../readers/closedLines";

const UNITS = "/etc/systemd/system";
const REFUSE = "ExecStart=systemd-tmpfiles --create /etc/tmpfiles.d/90-phiward-people.conf";

// Whom each line names follows from the people; what it takes from them is always the same.
const REFUSED = [
  ...["journal/socket", "journal/stdout", "journal/dev-log"].map((socket) => `a /run/systemd/${socket} - - - - group::rw-,mask::rw-,{**}`),
  ...["dbus/system_bus_socket", "systemd/notify", "systemd/io.systemd.*", "systemd/*/io.systemd.*"].map(
    (socket) => `a /run/${socket} - - - - group::---,mask::rw-,{**}`,
  ),
];

const FILES: readonly ClosedFile[] = [
  {
    path: `${UNITS}/user-.slice.d/zz-phiward.conf`,
    lines: [
      "[Slice]",
      "TasksMax={1..1024}",
      "MemoryHigh={1..25}%",
      "MemoryMax={1..30}%",
      "MemorySwapMax={0..10}%",
      "CPUWeight={1..50}",
    ].concat("IOWeight={1..50}"),
    inOrder: true,
  },
  { path: "/etc/security/limits.d/zz-phiward-people.conf", lines: ["@phiward-ssh hard nproc {1..1024}"], inOrder: true },
  {
    path: "/etc/systemd/logind.conf.d/zz-phiward.conf",
    lines: ["[Login]", "KillUserProcesses=yes", "RemoveIPC=yes", "RuntimeDirectorySize={1..64}M", "RuntimeDirectoryInodesMax={1..16384}"],
    inOrder: true,
  },
  {
    path: `${UNITS}/user@.service.d/90-phiward.conf`,
    lines: ["[Service]", "Type=exec", "StandardOutput=null", "StandardError=null"],
    inOrder: true,
  },
  {
    path: `${UNITS}/phiward-people-refused.service`,
    lines: [
      "[Unit]",
      "Description={**}",
      "Before=systemd-user-sessions.service",
      "[Service]",
      "Type=oneshot",
      "RemainAfterExit=yes",
      "TimeoutStartSec={1..60}",
      REFUSE,
      "[Install]",
      "WantedBy=multi-user.target",
    ],
    inOrder: true,
  },
  {
    path: `${UNITS}/phiward-people.service`,
    lines: [
      "[Unit]",
      "Description={**}",
      "[Service]",
      "Type=oneshot",
      "ExecStart=/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz people end /etc/phiward/people.json",
      REFUSE,
    ],
    inOrder: true,
  },
  {
    path: `${UNITS}/phiward-people.timer`,
    lines: [
      "[Unit]",
      "Description={**}",
      "[Timer]",
      "OnCalendar=*-*-* *:{0..59}",
      "Persistent=true",
      "[Install]",
      "WantedBy=timers.target",
    ],
    inOrder: true,
  },
  { path: "/etc/tmpfiles.d/90-phiward-people.conf", lines: REFUSED, more: ["a /usr/bin/sudo - - - - group::r-x,mask::r-x{**}"] },
  { path: "/etc/cron.allow", lines: ["root"], inOrder: true },
  { path: "/etc/at.allow", lines: ["root"], inOrder: true },
];

/** What a session may use, and what is left of one that may not be any more. */
export const peopleSessionsLimited: Rule = {
  id: "people-sessions-limited",
  description: "Sessions of people have limits, end with their log-in, and reach no socket of the system.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SSH-35", "SSH-23", "LOG-11", "FS-09"],
  remedy: "let the concern people write these files",
  appliesTo: ["phiward:host:People"],
  judge(unit, report) {
    demandClosed(unit, FILES, {}, report);
  },
};
