import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed } from "../readers/closedLines";
import { filesWhere } from "../readers/files";
import { DAILY, service, TOLD, timer, UNITS } from "../readers/unitLines";

const FILES: readonly ClosedFile[] = [
  {
    path: "/etc/docker/daemon.json",
    // Its switches are judged by docker-daemon-hardened; here, that there is no key but these.
    lines: [
      ...['"experimental": false,', '"iptables": true,', '"log-level": "info",', '"icc": false,', '"userland-proxy": false'],
      ...['"base": "{pool}",', '"Name": "nofile",', '"Hard": {1024..1048576},', '"log-driver": "{local|json-file|journald}",'],
    ],
    more: [
      "{one}",
      '"default-address-pools": [',
      '"size": {16..30}',
      '"default-ulimits": {open}',
      '"nofile": {open}',
      '"Soft": {1024..1048576}',
      '"live-restore": true,',
      '"log-opts": {open}',
      '"labels": "phiward.service",',
      '"max-buffer-size": "{1..64}m",',
      '"mode": "non-blocking",',
      '"tag": "container/{tag}"',
      '"max-file": "{1..999}",',
      '"max-size": "{1..9999}{k|m}"',
      '"no-new-privileges": true,',
    ],
  },
  {
    path: "/etc/containerd/config.toml",
    lines: [
      "version = 2",
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      "[plugins]",
      '[plugins."io.containerd.internal.v1.opt"]',
      'path = "/var/lib/containerd/opt"',
    ],
    inOrder: true,
  },
  {
    path: `${UNITS}/docker.service.d/phiward.conf`,
    lines: [
      "[Unit]",
      "StartLimitIntervalSec=0",
      "[Service]",
      "LogRateLimitIntervalSec={30..3600}s",
      "LogRateLimitBurst={100..10000}",
      "SyslogLevel=warning",
    ],
    inOrder: true,
  },
  { path: `${UNITS}/containerd.service.d/phiward.conf`, lines: ["[Service]", "Environment=TMPDIR=/run/containerd"], inOrder: true },
  {
    path: `${UNITS}/var-lib-docker-volumes.mount`,
    lines: [
      "[Unit]",
      "Description={**}",
      "Before=docker.service",
      "[Mount]",
      "What=/var/lib/docker/volumes",
      "Where=/var/lib/docker/volumes",
      "Type=none",
      "Options=bind,noexec,nosuid,nodev",
      "[Install]",
      "WantedBy=multi-user.target",
      "RequiredBy=docker.service",
    ],
    inOrder: true,
  },
  service("phiward-encryption", "encryption renew", [
    TOLD,
    "StartLimitIntervalSec=0",
    "ReadWritePaths=/etc/phiward/services -/var/lib/phiward/authority -/var/lib/phiward/services -/var/lib/phiward/log /run",
    "ProtectHome=yes",
    "CapabilityBoundingSet=CAP_CHOWN CAP_FOWNER",
  ]),
  timer("phiward-encryption", DAILY),
];
const SLICE = /^\/etc\/systemd\/system\/phiward-[a-z0-9_-]+\.slice$/;
// What the files themselves have in braces: a name in a template of Docker; in JSON one that opens, and any that stands alone.
const MARKS = { tag: "{{.Name}}", open: "{", one: ["{", "}", "},", "[", "]", "],"] };

/** What starts Docker and what it may do: who writes another file of it is root. */
export const dockerUnitsKnown: Rule = {
  id: "docker-units-known",
  description: "Docker and containerd have the settings, drop-ins and mounts that the rule lists, and no other.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["DKD-06", "DKD-07", "CTR-11"],
  remedy: "let the concern docker write these files",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    const pool = unit.at("settings").at("addressPool").text();
    if (pool !== undefined) demandClosed(unit, FILES, { ...MARKS, pool }, report);
    const known = FILES.map(({ path }) => path);
    for (const { path, at } of filesWhere(unit, (found) => /^\/etc\/(systemd|docker|containerd)\//.test(found)).files)
      if (!known.includes(path) && !SLICE.test(path)) report({ at, found: "another file of Docker", allowed: "those that the rule lists" });
  },
};
