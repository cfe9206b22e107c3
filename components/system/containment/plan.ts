import { CONFINEMENT } from "../../plan/confinement";
import { textFile } from "../../plan/files";
import { PROGRAM_DIRECTORIES, programCommand } from "../../plan/programs";
import { enableStep, isActive, isEnabled, readUnits, serviceSteps, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe } from "../../plan/types";
import { type ContainmentSettings, ORDER_NAMESPACE } from "./settings";
import { isolationTable } from "./table";

const TABLE = "/etc/phiward/isolation.nft";
const VAULT_KEY = "/etc/phiward/isolation-vault-key";
const SERVICE = "phiward-isolation.service";
const TIMER = "phiward-isolation.timer";
const AT_BOOT = "phiward-isolation-boot.service";
const BLOCKS = "phiward-isolation-blocks.service";
/** Which of two names this file has says whether the host is isolated: it is made beforehand, so that a full disk hinders nothing. */
const ISOLATED = "/var/lib/phiward/isolation/isolated";

const READY: Probe = { argv: programCommand("isolation", "ready"), expect: { kind: "equals", text: "ready" } };

/** All that it takes to isolate the host is there before anybody needs it. */
export function containmentPlan(settings: ContainmentSettings): ConcernPlan {
  const { host, vault, kept, signers } = settings;
  const way = vault === null ? null : { address: vault.address, port: vault.port, user: vault.user, knownHosts: VAULT_KEY };
  const lines = signers.flatMap(({ name, keys }) => keys.map((key) => `${name} namespaces="${ORDER_NAMESPACE}" ${key}\n`));
  const table = textFile(TABLE, isolationTable(settings), "0600");
  const units = [
    textFile(`/etc/systemd/system/${SERVICE}`, SERVICE_TEXT),
    textFile(`/etc/systemd/system/${TIMER}`, TIMER_TEXT),
    textFile(`/etc/systemd/system/${AT_BOOT}`, BOOT_TEXT),
    textFile(`/etc/systemd/system/${BLOCKS}`, BLOCKS_TEXT),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["nftables", "openssh-client", "python3"],
    directories: PROGRAM_DIRECTORIES,
    files: [
      table,
      textFile("/etc/phiward/isolation.json", `${JSON.stringify({ host, vault: way, kept }, null, 2)}\n`, "0600"),
      // As ssh-keygen(1) has it, ALLOWED SIGNERS.
      textFile("/etc/phiward/isolation-signers", lines.join(""), "0600"),
      ...(vault === null ? [] : [textFile(VAULT_KEY, `vault ${vault.hostKey}\n`)]),
      ...units,
    ],
    validators: [{ id: "nft", argv: ["nft", "--check", "--file", TABLE], files: [table] }],
    steps: [
      {
        id: "prepare-isolation",
        argv: programCommand("isolation", "prepare"),
        phase: "after",
        when: { kind: "state", unless: READY },
        undo: { kind: "none" },
      },
      readUnits(units),
      ...serviceSteps(TIMER),
      enableStep(AT_BOOT),
      enableStep(BLOCKS),
    ],
    checks: [
      // Also false while the host is isolated: whoever verifies it is to see that first.
      { ...READY, id: "isolation-ready", control: "IR-01" },
      isActive(TIMER, { id: "isolation-timer-runs", control: "IR-01" }),
      isEnabled(BLOCKS, { id: "blocks-last-over-a-restart", control: "NET-14" }),
      isEnabled(AT_BOOT, { id: "isolation-lasts-over-a-restart", control: "IR-02" }),
    ],
  };
}

// It looks after a host that is isolated, and asks the vault for orders. Nothing ends it for want of memory, and little comes before it.
const SERVICE_TEXT = `[Unit]
Description=Keep the host isolated where it is, and ask the vault for signed orders
RequiresMountsFor=/var/lib/phiward

[Service]
Type=oneshot
ExecStart=${programCommand("isolation", "keep").join(" ")}
TimeoutStartSec=5min
Nice=-10
OOMScoreAdjust=-900
${CONFINEMENT.replace("RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK")
  .replace("ProtectControlGroups=yes", "ProtectControlGroups=no")
  .replace("ProtectKernelTunables=yes", "ProtectKernelTunables=no")}
ReadWritePaths=-/run/phiward /run/systemd /var/lib/phiward
ProtectHome=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_KILL CAP_NET_ADMIN CAP_SYS_PTRACE
`;

const TIMER_TEXT = timerText("Keep the host isolated where it is, and ask for orders, each minute", "*-*-* *:*:30", "AccuracySec=5s");

// The table first, by its own program: what comes after it may take its time.
const BOOT_TEXT = `[Unit]
Description=Isolate the host before its network where it was isolated when it stopped
DefaultDependencies=no
RequiresMountsFor=/var/lib/phiward /etc/phiward
After=local-fs.target
Before=network-pre.target docker.socket docker.service shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target
ConditionPathExists=${ISOLATED}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file ${TABLE}
ExecStart=${programCommand("isolation", "boot").join(" ")}

[Install]
WantedBy=multi-user.target
`;

const BLOCKS_TEXT = `[Unit]
Description=Drop before the network is there what was blocked when the host stopped
DefaultDependencies=no
RequiresMountsFor=/var/lib/phiward
After=local-fs.target
Before=network-pre.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target
ConditionPathExists=/var/lib/phiward/isolation/contained.json

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${programCommand("isolation", "blocks").join(" ")}

[Install]
WantedBy=multi-user.target
`;
