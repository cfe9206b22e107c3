import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced } from "./spoil";

const unitOf = (name: string): string => textOf("monitor", `/etc/systemd/system/${name}.service.d/phiward.conf`);
const PROMETHEUS = unitOf("prometheus");
const ALERTMANAGER = unitOf("prometheus-alertmanager");
const PAGE = textOf("monitor", "/etc/systemd/system/phiward-status-page.service");
const PUSHGATEWAY = unitOf("prometheus-pushgateway");

/** What the rules about the monitoring must refuse. */
export const MONITOR_REFUSED: readonly Refused[] = [
  ...refused("monitoring-on-loopback", "monitor", [
    ["it answers the world", PROMETHEUS, replaced("address=127.0.0.1:9090", "address=0.0.0.0:9090"), "found another ExecStart"],
    [
      "it answers at a second address",
      PUSHGATEWAY,
      replaced(" --log.level", " --web.listen-address=:9099 --log.level"),
      "another ExecStart",
    ],
    ["it can be changed from outside", PROMETHEUS, replaced(" --log.level", " --web.enable-lifecycle --log.level"), "another ExecStart"],
    ["its metrics can be deleted", PROMETHEUS, replaced(" --log.level", " --web.enable-admin-api --log.level"), "another ExecStart"],
    ["Alertmanager has a cluster", ALERTMANAGER, replaced("--cluster.listen-address= ", ""), "another ExecStart"],
    ["it binds whatever it likes", PUSHGATEWAY, replaced("SocketBindDeny=any\n", ""), "no SocketBindDeny"],
    ["it is root", ALERTMANAGER, replaced("DynamicUser=yes\n", ""), "no DynamicUser"],
    [
      "it keeps rights of root",
      PROMETHEUS,
      replaced("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_CHOWN "),
      "CapabilityBoundingSet",
    ],
    ["root makes the status page", PAGE, replaced("DynamicUser=yes\n", ""), "no DynamicUser"],
    ["what makes the status page reaches the world", PAGE, replaced("IPAddressDeny=any\n", ""), "no IPAddressDeny"],
    [
      "what makes the status page may more",
      PAGE,
      replaced("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_CHOWN"),
      "CapabilityBoundingSet",
    ],
    ["Debian's arguments count too", PUSHGATEWAY, replaced("EnvironmentFile=\n", ""), "no EnvironmentFile"],
  ]),
  ...refused("monitoring-heartbeat-declared", "monitor", [
    ["there is none", "settings.heartbeat", becomes(null), "found no heartbeat"],
    ["it goes in the clear", "settings.heartbeat.url", becomes("http://beat.example.net/"), "allowed: an https address"],
  ]),
  ...refused("monitoring-escalates", "monitor", [
    ["there is nobody", "settings.escalation.webhook", becomes(null), "found no second contact"],
    ["it is the first", "settings.escalation.webhook", becomes("https://alerts.example.org/phiward"), "found the first contact again"],
  ]),
];

/** What they must let pass. */
export const MONITOR_ALLOWED: readonly Allowed[] = [
  ...allowed("monitoring-on-loopback", "monitor", [
    ["it says more", PROMETHEUS, replaced("--log.level=warn", "--log.level=info")],
    ["it may take less memory", PUSHGATEWAY, replaced("MemoryMax=192M", "MemoryMax=128M")],
    ["the status page may take longer", PAGE, replaced("TimeoutStartSec=50s", "TimeoutStartSec=40s")],
    ["it has a comment more", ALERTMANAGER, added("# of no effect")],
  ]),
  ...allowed("monitoring-heartbeat-declared", "monitor", [["it comes less often", "settings.heartbeat.minutes", becomes(5)]]),
  ...allowed("monitoring-escalates", "monitor", [["there is mail as well", "settings.escalation.mail", becomes("director@example.org")]]),
];
