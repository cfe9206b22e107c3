import { type Allowed, allowed, becomes, listed, type Refused, refused } from "./spoil";

const statement = (more: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*", ...more }] });
const service = "spec.services.0";

/** What the rules about databases, buckets, load balancers, clusters and apps must refuse. */
export const SERVICES_REFUSED: readonly Refused[] = [
  ...refused("cloud-provider-own-endpoint", "raw-cloud", [
    [
      "the token goes elsewhere",
      "apiEndpoint",
      becomes("https://api.digitalocean.com.example.org"),
      "apiEndpoint: found an address of another",
    ],
    ["it goes unencrypted", "apiEndpoint", becomes("http://api.digitalocean.com"), "allowed: https://api.digitalocean.com"],
    ["it has a user in it", "apiEndpoint", becomes("https://api.digitalocean.com@example.org"), "an address of another"],
    ["keys of buckets go elsewhere", "spacesEndpoint", becomes("https://s3.example.org"), "spacesEndpoint: found an address of another"],
    ["its program comes from elsewhere", "pluginDownloadURL", becomes("https://example.org"), "a place of its own"],
  ]),
  ...refused("database-firewall-not-open", "raw-database-firewall", [
    ["the world is trusted", "rules.1.value", becomes("0.0.0.0/0"), "rules: found sources that are as good as the whole Internet"],
    ["the world is trusted without a length", "rules.1.value", becomes("0.0.0.0"), "as good as the whole Internet"],
    ["half of the world is trusted", "rules.1.value", becomes("128.0.0.0/1"), "as good as the whole Internet"],
    [
      "both halves of it are, by four rules",
      "rules",
      becomes(["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"].map((value) => ({ type: "ip_addr", value }))),
      "as good as the whole Internet",
    ],
    ["nobody is named", "rules", becomes([]), "which opens it to all"],
    ["nothing is said", "rules", becomes(undefined), "rules: found nothing"],
    ["a type is not known", "rules.0.type", becomes("everyone"), "a source of a type that is not known"],
  ]),
  ...refused("database-in-private-network", "raw-cluster", [
    ["it is in the common network", "privateNetworkUuid", becomes(undefined), "the region's shared network"],
    ["its network is empty", "privateNetworkUuid", becomes(""), "an empty text"],
  ]),
  ...refused("database-in-private-network", "raw-replica", [
    ["it is in the common network", "privateNetworkUuid", becomes(undefined), "shared network"],
  ]),
  ...refused("database-connections-encrypted", "raw-valkey", [["TLS is off", "ssl", becomes(false), "ssl: found off"]]),
  ...refused("database-connections-encrypted", "raw-redis", [["TLS is off", "ssl", becomes(false), "ssl: found off"]]),
  ...refused("database-connections-encrypted", "raw-migration", [
    ["TLS is off", "disableSsl", becomes(true), "disableSsl: found TLS switched off"],
  ]),
  ...refused("database-connections-encrypted", "raw-log-sink", [
    ["TLS is off", "tls", becomes(false), "tls: found off"],
    ["nothing is said of TLS", "tls", becomes(undefined), "tls: found off"],
  ]),
  ...refused("database-connections-encrypted", "raw-search-sink", [
    ["its address is plain", "endpoint", becomes("http://logs.example.org"), "endpoint: found an address without TLS"],
    ["no cluster is named", "clusterId", becomes(undefined), "clusterId: found nothing"],
  ]),
  ...refused("database-logs-without-statements", "raw-postgres", [
    ["every statement is logged", "logMinDurationStatement", becomes(0), "logMinDurationStatement: found statements"],
    ["slow statements are logged", "logMinDurationStatement", becomes(1000), "logMinDurationStatement: found statements"],
    ["errors are logged with all details", "logErrorVerbosity", becomes("VERBOSE"), "logErrorVerbosity: found VERBOSE"],
    ["no cluster is named", "clusterId", becomes(undefined), "clusterId: found nothing"],
  ]),
  ...refused("database-logs-without-statements", "raw-mysql", [
    ["slow statements are logged", "slowQueryLog", becomes(true), "slowQueryLog: found on"],
    ["deadlocks are logged with statements", "innodbPrintAllDeadlocks", becomes(true), "innodbPrintAllDeadlocks: found on"],
  ]),
  ...refused("database-user-limited", "raw-database-user", [
    [
      "its passwords are hashed by SHA-1",
      "mysqlAuthPlugin",
      becomes("mysql_native_password"),
      "mysqlAuthPlugin: found mysql_native_password",
    ],
    ["it administers a topic", "settings.0.acls.0.permission", becomes("admin"), "settings.0.acls.0: found rights"],
    ["it may write every topic", "settings.0.acls.0.topic", becomes("*"), "settings.0.acls.0: found rights"],
    ["it administers an index", "settings.0.opensearchAcls.0.permission", becomes("admin"), "settings.0.opensearchAcls.0: found rights"],
    ["it reads every index", "settings.0.opensearchAcls.0.index", becomes("*"), "settings.0.opensearchAcls.0: found rights"],
    ["no cluster is named", "clusterId", becomes(undefined), "clusterId: found nothing"],
  ]),
  ...refused("database-has-standby", "raw-cluster", [
    ["it is one machine", "nodeCount", becomes(1), "nodeCount: found 1"],
    ["nothing is said", "nodeCount", becomes(undefined), "nodeCount: found nothing"],
  ]),
  ...refused("opensearch-audited", "raw-opensearch", [
    ["nothing is recorded", "enableSecurityAudit", becomes(false), "enableSecurityAudit: found off"],
    ["a wildcard deletes", "actionDestructiveRequiresName", becomes(undefined), "actionDestructiveRequiresName: found nothing"],
  ]),
  ...refused("bucket-private", "raw-bucket", [
    ["everyone reads it", "acl", becomes("public-read"), "acl: found public-read, allowed: private"],
    ["everyone writes it", "acl", becomes("public-read-write"), "acl: found public-read-write"],
    ["every customer reads it", "acl", becomes("authenticated-read"), "acl: found authenticated-read"],
    ["it lands in the default region", "region", becomes(undefined), "region: found nothing"],
  ]),
  ...refused("bucket-private", "raw-object", [["everyone reads an object", "acl", becomes("public-read"), "acl: found public-read"]]),
  ...refused("bucket-policy-no-anonymous", "raw-bucket-policy", [
    [
      "everyone is allowed",
      "policy",
      becomes(statement({ Principal: "*" })),
      "policy.Statement.0: found a statement that allows something to everyone",
    ],
    ["everyone is allowed in a map", "policy", becomes(statement({ Principal: { AWS: "*" } })), "to everyone"],
    ["everyone is allowed in a list", "policy", becomes(statement({ Principal: { AWS: ["arn:aws:iam:::user/1", "*"] } })), "to everyone"],
    ["all but one are allowed", "policy", becomes(statement({ NotPrincipal: { AWS: "arn:aws:iam:::user/1" } })), "for all but some"],
    [
      "a single statement allows everyone",
      "policy",
      becomes(JSON.stringify({ Statement: { Effect: "Allow", Principal: "*" } })),
      "policy.Statement: found",
    ],
    ["it is not a policy", "policy", becomes("{"), "policy: found text, allowed: JSON"],
    [
      "an effect is missing",
      "policy",
      becomes(JSON.stringify({ Statement: [{ Principal: "*" }] })),
      "policy.Statement.0.Effect: found nothing",
    ],
    ["there is none", "policy", becomes(undefined), "policy: found nothing"],
  ]),
  ...refused("bucket-keeps-versions", "raw-bucket", [
    ["versions are off", "versioning.enabled", becomes(false), "versioning.enabled: found off"],
    ["nothing is said of versions", "versioning", becomes(undefined), "versioning: found nothing"],
    [
      "versions are gone the next day",
      "lifecycleRules.0.noncurrentVersionExpiration.days",
      becomes(1),
      "found 1 days, allowed: 30 or more",
    ],
  ]),
  ...refused("bucket-former-versions-expire", "raw-bucket", [
    ["nothing removes them", "lifecycleRules", becomes(undefined), "no rule that removes former versions"],
    ["the rule is off", "lifecycleRules.0.enabled", becomes(false), "no rule that removes former versions"],
    ["the rule is for a part", "lifecycleRules.0.prefix", becomes("logs/"), "no rule that removes former versions"],
  ]),
  ...refused("bucket-not-deleted-with-content", "raw-bucket", [
    ["it goes with all that it holds", "forceDestroy", becomes(true), "forceDestroy: found on"],
    ["it lands in the default region", "region", becomes(undefined), "region: found nothing"],
  ]),
  ...refused("bucket-not-deleted-with-content", "raw-object", [
    ["an object goes with its versions", "forceDestroy", becomes(true), "forceDestroy: found on"],
  ]),
  ...refused("cors-origins-named", "raw-bucket-cors", [
    ["every page may read", "corsRules.0.allowedOrigins.0", becomes("*"), "corsRules.0.allowedOrigins.0: found every origin"],
    ["pages of every subdomain may read", "corsRules.0.allowedOrigins.0", becomes("https://*.example.org"), "found every origin"],
    ["something stands before it", "corsRules.0.allowedOrigins.0", becomes("x https://helper.example.org"), "found every origin"],
    ["its port is none", "corsRules.0.allowedOrigins.0", becomes("https://helper.example.org:443x"), "found every origin"],
    ["its port is empty", "corsRules.0.allowedOrigins.0", becomes("https://helper.example.org:"), "found every origin"],
    [
      "pages without TLS may read",
      "corsRules.0.allowedOrigins.0",
      becomes("http://helper.example.org"),
      "found every origin, or one without TLS",
    ],
    ["nothing is said", "corsRules", becomes(undefined), "corsRules: found nothing"],
  ]),
  ...refused("cors-origins-named", "raw-bucket", [
    ["every page may read", "corsRules.0.allowedOrigins", becomes(["*"]), "found every origin"],
  ]),
  ...refused("cors-origins-named", "raw-app", [
    ["every page may read", `${service}.cors.allowOrigins.exact`, becomes("*"), "found every origin"],
    ["a beginning is enough", `${service}.cors.allowOrigins.prefix`, becomes("https://helper.example"), "a beginning"],
    ["a pattern is open", `${service}.cors.allowOrigins.regex`, becomes(".*"), "a pattern of more than one origin"],
    ["pages of an app are read by all", "spec.staticSites.0.cors.allowOrigins.exact", becomes("*"), "spec.staticSites.0.cors"],
    ["functions answer to all", "spec.functions.0.cors.allowOrigins.exact", becomes("*"), "spec.functions.0.cors"],
    [
      "a pattern has no beginning",
      `${service}.cors.allowOrigins.regex`,
      becomes("https://helper\\.example\\.org$"),
      "a pattern of more than one origin",
    ],
    ["a pattern has no end", `${service}.cors.allowOrigins.regex`, becomes("^https://helper\\.example\\.org"), "a pattern of more"],
    ["a pattern has an open dot", `${service}.cors.allowOrigins.regex`, becomes("^https://helper.example\\.org$"), "a pattern of more"],
    ["the ingress lets every page read", "spec.ingress.rules.0.cors.allowOrigins.exact", becomes("*"), "spec.ingress.rules.0.cors"],
  ]),
  ...refused("spaces-key-limited", "raw-bucket-key", [
    ["it opens everything", "grants.0.permission", becomes("fullaccess"), "found the permission fullaccess"],
    ["it names no bucket", "grants.0.bucket", becomes(""), "found every bucket"],
    ["it has no grants", "grants", becomes([]), "grants: found no grant"],
    ["nothing is said of grants", "grants", becomes(undefined), "grants: found no grant"],
  ]),
  ...refused("load-balancer-https-only", "raw-balancer", [
    ["HTTP is not redirected", "redirectHttpToHttps", becomes(undefined), "forwardingRules.1: found plain HTTP"],
    ["HTTP is taken for TCP", "forwardingRules.1.entryProtocol", becomes("tcp"), "forwardingRules.1: found plain HTTP"],
    ["nothing is said of rules", "forwardingRules", becomes(undefined), "forwardingRules: found nothing"],
  ]),
  ...refused("load-balancer-strong-ciphers", "raw-balancer", [
    ["weak suites are accepted", "tlsCipherPolicy", becomes("DEFAULT"), "tlsCipherPolicy: found DEFAULT, allowed: STRONG"],
    ["nothing is said of suites", "tlsCipherPolicy", becomes(undefined), "tlsCipherPolicy: found DEFAULT"],
  ]),
  ...refused("load-balancer-encrypts-to-servers", "raw-balancer", [
    [
      "servers are reached plainly in the common network",
      "vpcUuid",
      becomes(undefined),
      "forwardingRules.0: found plain HTTP to the servers",
    ],
  ]),
  ...refused("kubernetes-control-plane-guarded", "raw-kubernetes", [
    ["the world reaches it", "controlPlaneFirewall.allowedAddresses", becomes(["0.0.0.0/0"]), "as good as the whole Internet"],
    ["its firewall is off", "controlPlaneFirewall.enabled", becomes(false), "controlPlaneFirewall: found off"],
    ["no network is named", "controlPlaneFirewall.allowedAddresses", becomes([]), "found no network"],
    ["nothing is said", "controlPlaneFirewall", becomes(undefined), "controlPlaneFirewall: found nothing"],
  ]),
  ...refused("kubernetes-kept-up-to-date", "raw-kubernetes", [
    ["it stays as it is", "autoUpgrade", becomes(undefined), "autoUpgrade: found off"],
    ["upgrades interrupt", "surgeUpgrade", becomes(false), "surgeUpgrade: found off"],
  ]),
  ...refused("kubernetes-highly-available", "raw-kubernetes", [
    ["its control plane is one machine", "ha", becomes(undefined), "ha: found off"],
  ]),
  ...refused("kubernetes-storage-kept", "raw-kubernetes", [
    ["volumes go with it", "destroyAllAssociatedResources", becomes(true), "destroyAllAssociatedResources: found on"],
  ]),
  ...refused("kubernetes-in-private-network", "raw-kubernetes", [
    ["it is in the common network", "vpcUuid", becomes(undefined), "the region's shared network"],
    ["its network is empty", "vpcUuid", becomes(""), "an empty text"],
  ]),
  ...refused("app-no-plain-secret", "raw-app", [
    ["a secret is of the type GENERAL", `${service}.envs.0.type`, becomes("GENERAL"), "a name with KEY in it, and not of the type SECRET"],
    ["a secret has no type", `${service}.envs.0.type`, becomes(undefined), "not of the type SECRET"],
    ["a value is a secret", "spec.envs.0.value", becomes("postgres://app:hunter2@db/app"), "spec.envs.0: found a variable with an address"],
    ["a job has a secret", "spec.jobs", becomes([{ envs: [{ key: "DB_PASSWORD", value: "hunter2" }] }]), "spec.jobs.0.envs.0: found"],
    [
      "a function has a secret",
      "spec.functions",
      becomes([{ envs: [{ key: "API_TOKEN", value: "x" }] }]),
      "spec.functions.0.envs.0: found",
    ],
    ["nothing is said", "spec", becomes(undefined), "spec: found nothing"],
  ]),
  ...refused("app-databases-managed", "raw-app", [
    ["a database is for development", "spec.databases.0.production", becomes(undefined), "a development database"],
    ["a database is of no cluster", "spec.databases.0.clusterName", becomes(undefined), "no cluster"],
  ]),
  ...refused("app-images-by-digest", "raw-app", [
    ["an image has a tag alone", `${service}.image.digest`, becomes(undefined), "an image without a digest"],
    ["a push deploys", `${service}.image.deployOnPushes.0.enabled`, becomes(true), "a deploy at each push"],
  ]),
  ...refused("registry-credentials-limited", "raw-registry-credentials", [
    ["they write", "write", becomes(true), "write: found on"],
    ["they never expire", "expirySeconds", becomes(undefined), "expirySeconds: found 1576800000 seconds"],
    ["they last for a year", "expirySeconds", becomes(31_536_000), "expirySeconds: found 31536000 seconds"],
  ]),
  ...refused("cloud-certificate-renewed", "raw-certificate", [
    ["it was uploaded", "type", becomes("custom"), "type: found custom"],
    ["nothing is said", "type", becomes(undefined), "type: found nothing"],
  ]),
  ...refused("bucket-policy-no-anonymous", "raw-bucket-policy", [
    [
      "everyone of one kind is allowed",
      "policy",
      becomes(statement({ Principal: { CanonicalUser: "1", AWS: "arn:aws:iam:::user/*" } })),
      "to everyone",
    ],
  ]),
  ...refused("app-images-by-digest", "raw-app", [
    ["a worker's image has a tag alone", "spec.workers", becomes([{ image: {} }]), "spec.workers.0.image: found an image without a digest"],
    ["a job's image has a tag alone", "spec.jobs", becomes([{ image: {} }]), "spec.jobs.0.image: found an image without a digest"],
    ["a digest is cut short", `${service}.image.digest`, becomes(`sha256:${"5".repeat(63)}`), "an image without a digest"],
    ["something follows a digest", `${service}.image.digest`, becomes(`sha256:${"5".repeat(64)}0`), "an image without a digest"],
    ["something stands before a digest", `${service}.image.digest`, becomes(`x-sha256:${"5".repeat(64)}`), "an image without a digest"],
  ]),
  ...refused("load-balancer-https-only", "raw-balancer", [
    [
      "TCP is for a port of HTTP",
      "forwardingRules.0",
      becomes({ entryProtocol: "tcp", entryPort: 8080 }),
      "forwardingRules.0: found plain HTTP",
    ],
    ["TCP is for another such port", "forwardingRules.0", becomes({ entryProtocol: "tcp", entryPort: 8000 }), "forwardingRules.0: found"],
  ]),
  ...refused("load-balancer-https-only", "raw-global-balancer", [
    ["servers are asked plainly", "glbSettings.targetProtocol", becomes("http"), "glbSettings: found plain HTTP"],
    [
      "it has a rule for plain HTTP",
      "forwardingRules",
      becomes([{ entryProtocol: "http", entryPort: 80 }]),
      "forwardingRules.0: found plain HTTP",
    ],
  ]),
  ...refused("load-balancer-strong-ciphers", "raw-global-balancer", [
    ["it has a rule for TLS", "forwardingRules", becomes([{ entryProtocol: "http2" }]), "tlsCipherPolicy: found DEFAULT"],
  ]),
  ...refused("load-balancer-encrypts-to-servers", "raw-global-balancer", [
    [
      "servers of the whole world are reached plainly",
      "glbSettings.targetProtocol",
      becomes("http"),
      "glbSettings: found plain HTTP to the servers",
    ],
    [
      "a rule of it reaches them plainly",
      "forwardingRules",
      becomes([{ targetProtocol: "http" }]),
      "forwardingRules.0: found plain HTTP to the servers",
    ],
  ]),
];

/** What they must let pass. */
export const SERVICES_ALLOWED: readonly Allowed[] = [
  ...allowed("admin-ports-not-public", "raw-balancer", [
    ["such a port is for named networks", "forwardingRules.1.entryPort", becomes(9100)],
  ]),
  ...allowed("database-firewall-not-open", "raw-database-firewall", [
    ["private networks are trusted", "rules", becomes(["10.0.0.0/8", "172.16.0.0/12"].map((value) => ({ type: "ip_addr", value })))],
    ["an app is trusted", "rules.1", becomes({ type: "app", value: "245bcfd0" })],
  ]),
  ...allowed("database-logs-without-statements", "raw-postgres", [
    ["nothing is said of statements", "logMinDurationStatement", becomes(undefined)],
  ]),
  ...allowed("database-connections-encrypted", "raw-valkey", [["nothing is said of TLS, which is on", "ssl", becomes(undefined)]]),
  ...allowed("database-user-limited", "raw-database-user", [
    ["it has no rights beside", "settings", becomes(undefined)],
    ["it is refused every index", "settings.0.opensearchAcls.0", becomes({ index: "*", permission: "deny" })],
    ["it is refused every topic", "settings.0.acls.0", becomes({ topic: "*", permission: "deny" })],
  ]),
  ...allowed("bucket-private", "raw-bucket", [["nothing is said of access, which is private", "acl", becomes(undefined)]]),
  ...allowed("bucket-keeps-versions", "raw-bucket", [
    ["they are kept for a month", "lifecycleRules.0.noncurrentVersionExpiration.days", becomes(30)],
  ]),
  ...allowed("bucket-policy-no-anonymous", "raw-bucket-policy", [
    ["accounts are named", "policy", becomes(statement({ Principal: { AWS: ["arn:aws:iam:::user/1", "arn:aws:iam:::user/2"] } }))],
    [
      "all but some are refused",
      "policy",
      becomes(JSON.stringify({ Statement: [{ Effect: "Deny", NotPrincipal: { AWS: "arn:aws:iam:::user/1" } }] })),
    ],
  ]),
  ...allowed("bucket-keeps-versions", "raw-bucket", [
    [
      "a rule that is off keeps them for a day",
      "lifecycleRules",
      listed((rules) => [...rules, { enabled: false, noncurrentVersionExpiration: { days: 1 } }]),
    ],
    ["a rule is for what is not finished", "lifecycleRules", listed((rules) => [...rules, { enabled: true }])],
  ]),
  ...allowed("bucket-former-versions-expire", "raw-bucket", [
    ["another rule is for a part", "lifecycleRules", listed((rules) => [...rules, { enabled: true, prefix: "a/" }])],
  ]),
  ...allowed("cors-origins-named", "raw-app", [
    ["an app names no origins", `${service}.cors`, becomes({})],
    ["a pattern is of a host with a hyphen", `${service}.cors.allowOrigins.regex`, becomes("^https://my-helper\\.example\\.org$")],
  ]),
  ...allowed("cors-origins-named", "raw-bucket", [["no page may read", "corsRules", becomes(undefined)]]),
  ...allowed("load-balancer-https-only", "raw-balancer", [
    ["the whole world is redirected", "glbSettings", becomes({ targetProtocol: "http", targetPort: 80 })],
    ["UDP has such a port", "forwardingRules.1", becomes({ entryPort: 80, entryProtocol: "udp" })],
    ["TLS goes through", "forwardingRules.1", becomes({ entryPort: 8443, entryProtocol: "tcp", targetPort: 8443, targetProtocol: "tcp" })],
  ]),
  ...allowed("load-balancer-strong-ciphers", "raw-balancer", [
    ["TLS ends at the servers", "forwardingRules.0.tlsPassthrough", becomes(true)],
  ]),
  ...allowed("kubernetes-kept-up-to-date", "raw-kubernetes", [
    ["nothing is said of surge, which is on", "surgeUpgrade", becomes(undefined)],
  ]),
  ...allowed("app-no-plain-secret", "raw-app", [["there are no variables", "spec.envs", becomes(undefined)]]),
  ...allowed("registry-credentials-limited", "raw-registry-credentials", [["they last for 90 days", "expirySeconds", becomes(7_776_000)]]),
];
