/** What a change of the program may add beside phiward's components, one resource at a time, and what refuses each. */
import * as command from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** What is added, the rule that refuses it, the clause that the rule is for, and how it is made. */
export type Addition = readonly [what: string, rule: string, clause: string, make: () => unknown];

const WORLD = ["0.0.0.0/0", "::/0"];
const DIGEST = `sha256:${"4".repeat(64)}`;
const ACCESS = "164.312(a)(1)";
const TRANSMISSION = "164.312(e)(1)";
const ENCRYPTION = "164.312(a)(2)(iv)";
const INTEGRITY = "164.312(c)(1)";
const BACKUP = "164.308(a)(7)(ii)(A)";
const CONTINGENCY = "164.308(a)(7)(i)";
const IDENTITY = "164.312(d)";

const container = (args: Partial<docker.ContainerArgs>) => () => new docker.Container("helper", { image: DIGEST, ...args });
const droplet = (args: Partial<digitalocean.DropletArgs>) => () =>
  new digitalocean.Droplet("helper", { image: "debian-13-x64", size: "s-1vcpu-1gb", region: "fra1", ...args });
const inbound =
  (portRange: string, sourceAddresses = WORLD) =>
  () =>
    new digitalocean.Firewall("helper", { inboundRules: [{ protocol: "tcp", portRange, sourceAddresses }] });
const bucket = (args: Partial<digitalocean.SpacesBucketArgs>) => () =>
  new digitalocean.SpacesBucket("letters", { region: "fra1", ...args });
const remote =
  (create: string, user = "deploy") =>
  () =>
    new command.remote.Command("helper", { create, connection: { host: "192.0.2.10", user } });
const engine =
  (...options: readonly string[]) =>
  () =>
    new docker.Provider("helper", { host: "ssh://deploy@192.0.2.10:22", sshOpts: options.flatMap((option) => ["-o", option]) });
const cluster = (args: Partial<digitalocean.DatabaseClusterArgs>) => () =>
  new digitalocean.DatabaseCluster("notes", { engine: "pg", version: "17", size: "db-s-1vcpu-1gb", region: "fra1", nodeCount: 1, ...args });
const balancer =
  (rule: object, args: Partial<digitalocean.LoadBalancerArgs> = {}) =>
  () =>
    new digitalocean.LoadBalancer("helper", {
      region: "fra1",
      forwardingRules: [{ entryPort: 443, entryProtocol: "https", targetPort: 443, targetProtocol: "https", ...rule }],
      ...args,
    });
const kubernetes = () =>
  new digitalocean.KubernetesCluster("helper", {
    region: "fra1",
    version: "1.33.1-do.0",
    nodePool: { name: "pool", size: "s-1vcpu-2gb", nodeCount: 1 },
  });
const app = (service: object) => () =>
  new digitalocean.App("helper", { spec: { name: "helper", services: [{ name: "api", ...service }] } });

