/** Resources that a program may declare at DigitalOcean beside the components: a good one of each type that a rule judges. */
import type { ReviewedComponent } from "../../policies/engine/subject";
import { cloudType } from "../../policies/readers/cloud";

const VPC = "5a4981aa-9653-4bd1-bef5-d6bff52042e4";
const CLUSTER = "245bcfd0-7f31-4ce6-a2bc-475a116cca97";
// A list of its own each time: what is changed in one place stays so in others.
const world = (): readonly string[] => ["0.0.0.0/0", "::/0"];
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4";

const UNITS = {
  "raw-droplet": [
    "Droplet",
    {
      id: "101",
      name: "helper",
      image: "debian-13-x64",
      region: "fra1",
      backups: true,
      monitoring: true,
      dropletAgent: false,
      vpcUuid: VPC,
      sshKeys: ["512190"],
      tags: ["helper"],
      userData: "#cloud-config\npackages: [rsync]\npassword_authentication: false\n",
    },
  ],
  "raw-pool": [
    "DropletAutoscale",
    {
      config: { targetNumberInstances: 2 },
      dropletTemplate: {
        image: "debian-13-x64",
        region: "fra1",
        size: "s-1vcpu-1gb",
        sshKeys: ["512190"],
        tags: ["helper"],
        vpcUuid: VPC,
        withDropletAgent: false,
        userData: "#!/bin/sh\napt-get install --yes rsync\n",
      },
    },
  ],
  "raw-firewall": [
    "Firewall",
    {
      name: "helper",
      dropletIds: [7],
      tags: ["helper"],
      inboundRules: [
        { protocol: "tcp", portRange: "443", sourceAddresses: world() },
        { protocol: "tcp", portRange: "22", sourceAddresses: ["198.51.100.0/24", "2001:db8:1::/48"] },
        { protocol: "icmp", sourceAddresses: world() },
      ],
      outboundRules: [
        { protocol: "tcp", portRange: "443", destinationAddresses: world() },
        { protocol: "udp", portRange: "53", destinationAddresses: world() },
      ],
    },
  ],
  "raw-key": ["SshKey", { name: "helper", publicKey: `${KEY}\n` }],
  "raw-disk": ["Volume", { id: "disk-1", name: "helper-disk", region: "fra1", size: 20 }],
  "raw-disk-snapshot": ["VolumeSnapshot", { id: "snapshot-1", name: "helper-disk", volumeId: "disk-1" }],
  "raw-cpu-alert": ["MonitorAlert", alert("cpu")],
  "raw-memory-alert": ["MonitorAlert", alert("memory_utilization_percent")],
  "raw-disk-alert": ["MonitorAlert", alert("disk_utilization_percent")],
  "raw-check": ["UptimeCheck", { id: "check-1", name: "site", target: "https://helper.example.org/health", type: "https", enabled: true }],
  "raw-down-alert": [
    "UptimeAlert",
    { checkId: "check-1", type: "down", period: "2m", notifications: [{ emails: ["oncall@example.org"] }] },
  ],
  "raw-expiry-alert": [
    "UptimeAlert",
    { checkId: "check-1", type: "ssl_expiry", threshold: 14, notifications: [{ emails: ["oncall@example.org"] }] },
  ],
  "raw-cluster": [
    "DatabaseCluster",
    {
      id: CLUSTER,
      name: "notes",
      engine: "pg",
      version: "17",
      size: "db-s-1vcpu-1gb",
      region: "fra1",
      nodeCount: 2,
      privateNetworkUuid: VPC,
    },
  ],
  "raw-replica": ["DatabaseReplica", { id: "replica-1", clusterId: CLUSTER, name: "notes-2", region: "ams3", privateNetworkUuid: VPC }],
  "raw-replica-firewall": ["DatabaseFirewall", { clusterId: "replica-1", rules: [{ type: "tag", value: "helper" }] }],
  "raw-database-firewall": [
    "DatabaseFirewall",
    {
      clusterId: CLUSTER,
      rules: [
        { type: "droplet", value: "101" },
        { type: "ip_addr", value: "198.51.100.0/24" },
      ],
    },
  ],
  "raw-database-user": [
    "DatabaseUser",
    {
      clusterId: CLUSTER,
      name: "notes",
      mysqlAuthPlugin: "caching_sha2_password",
      settings: [{ acls: [{ topic: "notes", permission: "produce" }], opensearchAcls: [{ index: "notes-*", permission: "read" }] }],
    },
  ],
  "raw-log-sink": ["DatabaseLogsinkRsyslog", { clusterId: CLUSTER, server: "logs.example.org", port: 6514, tls: true }],
  "raw-search-sink": ["DatabaseLogsinkOpensearch", { clusterId: CLUSTER, endpoint: "https://logs.example.org:9200", indexPrefix: "notes" }],
  "raw-valkey": ["DatabaseValkeyConfig", { clusterId: CLUSTER, ssl: true }],
  "raw-redis": ["DatabaseRedisConfig", { clusterId: CLUSTER, ssl: true }],
  "raw-migration": ["DatabaseOnlineMigration", { clusterId: CLUSTER, disableSsl: false, source: { host: "192.0.2.10" } }],
  "raw-postgres": ["DatabasePostgresqlConfig", { clusterId: CLUSTER, logMinDurationStatement: -1, logErrorVerbosity: "TERSE" }],
  "raw-mysql": ["DatabaseMysqlConfig", { clusterId: CLUSTER, slowQueryLog: false, innodbPrintAllDeadlocks: false }],
  "raw-opensearch": ["DatabaseOpensearchConfig", { clusterId: CLUSTER, enableSecurityAudit: true, actionDestructiveRequiresName: true }],
  "raw-bucket": [
    "SpacesBucket",
    {
      id: "letters",
      name: "letters",
      region: "fra1",
      acl: "private",
      versioning: { enabled: true },
      forceDestroy: false,
      lifecycleRules: [{ enabled: true, noncurrentVersionExpiration: { days: 90 } }],
      corsRules: [{ allowedMethods: ["GET"], allowedOrigins: ["https://helper.example.org"] }],
    },
  ],
  "raw-object": ["SpacesBucketObject", { bucket: "letters", key: "a", region: "fra1", acl: "private", forceDestroy: false }],
  "raw-logging": ["SpacesBucketLogging", { bucket: "letters", region: "fra1", targetBucket: "logs", targetPrefix: "letters/" }],
  "raw-bucket-cors": [
    "SpacesBucketCorsConfiguration",
    { bucket: "letters", region: "fra1", corsRules: [{ allowedMethods: ["GET"], allowedOrigins: ["https://helper.example.org:8443"] }] },
  ],
  "raw-bucket-policy": [
    "SpacesBucketPolicy",
    {
      bucket: "letters",
      region: "fra1",
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" },
          { Effect: "Allow", Principal: { AWS: ["arn:aws:iam:::user/1234567"] }, Action: "s3:GetObject", Resource: "*" },
        ],
      }),
    },
  ],
  "raw-bucket-key": ["SpacesKey", { name: "letters", grants: [{ bucket: "letters", permission: "readwrite" }] }],
  "raw-balancer": [
    "LoadBalancer",
    {
      name: "helper",
      region: "fra1",
      vpcUuid: VPC,
      redirectHttpToHttps: true,
      tlsCipherPolicy: "STRONG",
      firewall: { allows: ["cidr:198.51.100.0/24"] },
      network: "EXTERNAL",
      forwardingRules: [
        { entryPort: 443, entryProtocol: "https", targetPort: 80, targetProtocol: "http", certificateName: "helper" },
        { entryPort: 80, entryProtocol: "http", targetPort: 443, targetProtocol: "https" },
        { entryPort: 9100, entryProtocol: "tcp", targetPort: 9100, targetProtocol: "tcp" },
      ],
    },
  ],
  // One for the whole world: settings in place of rules, and certificates that it manages.
  "raw-global-balancer": [
    "LoadBalancer",
    {
      name: "world",
      type: "GLOBAL",
      network: "EXTERNAL",
      domains: [{ name: "helper.example.org", isManaged: true }],
      glbSettings: { targetProtocol: "https", targetPort: 443 },
    },
  ],
  "raw-internal-balancer": [
    "LoadBalancer",
    {
      name: "inside",
      region: "fra1",
      vpcUuid: VPC,
      network: "INTERNAL",
      forwardingRules: [{ entryPort: 5432, entryProtocol: "tcp", targetPort: 5432, targetProtocol: "tcp" }],
    },
  ],
  "raw-kubernetes": [
    "KubernetesCluster",
    {
      name: "helper",
      region: "fra1",
      version: "1.33.1-do.0",
      autoUpgrade: true,
      surgeUpgrade: true,
      ha: true,
      vpcUuid: VPC,
      destroyAllAssociatedResources: false,
      controlPlaneFirewall: { enabled: true, allowedAddresses: ["198.51.100.0/24"] },
    },
  ],
  "raw-app": [
    "App",
    {
      spec: {
        name: "helper",
        envs: [{ key: "LOG_LEVEL", value: "info", type: "GENERAL" }],
        databases: [{ name: "db", production: true, clusterName: "notes" }],
        services: [
          {
            name: "api",
            image: {
              registryType: "DOCR",
              repository: "api",
              digest: `sha256:${"5".repeat(64)}`,
              deployOnPushes: [{ enabled: false }],
            },
            envs: [{ key: "SESSION_KEY", value: "EV[1:abc]", type: "SECRET" }],
            cors: { allowOrigins: { exact: "https://helper.example.org", regex: "^https://helper\\.example\\.org$" } },
          },
        ],
        staticSites: [{ name: "pages", cors: { allowOrigins: { exact: "https://helper.example.org" } } }],
        functions: [{ name: "mail", cors: { allowOrigins: { exact: "https://helper.example.org" } } }],
        ingress: { rules: [{ cors: { allowOrigins: { exact: "https://helper.example.org" } } }] },
      },
    },
  ],
  "raw-registry-credentials": ["ContainerRegistryDockerCredentials", { registryName: "helper", write: false, expirySeconds: 86_400 }],
  "raw-certificate": ["Certificate", { name: "helper", type: "lets_encrypt", domains: ["helper.example.org"] }],
  "raw-zone": ["Domain", { name: "example.org", ipAddress: "192.0.2.30" }],
  "raw-record": ["DnsRecord", { domain: "example.org", type: "A", name: "helper", value: "192.0.2.30" }],
  "raw-record-6": ["DnsRecord", { domain: "example.org", type: "AAAA", name: "helper", value: "2001:db8:30::1" }],
  "raw-caa": ["DnsRecord", { domain: "example.org", type: "CAA", name: "@", flags: 0, tag: "issue", value: "letsencrypt.org." }],
  "raw-share-access": [
    "NfsAccessPoint",
    { path: "/", shareId: "share-1", vpcId: VPC, accessPolicy: { squashConfig: "ROOT_SQUASH", anonuid: 65_534, anongid: 65_534 } },
  ],
  "raw-custom-image": ["CustomImage", { name: "helper", regions: ["fra1"], url: "https://images.example.org/helper.qcow2" }],
  "raw-vpc": ["Vpc", { id: VPC, name: "helper", region: "fra1" }],
  "raw-other-vpc": ["Vpc", { id: "vpc-2", name: "other", region: "fra1" }],
  "raw-peering": ["VpcPeering", { name: "both", vpcIds: [VPC, "vpc-2"] }],
} as const;

/** Names of the resources. */
export type CloudUnitName = keyof typeof UNITS;

/** All of them, as units of the one host. */
export const CLOUD_UNITS: readonly ReviewedComponent[] = Object.entries(UNITS).map(([unit, [type, args]]) => ({
  type: cloudType(type),
  host: "web1",
  unit,
  args,
}));

function alert(insight: string) {
  return {
    type: `v1/insights/droplet/${insight}`,
    entities: ["101"],
    alerts: { emails: ["oncall@example.org"] },
    enabled: true,
    compare: "GreaterThan",
    value: 90,
    window: "5m",
  };
}
