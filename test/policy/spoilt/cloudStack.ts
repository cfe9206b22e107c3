/** Ways to spoil what resources of a good stack are to each other. */
import { packed, shortEnvelope } from "../../../components/plan/request";
import { SEALED_SECRET } from "../../../policies/readers/secretTexts";
import { requestOf } from "../fixtures";
import { becomes, type Refused, refused } from "./spoil";

const FIRST = "inboundRules.0";

/** What the rules about resources of a stack together must refuse. */
export const STACK_REFUSED: readonly Refused[] = [
  ...refused("requests-as-reviewed", "raw-command", [
    ["it is no request", "stdin", becomes("phiward 0 0\n"), "web1-raw-command.stdin: found no request of phiward's"],
    ["its agent is another program", "stdin", becomes(packed("UEsFBg==", { mode: "verify" }).stdin), "found another agent"],
    ["it lets go of the host", "stdin", becomes(shortEnvelope({ mode: "release" }).stdin), "found another kind of request"],
    [
      "its plan has other files",
      "stdin",
      becomes(requestOf((plan) => ({ ...plan, files: [] }))),
      "found a plan that no component of the host shows",
    ],
    [
      "its plan has another check",
      "stdin",
      becomes(requestOf((plan) => ({ ...plan, checks: [] }))),
      "a plan that no component of the host",
    ],
    [
      "its plan says it is another unit's",
      "stdin",
      becomes(requestOf((plan) => ({ ...plan, unit: "ssh" }))),
      "a plan that no component of the host",
    ],
  ]),
  ...refused("outputs-no-plain-secret", "raw-stack", [
    [
      "its name says so",
      "sites.0.adminPassword",
      becomes("x1"),
      "web1-raw-stack.sites.0.adminPassword: found a text under a name with PASSWORD",
    ],
    ["it looks like one", "sites.0.url", becomes("https://a:b1@notes.example.org"), "found an address with a password in it"],
    ["one of a list looks like one", "names", becomes(["a", "glpat-abcdefghij0123456789"]), "names.1: found a token of a code host"],
    ["it was not opened", "sites.0.url", becomes(`https://${SEALED_SECRET}/`), "found a secret of the configuration"],
    ["a document has one", "kubeconfig", becomes("users:\n- user:\n    token: abcdef0123\n"), "a value after a name with TOKEN in it"],
  ]),
  ...refused("cloud-firewall-ssh-from-known-networks", "raw-firewall", [
    ["SSH is open to the world", `${FIRST}.portRange`, becomes("22"), "web1-raw-firewall.inboundRules.0: found SSH open to the world"],
    ["SSH is in a range that is open", `${FIRST}.portRange`, becomes("20-25"), "found SSH open to the world"],
    ["everything is open", `${FIRST}.portRange`, becomes("all"), "found SSH open to the world"],
    ["half of the world may try", "inboundRules.1.sourceAddresses", becomes(["0.0.0.0/1"]), "found SSH open to the world"],
  ]),
  ...refused("cloud-firewall-egress-named", "raw-firewall", [
    [
      "everything goes out",
      "outboundRules.0.portRange",
      becomes("1-65535"),
      "web1-raw-firewall.outboundRules.0: found 65535 ports to the world",
    ],
    ["everything goes out by silence", "outboundRules.0.portRange", becomes(undefined), "found 65536 ports"],
  ]),
  ...refused("droplet-behind-cloud-firewall", "raw-droplet", [
    ["it has another tag", "tags", becomes(["other"]), "web1-raw-droplet: found a droplet outside of every cloud firewall"],
    ["it has no tag", "tags", becomes(undefined), "outside of every cloud firewall"],
  ]),
  ...refused("droplet-behind-cloud-firewall", "raw-pool", [
    ["its droplets have another tag", "dropletTemplate.tags", becomes([]), "web1-raw-pool: found"],
  ]),
  ...refused("droplet-behind-cloud-firewall", "raw-firewall", [
    ["the firewall is for others", "tags", becomes(["other"]), "outside of every cloud firewall"],
  ]),
  ...refused("database-cluster-behind-firewall", "raw-database-firewall", [
    ["the firewall is another cluster's", "clusterId", becomes("other"), "web1-raw-cluster: found a database without a firewall"],
  ]),
  ...refused("database-cluster-behind-firewall", "raw-replica-firewall", [
    ["a replica has none", "clusterId", becomes("other"), "web1-raw-replica: found"],
  ]),
  ...refused("database-has-own-user", "raw-database-user", [
    ["the user is another cluster's", "clusterId", becomes("other"), "its administrator alone"],
  ]),
  ...refused("bucket-access-recorded", "raw-logging", [
    ["the log is another bucket's", "bucket", becomes("other"), "web1-raw-bucket: found"],
  ]),
  ...refused("uptime-check-watches-certificate", "raw-expiry-alert", [
    ["the alert is of another type", "type", becomes("latency"), "web1-raw-check: found no alert of the type ssl_expiry"],
  ]),
  ...refused("uptime-check-watches-certificate", "raw-down-alert", [
    ["the alert is another check's", "checkId", becomes("other"), "no alert of the type down"],
  ]),
  ...refused("droplet-watched", "raw-disk-alert", [
    ["the alert is another droplet's", "entities", becomes(["102"]), "web1-raw-droplet: found no alert about disk"],
  ]),
  ...refused("volume-has-copy", "raw-disk-snapshot", [
    ["the snapshot is another volume's", "volumeId", becomes("other"), "web1-raw-disk: found"],
  ]),
  ...refused("dns-zone-has-caa", "raw-caa", [
    ["the authority is another name's", "name", becomes("www"), "web1-raw-record: found a name without a CAA record"],
    ["it is for reports alone", "tag", becomes("iodef"), "found a name without a CAA record"],
    ["it is another zone's", "domain", becomes("example.com"), "web1-raw-zone: found a name without a CAA record"],
  ]),
  ...refused("cloud-data-in-one-jurisdiction", "raw-disk", [
    [
      "it is in another country",
      "region",
      becomes("nyc3"),
      "web1-raw-disk: found a region of the United States, allowed: the European Union",
    ],
    ["its region is not known", "region", becomes("xyz1"), "found a region that is not known"],
  ]),
  ...refused("cloud-data-in-one-jurisdiction", "raw-bucket", [
    ["it lands in the default region", "region", becomes(undefined), "web1-raw-bucket: found"],
  ]),
  ...refused("vpc-peering-within-stack", "raw-peering", [
    ["one of them is unknown to the stack", "vpcIds.1", becomes("vpc-9"), "a network that the stack does not declare"],
  ]),
];