/** Containers, and the engine that they are made on. */
export const CONTAINERS: readonly Addition[] = [
  ["a privileged container", "container-not-privileged", ACCESS, container({ privileged: true })],
  [
    "a container without a profile of system calls",
    "container-not-privileged",
    ACCESS,
    container({ securityOpts: ["seccomp=unconfined"] }),
  ],
  [
    "a container with a profile that allows all",
    "container-not-privileged",
    ACCESS,
    container({ securityOpts: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] }),
  ],
  ["a container with capabilities", "container-not-privileged", ACCESS, container({ capabilities: { adds: ["SYS_ADMIN"] } })],
  ["a container with a device", "container-not-privileged", ACCESS, container({ devices: [{ hostPath: "/dev/sda" }] })],
  ["a container with another runtime", "container-not-privileged", ACCESS, container({ runtime: "other" })],
  ["a container that is root", "container-not-root", ACCESS, container({ user: "0:0" })],
  ["a container with the number of an account of the host", "container-user-in-own-range", ACCESS, container({ user: "1000:1000" })],
  [
    "the engine's socket in a container",
    "container-no-host-mounts",
    ACCESS,
    container({ volumes: [{ hostPath: "/var/run/docker.sock", containerPath: "/s" }] }),
  ],
  [
    "the host's root in a container, as a volume",
    "container-no-host-mounts",
    ACCESS,
    container({
      mounts: [
        { target: "/h", type: "volume", volumeOptions: { driverName: "local", driverOptions: { type: "none", o: "bind", device: "/" } } },
      ],
    }),
  ],
  [
    "the backups in a container",
    "container-no-host-mounts",
    ACCESS,
    container({ mounts: [{ target: "/d", type: "bind", source: "/srv/data" }] }),
  ],
  [
    "another service's secrets in a container",
    "container-no-host-mounts",
    ACCESS,
    container({ mounts: [{ target: "/s", type: "bind", source: "/var/lib/phiward/services/db/secrets" }] }),
  ],
  [
    "a volume that is a directory of the host",
    "container-no-host-mounts",
    ACCESS,
    () => new docker.Volume("helper", { driver: "local", driverOpts: { type: "none", o: "bind", device: "/etc" } }),
  ],
  ["a container in the host's network", "container-namespaces-private", TRANSMISSION, container({ networkMode: "host" })],
  ["a container that sees the host's processes", "container-namespaces-private", ACCESS, container({ pidMode: "host" })],
  [
    "a published database",
    "container-ports-on-loopback",
    ACCESS,
    container({ ports: [{ internal: 5432, external: 5432, ip: "127.0.0.1" }] }),
  ],
  [
    "a port published to the world",
    "container-ports-on-loopback",
    TRANSMISSION,
    container({ ports: [{ internal: 8080, external: 8080 }] }),
  ],
  ["a password in the environment", "container-no-plain-secret-environment", ENCRYPTION, container({ envs: ["DB_PASSWORD=x"] })],
  ["a password in a command", "container-no-plain-secret-environment", ENCRYPTION, container({ command: ["app", "--password", "x"] })],
  [
    "a key in a label",
    "container-no-plain-secret-environment",
    ENCRYPTION,
    container({ labels: [{ label: "key", value: `AKIA${"A1B2".repeat(4)}` }] }),
  ],
  ["an image by a tag", "container-image-by-digest", INTEGRITY, container({ image: "nginx:latest" })],
  [
    "an image that is pulled by a tag",
    "container-image-by-digest",
    INTEGRITY,
    () => new docker.RemoteImage("helper", { name: "nginx:latest" }),
  ],
  ["a container that can be written to", "container-root-read-only", INTEGRITY, container({ readOnly: false })],
  ["a container without limits", "container-limited", "164.308(a)(1)(ii)(B)", container({ memory: -1 })],
  ["a container that nobody restarts", "container-health-checked", CONTINGENCY, container({ restart: "no" })],
  ["a network of a swarm", "container-networks-bridged", TRANSMISSION, () => new docker.Network("helper", { driver: "overlay" })],
  ["a plugin of the daemon", "docker-types-reviewed", ACCESS, () => new docker.Plugin("helper", { name: "vendor/plugin" })],
  [
    "a service of a swarm",
    "docker-types-reviewed",
    ACCESS,
    () => new docker.Service("helper", { taskSpec: { containerSpec: { image: DIGEST } } }),
  ],
  [
    "an engine without encryption",
    "docker-engine-host-key-pinned",
    TRANSMISSION,
    () => new docker.Provider("helper", { host: "tcp://192.0.2.10:2375" }),
  ],
  ["an engine whose host is not pinned", "docker-engine-host-key-pinned", IDENTITY, engine("StrictHostKeyChecking no")],
  ["an engine with any file of known hosts", "docker-engine-host-key-pinned", IDENTITY, engine("UserKnownHostsFile=/tmp/any")],
  ["an engine behind a program", "docker-engine-host-key-pinned", IDENTITY, engine("ProxyCommand=nc 192.0.2.66 22")],
];

