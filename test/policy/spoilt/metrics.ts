import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced } from "./spoil";

const EXPORTER = textOf("metrics", "/etc/systemd/system/prometheus-node-exporter.service.d/phiward.conf");
const SENDER = textOf("metrics", "/etc/systemd/system/phiward-metrics.service");
const SENT_TO = textOf("metrics", "/etc/phiward/metrics.json");
const KEY = textOf("metrics", "/etc/phiward/metrics-vault-key");

/** What the rules about metrics must refuse. */
export const METRICS_REFUSED: readonly Refused[] = [
  ...refused("metrics-on-loopback-alone", "metrics", [
    ["it listens for everybody", EXPORTER, replaced("=127.0.0.1:9100", "=:9100"), "found another ExecStart"],
    [
      "it listens on a second address",
      EXPORTER,
      replaced("=127.0.0.1:9100", "=127.0.0.1:9100 --web.listen-address=:9101"),
      "found another ExecStart",
    ],
    [
      "a file says where it listens",
      EXPORTER,
      replaced("--web.max-requests=2", "--web.config.file=/tmp/web.yml"),
      "found another ExecStart",
    ],
    ["it listens where the package has it", EXPORTER, replaced("--web.listen-address=127.0.0.1:9100 ", ""), "found another ExecStart"],
    ["the kernel lets others reach it", EXPORTER, replaced("IPAddressDeny=any", "#IPAddressDeny=any"), "found no IPAddressDeny"],
    [
      "a network may reach it",
      EXPORTER,
      replaced("IPAddressAllow=localhost", "IPAddressAllow=192.0.2.0/24"),
      "found another IPAddressAllow",
    ],
  ]),
  ...refused("metrics-sent-to-own-vault", "metrics", [
    ["another program sends them", SENDER, replaced("metrics send", "metrics arrives"), "found another ExecStart"],
    ["a failure ends it", SENDER, replaced("Restart=always", "Restart=no"), "found another Restart"],
    ["it gives up", SENDER, replaced("StartLimitIntervalSec=0", "StartLimitIntervalSec=60"), "found another StartLimitIntervalSec"],
    ["it does not start with the host", SENDER, replaced("WantedBy=", "#WantedBy="), "found no WantedBy"],
    ["they go to another vault", "settings.vault.address", becomes("192.0.2.99"), "found another one than the vault's"],
    ["the vault is known by another file", SENT_TO, replaced("/etc/phiward/metrics-vault-key", "/tmp/key"), "found another file"],
    ["a second key is believed", KEY, added("vault ssh-ed25519 AAAA"), "more than one"],
  ]),
];

/** What they must let pass. */
export const METRICS_ALLOWED: readonly Allowed[] = [
  ...allowed("metrics-on-loopback-alone", "metrics", [
    ["less is measured", EXPORTER, replaced(" --collector.vmstat", "")],
    ["it gets more memory", EXPORTER, replaced("MemoryMax=96M", "MemoryMax=128M")],
  ]),
  ...allowed("metrics-sent-to-own-vault", "metrics", [["it waits longer", SENDER, replaced("RestartSec=15s", "RestartSec=30s")]]),
];
