import { CONFINEMENT } from "../../plan/confinement";
import { textFile } from "../../plan/files";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";
import { isActive, isEnabled, readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import type { JournalSettings } from "./settings";

const UNIT = "phiward-journal-upload.service";
const VAULT_KEY = "/etc/phiward/journal-vault-key";

export function journalPlan({ host, vault }: JournalSettings): ConcernPlan {
  const { address, port, user, hostKey } = vault;
  const program = { host, vault: { address, port, user, knownHosts: VAULT_KEY } };
  const settings = textFile("/etc/phiward/journal-upload.json", `${JSON.stringify(program, null, 2)}\n`, "0600");
  // The program asks for it by this name, whatever the vault's address is.
  const key = textFile(VAULT_KEY, `vault ${hostKey}\n`);
  const unit = textFile(`/etc/systemd/system/${UNIT}`, UNIT_TEXT);
  return {
    ...EMPTY_PLAN,
    packages: ["openssh-client", "python3"],
    files: [settings, key, unit],
    steps: [
      readUnits([unit]),
      ...serviceSteps(UNIT),
      {
        // One that runs goes on with the vault and the program that it was started with.
        id: "restart-journal-upload",
        argv: ["systemctl", "restart", UNIT],
        phase: "after",
        when: { kind: "change", on: [settings, key, unit] },
        undo: { kind: "again" },
      },
    ],
    checks: [
      isActive(UNIT, { id: "journal-upload-runs", control: "LOG-02" }),
      isEnabled(UNIT, { id: "journal-upload-starts-with-the-host", control: "LOG-02" }),
      {
        // The vault's own word, over the same connection: what it has of this host.
        id: "journal-arrives-at-the-vault",
        control: "LOG-02",
        argv: programCommand("journal", "arrives"),
        expect: { kind: "equals", text: "arrives" },
        outOfReach: true,
      },
    ],
  };
}

// It begins again for ever: a vault that is away for a day comes back. The firewall there counts connections, hence the pause.
const UNIT_TEXT = `[Unit]
Description=Send the journal to the vault as it is written
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${programCommand("journal", "send").join(" ")}
Restart=always
RestartSec=15s
RestartSteps=5
RestartMaxDelaySec=2min
${CONFINEMENT}
ReadWritePaths=-${LOG_DIRECTORY}
ProtectHome=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH

[Install]
WantedBy=multi-user.target
`;

/** Ends the sending. What the vault has stays there. */
export const JOURNAL_REMOVAL: ConcernPlan = stoppedUnits([UNIT], "LOG-02");