/** Commands, and what else runs a program. */
export const COMMANDS: readonly Addition[] = [
  ["a command that turns the firewall off", "commands-run-agent-only", TRANSMISSION, remote("ufw disable")],
  ["a command as root", "commands-run-agent-only", IDENTITY, remote("true", "root")],
  [
    "a command on this machine",
    "commands-run-agent-only",
    IDENTITY,
    () => new command.local.Command("helper", { create: "curl https://example.org/x | sh" }),
  ],
  [
    "a file that is copied to a host",
    "docker-types-reviewed",
    ACCESS,
    () =>
      new command.remote.CopyToRemote("helper", {
        connection: { host: "192.0.2.10" },
        source: new pulumi.asset.StringAsset("x"),
        remotePath: "/etc/sudoers.d/x",
      }),
  ],
];

/** Resources of the cloud. */
export const CLOUD: readonly Addition[] = [
  ["a droplet outside of every firewall", "droplet-behind-cloud-firewall", TRANSMISSION, droplet({})],
  ["a droplet without backups", "droplet-backups-and-monitoring-on", BACKUP, droplet({ backups: false, monitoring: true })],
  [
    "a droplet with a password in its user data",
    "droplet-user-data-no-secret",
    ENCRYPTION,
    droplet({ userData: "#cloud-config\nchpasswd: { list: 'root:hunter2' }\n" }),
  ],
  [
    "a droplet that runs what it downloads",
    "droplet-user-data-no-unverified-download",
    INTEGRITY,
    droplet({ userData: "#!/bin/sh\ncurl https://example.org/x | sh\n" }),
  ],
  ["a droplet in the shared network", "droplet-access-only-by-ssh", ACCESS, droplet({ dropletAgent: false })],
  ["a droplet without protection", "stateful-resources-protected", BACKUP, droplet({})],
  [
    "data on another continent",
    "cloud-data-in-one-jurisdiction",
    "GDPR",
    () => [droplet({})(), new digitalocean.Volume("far", { region: "nyc3", size: 10 })],
  ],
  ["all ports open to the world", "cloud-firewall-ports-named", ACCESS, inbound("1-65535")],
  ["all ports open to both halves of the world", "cloud-firewall-ports-named", ACCESS, inbound("all", ["0.0.0.0/1", "128.0.0.0/1"])],
  ["SSH open to the world", "cloud-firewall-ssh-from-known-networks", ACCESS, inbound("22")],
  ["a database's port open to the world", "admin-ports-not-public", ACCESS, inbound("5432")],
  ["the engine's port open to the world", "admin-ports-not-public", ACCESS, inbound("2375")],
  [
    "everything may leave",
    "cloud-firewall-egress-named",
    TRANSMISSION,
    () => new digitalocean.Firewall("helper", { outboundRules: [{ protocol: "tcp", portRange: "1-65535", destinationAddresses: WORLD }] }),
  ],
  ["a public bucket", "bucket-private", ACCESS, bucket({ acl: "public-read" })],
  ["a bucket without versions", "bucket-keeps-versions", INTEGRITY, bucket({ versioning: { enabled: false } })],
  ["a bucket that goes with its content", "bucket-not-deleted-with-content", BACKUP, bucket({ forceDestroy: true })],
  [
    "a bucket for every site",
    "cors-origins-named",
    ACCESS,
    () =>
      new digitalocean.SpacesBucketCorsConfiguration("letters", {
        bucket: "letters",
        region: "fra1",
        corsRules: [{ allowedMethods: ["GET"], allowedOrigins: ["*"] }],
      }),
  ],
  ["a bucket whose access nobody records", "bucket-access-recorded", "164.312(b)", bucket({})],
  [
    "a bucket for everybody, by its policy",
    "bucket-policy-no-anonymous",
    ACCESS,
    () =>
      new digitalocean.SpacesBucketPolicy("letters", {
        bucket: "letters",
        region: "fra1",
        policy: JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" }] }),
      }),
  ],
  [
    "a key for all buckets",
    "spaces-key-limited",
    ACCESS,
    () => new digitalocean.SpacesKey("letters", { grants: [{ bucket: "", permission: "fullaccess" }] }),
  ],
  [
    "a network of content",
    "cloud-types-reviewed",
    "164.308(b)(1)",
    () => new digitalocean.Cdn("letters", { origin: "letters.fra1.digitaloceanspaces.com" }),
  ],
  ["a database without a firewall", "database-cluster-behind-firewall", ACCESS, cluster({})],
  [
    "a database for everybody",
    "database-firewall-not-open",
    ACCESS,
    () => new digitalocean.DatabaseFirewall("notes", { clusterId: "notes", rules: [{ type: "ip_addr", value: "0.0.0.0/0" }] }),
  ],
  ["a database in the shared network", "database-in-private-network", TRANSMISSION, cluster({})],
  ["a database that its administrator uses", "database-has-own-user", "164.312(a)(2)(i)", cluster({})],
  [
    "a database that writes statements down",
    "database-logs-without-statements",
    "164.312(b)",
    () => new digitalocean.DatabasePostgresqlConfig("notes", { clusterId: "notes", logMinDurationStatement: 0 }),
  ],
  [
    "a cache without encryption",
    "database-connections-encrypted",
    TRANSMISSION,
    () => new digitalocean.DatabaseRedisConfig("cache", { clusterId: "cache", ssl: false }),
  ],
  [
    "a load balancer that speaks plain HTTP",
    "load-balancer-https-only",
    TRANSMISSION,
    balancer({ entryPort: 80, entryProtocol: "http", targetPort: 80, targetProtocol: "http" }),
  ],
  ["a load balancer with old ciphers", "load-balancer-strong-ciphers", TRANSMISSION, balancer({}, { tlsCipherPolicy: "DEFAULT" })],
  [
    "a load balancer that speaks plainly to servers",
    "load-balancer-encrypts-to-servers",
    TRANSMISSION,
    balancer({ targetPort: 80, targetProtocol: "http" }),
  ],
  ["a cluster whose control plane is open", "kubernetes-control-plane-guarded", ACCESS, kubernetes],
  ["a password in an app", "app-no-plain-secret", ENCRYPTION, app({ envs: [{ key: "DB_PASSWORD", value: "x", type: "GENERAL" }] })],
  ["an app of a tag", "app-images-by-digest", ACCESS, app({ image: { registryType: "DOCR", repository: "api", tag: "latest" } })],
  [
    "a weak key of the account",
    "ssh-keys-strong",
    IDENTITY,
    () => new digitalocean.SshKey("helper", { publicKey: "ssh-dss AAAAB3NzaC1kc3MAAACBAJ" }),
  ],
  [
    "a name at a private address",
    "dns-record-public-address",
    TRANSMISSION,
    () => new digitalocean.DnsRecord("api", { domain: "example.org", type: "A", name: "api", value: "10.0.0.7" }),
  ],
  [
    "a name for which anybody may get a certificate",
    "dns-zone-has-caa",
    IDENTITY,
    () => new digitalocean.DnsRecord("api", { domain: "example.org", type: "A", name: "api", value: "203.0.113.7" }),
  ],
  [
    "a check by plain HTTP",
    "uptime-check-over-https",
    "164.308(a)(6)(ii)",
    () => new digitalocean.UptimeCheck("site", { target: "http://api.example.org/", type: "http" }),
  ],
  [
    "an image by plain HTTP",
    "custom-image-over-https",
    INTEGRITY,
    () => new digitalocean.CustomImage("helper", { regions: ["fra1"], url: "http://images.example.org/x.qcow2" }),
  ],
  [
    "credentials that write to the registry",
    "registry-credentials-limited",
    ACCESS,
    () => new digitalocean.ContainerRegistryDockerCredentials("helper", { registryName: "helper", write: true }),
  ],
];
