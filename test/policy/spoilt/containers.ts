import { type Allowed, allowed, becomes, listed, type Refused, refused, type Spoil } from "./spoil";

// Each container rule must see through the component and beside it: `api` is the service's container, `helper` one of a program's own.
const API = "containers.0";
const and = (member: unknown): Spoil => listed((good) => [...good, member]);
const bind = (source: string): unknown => ({ type: "bind", source, target: "/mnt", readOnly: true });

const NPROC = [{ name: "nproc", soft: 64, hard: 64 }];

const BRIDGE = "com.docker.network.bridge.name";
const MASQUERADES = { "com.docker.network.bridge.enable_ip_masquerade": "true" };

const SERVICE_DATA = { type: "bind", source: "/srv/helper", target: "/data" };
const NFS = {
  type: "volume",
  source: "helper",
  target: "/data",
  volumeOptions: { driverOptions: { type: "none", o: "bind", device: "/etc" } },
};

/** What the rules about containers must refuse. */
export const CONTAINERS_REFUSED: readonly Refused[] = [
  ...refused("container-image-by-digest", "services", [
    [
      "a service's image is a tag",
      `${API}.image`,
      becomes("registry.example.org/api:1.2"),
      "text of 28 characters without a digest at its end",
    ],
    ["a digest is cut short", `${API}.image`, becomes("api@sha256:1234"), "without a digest at its end"],
    ["another algorithm is used", `${API}.image`, becomes(`api@md5:${"1".repeat(64)}`), "without a digest at its end"],
    ["it has no image", `${API}.image`, becomes(undefined), "containers.0.image: found nothing"],
  ]),
  ...refused("container-image-by-digest", "databases", [
    ["the database's image is the latest", "containers.0.image", becomes("postgres:latest"), "containers.0.image: found text"],
  ]),
  ...refused("container-image-by-digest", "raw-container", [
    ["a container beside is of a tag", "image", becomes("alpine"), "image: found text of 6"],
  ]),
  ...refused("container-image-by-digest", "raw-image", [
    ["an image is pulled by a tag", "name", becomes("alpine:3"), "name: found text of 8"],
  ]),
  ...refused("container-not-privileged", "services", [
    ["a container is privileged", `${API}.privileged`, becomes(true), "containers.0.privileged: found a privileged container"],
    ["capabilities stay", `${API}.capabilities.drops`, becomes(["NET_RAW"]), "found no ALL"],
    ["nothing is dropped", `${API}.capabilities.drops`, becomes([]), "found no ALL"],
    ["nothing is said of capabilities", `${API}.capabilities`, becomes(undefined), "containers.0.capabilities: found nothing"],
    ["a capability comes back", `${API}.capabilities.adds`, becomes(["SYS_ADMIN"]), "found a capability (SYS_ADMIN), allowed: none"],
    ["new privileges may be had", `${API}.securityOpts`, becomes([]), "found no-new-privileges is not set"],
    ["seccomp is off", `${API}.securityOpts`, and("seccomp=unconfined"), "removes a protection"],
    ["AppArmor is off", `${API}.securityOpts`, and("apparmor:unconfined"), "removes a protection"],
    ["new privileges are allowed after all", `${API}.securityOpts`, and("no-new-privileges:false"), "removes a protection"],
    ["it has a device", `${API}.devices`, becomes([{ hostPath: "/dev/sda" }]), "found devices of the host"],
    ["it has the graphics card", `${API}.gpus`, becomes("all"), "containers.0.gpus: found devices of the host"],
    ["what is dropped is not all", `${API}.capabilities.drops`, becomes(["ALLOTHER"]), "found no ALL"],
    ["what is dropped only ends as all does", `${API}.capabilities.drops`, becomes(["NOT_ALL"]), "found no ALL"],
    ["its network is its own to command", `${API}.capabilities.adds`, becomes(["NET_ADMIN"]), "found a capability (NET_ADMIN)"],
    ["it watches others' programs", `${API}.capabilities.adds`, becomes(["SYS_PTRACE"]), "found a capability (SYS_PTRACE)"],
    ["all capabilities come back", `${API}.capabilities.adds`, becomes(["ALL"]), "found a capability (ALL)"],
    ["another comes back", `${API}.capabilities.adds`, becomes(["CHOWN"]), "found a capability (text of 5 characters)"],
    ["an option only begins as it must", `${API}.securityOpts`, becomes(["no-new-privileges:true,"]), "no-new-privileges is not set"],
    ["an option only ends as it must", `${API}.securityOpts`, becomes(["x-no-new-privileges"]), "no-new-privileges is not set"],
    ["a profile only ends as Docker's", `${API}.securityOpts`, and("xapparmor=docker-default"), "removes a protection"],
    ["a profile only begins as Docker's", `${API}.securityOpts`, and("seccomp=builtin.json"), "removes a protection"],
    ["it asks for the driver's devices", `${API}.deviceRequests`, becomes([{ driver: "x" }]), "found devices of the host"],
    ["it is of a further group", `${API}.groupAdds`, becomes(["docker"]), "found additional groups"],
  ]),
  ...refused("container-not-privileged", "raw-container", [
    ["a container beside is privileged", "privileged", becomes(true), "privileged: found a privileged container"],
    ["a container beside asks for devices by rule", "deviceCgroupRules", becomes(["a *:* rwm"]), "found devices of the host"],
  ]),
  ...refused("container-not-root", "services", [
    ["it is root", `${API}.user`, becomes("0:0"), "found 0:0"],
    ["its group is root's", `${API}.user`, becomes("10001"), "uid:gid, both numbers from 1 on"],
    ["the image decides", `${API}.user`, becomes("node"), "found text of 4 characters"],
    ["nothing is said", `${API}.user`, becomes(undefined), "containers.0.user: found nothing"],
  ]),
  ...refused("container-not-root", "databases", [["the database is root", "containers.0.user", becomes("root"), "found root"]]),
  ...refused("container-user-in-own-range", "services", [
    ["it is a person", `${API}.user`, becomes("1001:1001"), "found text of 9 characters, allowed: uid:gid, both numbers from 10000"],
    ["it is www-data", `${API}.user`, becomes("33:33"), "found text of 5 characters"],
    ["its group is a person's", `${API}.user`, becomes("10001:1001"), "found text of 10 characters"],
    ["it is above the range", `${API}.user`, becomes("30000:30000"), "found text of 11 characters"],
    ["the image decides", `${API}.user`, becomes("node"), "found text of 4 characters"],
  ]),
  ...refused("container-user-in-own-range", "databases", [
    ["a database is what its image says", "containers.0.user", becomes("999:999"), "found text of 7 characters"],
    [
      "two databases are one user",
      "containers",
      listed((all) => all.map((one) => (typeof one === "object" ? { ...one, user: "20001:20001" } : one))),
      "found the numbers of containers.0.user",
    ],
  ]),
  ...refused("container-root-read-only", "services", [
    ["its files can be written", `${API}.readOnly`, becomes(false), "found false or nothing"],
  ]),
  ...refused("container-root-read-only", "raw-container", [["nothing is said", "readOnly", becomes(undefined), "found false or nothing"]]),
  ...refused("container-temporary-noexec", "services", [
    ["programs run from its memory", `${API}.tmpfs`, becomes({ "/tmp": "rw,exec,nosuid,nodev" }), "found a memory file system with exec"],
  ]),
  ...refused("container-temporary-noexec", "raw-container", [
    ["programs run from the memory of one beside", "tmpfs", becomes({ "/run": "exec" }), "tmpfs: found a memory file system with exec"],
  ]),
  ...refused("container-namespaces-private", "services", [
    ["it is in the host's network", `${API}.networkMode`, becomes("host"), "found a network that is shared"],
    ["it is in the default network", `${API}.networkMode`, becomes("bridge"), "found a network that is shared"],
    ["it is in another container's network", `${API}.networkMode`, becomes("container:db"), "found a network that is shared"],
    ["it sees the host's processes", `${API}.pidMode`, becomes("host"), "found the host's, allowed: nothing"],
    ["it sees the host's memory", `${API}.ipcMode`, becomes("host"), "found the host's, allowed: nothing or private or none"],
    ["its users are the host's", `${API}.usernsMode`, becomes("host"), "found the host's"],
    ["it joins the network of all", `${API}.networksAdvanced`, and({ name: "bridge" }), "which every container may join"],
  ]),
  ...refused("container-namespaces-private", "raw-container", [
    ["a container beside names no network", "networksAdvanced", becomes(undefined), "in the default network with all others"],
  ]),
  ...refused("container-no-host-mounts", "services", [
    ["it commands the engine", `${API}.mounts`, and(bind("/var/run/docker.sock")), "found a socket of the host"],
    ["it commands the engine through its directory", `${API}.mounts`, and(bind("/run")), "found a path of the host's system"],
    ["it sees everything", `${API}.mounts`, and(bind("/")), "found a path of the host's system"],
    ["it sees all secrets", `${API}.mounts`, and(bind("/var/lib/phiward")), "found a path of the host's system"],
    ["it sees the kept secrets", `${API}.mounts`, and(bind("/var/lib/phiward/secrets/backup.1")), "found a path of the host's system"],
    ["it climbs out", `${API}.mounts`, and(bind("/srv/../etc")), "found a path of the host's system"],
    ["it sees all services' directories", `${API}.mounts`, and(bind("/var/lib/phiward/services/api")), "found a path of the host's system"],
    ["it mounts a pipe", `${API}.mounts`, and({ type: "npipe", source: "a", target: "/b" }), "found a mount of another type"],
    [
      "what it mounts is seen by the host",
      `${API}.mounts`,
      and({ type: "bind", source: "/srv/api", target: "/b", bindOptions: { propagation: "rshared" } }),
      "found mount propagation other than (r)private",
    ],
  ]),
  ...refused("container-no-host-mounts", "databases", [
    [
      "a volume is the host's",
      "volumes.0.driverOpts",
      becomes({ type: "none", o: "bind", device: "/etc" }),
      "volumes.0.driverOpts.device: found a path",
    ],
  ]),
  ...refused("container-no-host-mounts", "raw-container", [
    [
      "a container beside has the host's root",
      "volumes",
      becomes([{ hostPath: "/root", containerPath: "/root" }]),
      "volumes.0.hostPath: found a path",
    ],
    ["a container beside has another's volumes", "volumes", becomes([{ fromContainer: "db" }]), "every volume of another container"],
  ]),
  ...refused("container-no-host-mounts", "raw-volume", [
    [
      "a volume beside is the host's",
      "driverOpts",
      becomes({ type: "none", o: "bind", device: "/var/lib/docker" }),
      "driverOpts.device: found a path",
    ],
  ]),
  ...refused("container-no-plain-secret-environment", "services", [
    [
      "a password is there",
      `${API}.envs`,
      and("DB_PASSWORD=x"),
      "found a variable with PASSWORD in its name: DB_PASSWORD of the service api",
    ],
    [
      "a value stands where its name should",
      `${API}.envs`,
      and("hunter2TOKEN_=x"),
      "found a variable with TOKEN in its name of the service",
    ],
    ["a password is said in one word", `${API}.envs`, and("PGPASSWORD=x"), "found a variable with PASSWORD in its name"],
    ["a token is there", `${API}.envs`, and("GITHUB_TOKEN=x"), "found a variable with TOKEN in its name"],
    ["a key is there", `${API}.envs`, and("key=x"), "found a variable with KEY in its name"],
    ["a file's name is no path", `${API}.envs`, and("API_KEY_FILE=x"), "ends in _FILE and names no path"],
    ["an address has a password", `${API}.envs`, and("DATABASE=postgresql://api:x@db/api"), "an address with a password in it"],
    ["a private key is there", `${API}.envs`, and("PEM=-----BEGIN EC PRIVATE KEY-----"), "found a private key"],
    ["the command has a password", `${API}.command`, becomes(["run", "--db-password=x"]), "found an option with a secret"],
    ["a label has an address", `${API}.labels.0.value`, becomes("redis://:x@cache"), "an address with a password in it"],
    ["the question has a token", `${API}.healthcheck.tests`, and("--token=x"), "found an option with a secret"],
  ]),
  ...refused("container-no-plain-secret-environment", "services", [
    ["a password is said in short", `${API}.envs`, and("DB_PW=x"), "found a variable with PW in its name"],
    ["a password's name ends otherwise", `${API}.envs`, and("DB_PASSWORD_ID=x"), "found a variable with PASSWORD in its name"],
    ["a name is in letters of both kinds", `${API}.envs`, and("jwtSecret=x"), "found a variable with JWT in its name"],
    ["a connection has its password", `${API}.envs`, and("DATA=Server=db;Password=x;"), "a connection string with a password"],
    ["a value is a cloud's", `${API}.envs`, and(`THING=${"aB3/".repeat(10)}`), "found a key of a cloud"],
    [
      "the command has a password in two words",
      `${API}.command`,
      becomes(["run", "--password", "x"]),
      "command.2: found a secret behind its option",
    ],
    ["a shell sets a password", `${API}.command`, becomes(["sh", "-c", "PGPASSWORD=x psql"]), "command.2: found a variable with PASSWORD"],
    [
      "a shell sends a token",
      `${API}.command`,
      becomes(["sh", "-c", "curl -H 'Authorization: Bearer abcdef0123456789'"]),
      "credentials of HTTP",
    ],
    ["its question sets a password", `${API}.healthcheck.tests`, and("REDIS_PASSWORD='x' redis-cli"), "found a variable with PASSWORD"],
  ]),
  ...refused("container-no-plain-secret-environment", "raw-container", [
    ["its log has a token", "logOpts", becomes({ tag: "Bearer abcdef0123456789" }), "logOpts.tag: found credentials of HTTP"],
    [
      "a file is sent in another form",
      "uploads",
      becomes([{ file: "/k", contentBase64: Buffer.from("AGE-SECRET-KEY-1Q").toString("base64") }]),
      "contentBase64: found a private key",
    ],
    ["a container beside has a password", "envs", becomes(["SMTP_PASS=x"]), "envs.0: found a variable with PASS in its name"],
    [
      "a container beside is sent a key",
      "uploads",
      becomes([{ file: "/k", content: "AGE-SECRET-KEY-1Q" }]),
      "uploads.0.content: found a private key",
    ],
  ]),
  ...refused("container-ports-on-loopback", "services", [
    ["it is published to the world", `${API}.ports.0.ip`, becomes("0.0.0.0"), "found 0.0.0.0, allowed: 127.0.0.1 or ::1"],
    ["it is published to the world in IPv6", `${API}.ports.0.ip`, becomes("::"), "found ::"],
    ["no address is given", `${API}.ports.0.ip`, becomes(undefined), "found nothing, which is every address"],
    ["a private network reaches it", `${API}.ports.0.ip`, becomes("10.0.0.5"), "found text of 8 characters"],
    ["it is a database", `${API}.ports.0.internal`, becomes(5432), "found a port of PostgreSQL that is published"],
    ["all is published", `${API}.publishAllPorts`, becomes(true), "every port that the image names"],
  ]),
  ...refused("container-ports-on-loopback", "databases", [
    [
      "a database answers on the loopback address",
      "containers.1.ports",
      becomes([{ internal: 7777, external: 7777, ip: "127.0.0.1" }]),
      "found a port of a database that is published",
    ],
  ]),
  ...refused("container-ports-on-loopback", "raw-container", [
    ["a container beside is published", "ports", becomes([{ internal: 80, external: 8081 }]), "found nothing, which is every address"],
  ]),
  ...refused("container-health-checked", "services", [
    ["nobody asks", `${API}.healthcheck`, becomes(undefined), "containers.0.healthcheck: found nothing"],
    ["the question is taken away", `${API}.healthcheck.tests`, becomes(["NONE"]), "found no health check"],
    ["it stays down", `${API}.restart`, becomes("no"), "found no, allowed: unless-stopped or always or on-failure"],
    ["it logs nothing", `${API}.logDriver`, becomes("none"), "containers.0.logDriver: found none"],
  ]),
  ...refused("container-limited", "services", [
    ["its memory is not limited", `${API}.memory`, becomes(0), "containers.0.memory: found no limit"],
    ["only its memory is not limited", `${API}.memory`, becomes(undefined), "containers.0.memory: found nothing"],
    ["it swaps", `${API}.memorySwap`, becomes(-1), "found swap beyond the memory limit"],
    ["its processes are not limited", `${API}.cgroupParent`, becomes("system.slice"), "found another control group"],
  ]),
  ...refused("container-limited", "raw-container", [
    ["a container beside has no limits", "memory", becomes(undefined), "memory: found nothing"],
    ["a container beside is in no control group", "cgroupParent", becomes(undefined), "cgroupParent: found nothing"],
  ]),
  ...refused("container-limits-enforced", "services", [
    ["the stack says that the kernel has none", API, (good) => withoutLimits(good), "containers.0.memory: found nothing, allowed: a limit"],
  ]),
  ...refused("container-bridges-known", "databases", [
    ["its name is another", "networks.0.options", named("lan0"), "found a bridge with a name of its own"],
    ["its name is for the Internet, and it does not masquerade", "networks.2.options", named("br-inet-0a1b2c"), "a name of its own"],
    [
      "its name is for the Internet, and it is internal",
      "networks.0.options",
      (good): unknown => ({ ...Object(good), ...MASQUERADES, [BRIDGE]: "br-inet-0a1b2c" }),
      "a name of its own",
    ],
  ]),
  ...refused("database-networks-internal", "databases", [
    ["its network leads out", "networks.0.internal", becomes(false), "found a network that is not internal"],
    [
      "it joins the services' network",
      "containers.0.networksAdvanced",
      and({ name: "phiward-api" }),
      "found a network that is not internal",
    ],
    ["it joins a network of nobody's", "containers.0.networksAdvanced", and({ name: "edge" }), "found a network that is not declared here"],
  ]),
  ...refused("container-not-privileged", "raw-container", [
    [
      "its system calls are a profile of its own",
      "securityOpts",
      and('seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'),
      "removes a protection",
    ],
    ["its profile is somebody's", "securityOpts", and("apparmor=mine"), "removes a protection"],
    ["it has another label", "securityOpts", and("label=type:spc_t"), "removes a protection"],
  ]),
  ...refused("container-no-host-mounts", "services", [
    ["it sees another service's secrets", `${API}.mounts`, and(bind("/var/lib/phiward/services/db/secrets")), "path of the host's system"],
    ["it sees a service's whose name begins as its own", `${API}.mounts`, and(bind("/var/lib/phiward/services/ap/secrets")), "path of"],
    [
      "it sees another service's configuration",
      `${API}.mounts`,
      and(bind("/etc/phiward/services/db")),
      "found a path of the host's system",
    ],
    ["it sees the volume of all", `${API}.mounts`, and(bind("/srv/data")), "found a path of the host's system"],
    ["it sees Docker's directory on it", `${API}.mounts`, and(bind("/srv/data/docker")), "found a path of the host's system"],
    [
      "it has the host's root as a volume",
      `${API}.mounts`,
      and({
        type: "volume",
        target: "/h",
        volumeOptions: { driverName: "local", driverOptions: { type: "none", o: "bind", device: "/" } },
      }),
      "volumeOptions.driverOptions.device: found a path of the host's system",
    ],
    [
      "another driver brings the volume",
      `${API}.mounts`,
      and({ type: "volume", target: "/h", volumeOptions: { driverName: "sshfs" } }),
      "found a driver that is not Docker's own",
    ],
    ["it has a database's volume", `${API}.mounts`, and({ type: "volume", source: "phiward-db.data", target: "/h" }), "of another service"],
  ]),
  ...refused("container-no-host-mounts", "raw-container", [
    ["it has a database's volume", "volumes", becomes([{ volumeName: "phiward-db.data", containerPath: "/h" }]), "of another service"],
    ["it sees a service's secrets", "mounts", becomes([bind("/var/lib/phiward/services/api/secrets/k.1")]), "a path of the host's system"],
  ]),
  ...refused("container-no-host-mounts", "raw-volume", [
    [
      "it is on another machine, in the clear",
      "driverOpts",
      becomes({ type: "nfs", o: "addr=10.0.0.9", device: ":/export" }),
      "found a path",
    ],
    ["another driver makes it", "driver", becomes("sshfs"), "driver: found a driver that is not Docker's own"],
    ["it is a swarm's", "cluster", becomes({}), "cluster: found a volume of a swarm"],
  ]),
  ...refused("container-arguments-harmless", "services", [
    ["it has an argument that nobody knows", `${API}.bootFrom`, becomes("x"), "containers.0: found an argument that is not recognised"],
    ["its output is in the state", `${API}.logs`, becomes(true), "containers.0.logs: found output of the container"],
    ["another name server is asked", `${API}.dns`, becomes(["8.8.8.8"]), "found a name server that learns every name"],
    ["its log leaves the host", `${API}.logDriver`, becomes("syslog"), "found a log that leaves the host"],
  ]),
  ...refused("container-arguments-harmless", "raw-container", [
    ["its output is attached", "attach", becomes(true), "attach: found output"],
    ["anybody writes to it", "stdinOpen", becomes(true), "stdinOpen: found a standard input"],
    ["it has a terminal", "tty", becomes(true), "tty: found a terminal"],
    ["another runtime starts it", "runtime", becomes("nvidia"), "runtime: found another runtime"],
    ["it changes the kernel's settings", "sysctls", becomes({ "net.ipv4.ip_forward": "1" }), "sysctls: found a kernel setting"],
    ["it shares messages", "sysctls", becomes({ "kernel.msgmax": "1" }), "sysctls: found a kernel setting"],
    ["the host has a name in it", "hosts", becomes([{ host: "h", ip: "host-gateway" }]), "hosts.0.ip: found a name for the host itself"],
    ["the cloud's metadata has a name in it", "hosts", becomes([{ host: "h", ip: "169.254.169.254" }]), "or for its cloud's metadata"],
    [
      "an address answers for a container",
      "hosts",
      becomes([{ host: "db", ip: "198.51.100.7" }]),
      "hosts.0.host: found a name that a container",
    ],
    [
      "so it does with a dot behind",
      "hosts",
      becomes([{ host: "db.", ip: "198.51.100.7" }]),
      "hosts.0.host: found a name that a container",
    ],
    ["it answers for a database", "networksAdvanced", becomes([{ name: "phiward-db", aliases: ["db"] }]), "found a further name"],
    [
      "it has an address of the link",
      "networksAdvanced",
      becomes([{ name: "helper", linkLocalIps: ["169.254.169.254"] }]),
      "a setting of the network that is not reviewed",
    ],
    ["its log goes to an address", "logOpts", becomes({ "gelf-address": "udp://203.0.113.9" }), "an option of the log"],
    ["its log has secrets in it", "logOpts", becomes({ env: "DATABASE" }), "an option of the log"],
    ["its log has no end", "logDriver", becomes("json-file"), "found a log without a limit"],
    ["its log's files have no end", "logOpts", becomes({ "max-size": "-1" }), "an option of the log (max-size)"],
    ["its lines are sudo's", "logOpts", becomes({ tag: "sudo" }), "logOpts.tag: found a tag by which"],
    ["its lines are sshd's, by a template", "logOpts", becomes({ tag: "{{if false}}/{{end}}sshd" }), "logOpts.tag: found a tag by which"],
    ["its lines are nobody's", "logOpts", becomes({ tag: "/sudo" }), "logOpts.tag: found a tag by which"],
    ["devices work in its memory", "tmpfs", becomes({ "/tmp": "rw,dev" }), "a memory file system with suid or dev"],
    [
      "it gets a file of this machine",
      "uploads",
      becomes([{ file: "/k", source: "/root/.ssh/id_ed25519" }]),
      "uploads.0.source: found a file",
    ],
    [
      "it gets a program of root's",
      "uploads",
      becomes([{ file: "/k", content: "", permissions: "4755" }]),
      "uploads.0.permissions: found a mode",
    ],
  ]),
  ...refused("container-image-by-digest", "raw-image", [
    ["an image is built on the host", "build", becomes({ context: "." }), "build: found an image that is built on the host"],
  ]),
  ...refused("docker-types-reviewed", "raw-container", [["its name is none", "name", becomes(7), "name: found a number"]]),
  ...refused("container-networks-bridged", "databases", [
    ["its driver is another", "networks.0.driver", becomes("macvlan"), "networks.0.driver: found another driver"],
    ["it has addresses of the Internet", "networks.0.ipv6", becomes(true), "networks.0.ipv6: found on"],
  ]),
  ...refused("container-networks-bridged", "made-network", [
    ["it is the host's", "driver", becomes("host"), "driver: found another driver"],
    ["it is of the neighbours'", "driver", becomes("ipvlan"), "driver: found another driver"],
    ["it is a swarm's", "driver", becomes("overlay"), "driver: found another driver"],
    ["whoever is in the swarm joins", "attachable", becomes(true), "attachable: found on"],
    ["it receives for the swarm", "ingress", becomes(true), "ingress: found on"],
    ["it is published everywhere", "options", becomes({ "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0" }), "that opens it"],
    ["it is routed", "options", becomes({ "com.docker.network.bridge.gateway_mode_ipv4": "routed" }), "that opens it"],
    ["others are trusted", "options", becomes({ "com.docker.network.bridge.trusted_host_interfaces": "eth0" }), "that opens it"],
    ["it is part of another", "options", becomes({ parent: "eth0" }), "an option of the network (parent)"],
    ["its addresses are given by a plugin", "ipamDriver", becomes("dhcp"), "ipamDriver: found another driver"],
  ]),
  ...refused("container-bridges-known", "made-network", [
    [
      "a network that is made reaches the Internet",
      "options",
      becomes({ [BRIDGE]: "br-inet-0a1b2c" }),
      "found a bridge with a name of its own",
    ],
  ]),
  ...refused("container-arguments-harmless", "raw-container", [
    ["it asks a name server elsewhere", "dns", becomes(["x127.0.0.1"]), "found a name server"],
    ["it asks one that only looks like its own", "dns", becomes(["127.0.0.1.example"]), "found a name server"],
    [
      "a network has an option of its driver",
      "networksAdvanced",
      becomes([{ name: "helper", driverOpts: ["a=b"] }]),
      "that is not reviewed",
    ],
    [
      "a network has an address of its own choice",
      "networksAdvanced",
      becomes([{ name: "helper", linkLocalIps: ["::1"] }]),
      "not reviewed",
    ],
    [
      "a file's program runs as its owner",
      "uploads",
      becomes([{ file: "/a", content: "x", permissions: "4755" }]),
      "found a mode with more",
    ],
    ["a file's mode only ends as one", "uploads", becomes([{ file: "/a", content: "x", permissions: "x644" }]), "found a mode with more"],
  ]),
  ...refused("container-bridges-known", "databases", [
    [
      "its name only ends as one for the Internet",
      "networks.2.options",
      becomes({ ...MASQUERADES, [BRIDGE]: "xbr-inet-0a1b2c" }),
      "of its own",
    ],
    ["its name only begins as one", "networks.2.options", becomes({ ...MASQUERADES, [BRIDGE]: "br-inet-0a1b2cd" }), "a name of its own"],
  ]),
  ...refused("container-no-host-mounts", "raw-container", [
    ["a socket is mounted by its long name", "mounts", becomes([bind("/srv/helper/app.socket")]), "found a path of the host's system"],
    [
      "another service's volume",
      "volumes",
      becomes([{ volumeName: "phiward-db.data", containerPath: "/d" }]),
      "a volume of another service",
    ],
    ["a volume is another machine's directory", "mounts", becomes([NFS]), "found a path of the host's system"],
    ["its mounts reach the host", "mounts", becomes([{ ...SERVICE_DATA, bindOptions: { propagation: "shared" } }]), "mount propagation"],
  ]),
  ...refused("container-no-host-mounts", "services", [
    [
      "it sees a service whose name begins as its own",
      `${API}.mounts`,
      and(bind("/var/lib/phiward/services/api-0a1b2c3d4")),
      "found a path of the host's system",
    ],
  ]),
  ...refused("container-no-plain-secret-environment", "services", [
    [
      "a variable's name only has _FILE in it",
      `${API}.envs`,
      and("DB_PASSWORD_FILENAME=/run/secrets/a"),
      "a variable with PASSWORD in its name",
    ],
    [
      "an entry point has a secret",
      `${API}.entrypoints`,
      becomes(["/app/start", "--password", "hunter2"]),
      "found a secret behind its option",
    ],
    ["a variable's value begins as a token, with no name", `${API}.envs`, and(`ghp_${"a1B2".repeat(9)}`), "containers.0.envs"],
  ]),
  ...refused("container-namespaces-private", "raw-bridged", [
    ["it leaves the default network for none", "networksAdvanced", becomes([]), "in the default network with all others"],
    ["it is in the default network by name", "networksAdvanced.0.name", becomes("default"), "which every container may join"],
    ["it is in the host's network by name", "networksAdvanced.0.name", becomes("host"), "which every container may join"],
    ["its mode is a network that it does not name", "networkMode", becomes("other"), "found a network that is shared"],
    ["its mode is the default one", "networkMode", becomes("default"), "found a network that is shared"],
    ["its mode is nothing, and it names none", "networksAdvanced", becomes(undefined), "in the default network with all others"],
    ["it sees another container's processes", "pidMode", becomes("container:db"), "found one that is shared"],
    ["others see its memory", "ipcMode", becomes("shareable"), "found one that is shared"],
    ["its control groups are the host's", "cgroupnsMode", becomes("host"), "found the host's, allowed: nothing or private"],
  ]),
  ...refused("container-limited", "raw-bridged", [
    ["it has no limit of its user's processes either", "ulimits", becomes(undefined), "cgroupParent: found nothing"],
    ["its user may have as many as it likes", "ulimits.0.hard", becomes(65_537), "cgroupParent: found nothing"],
    ["its user has no limit at first", "ulimits.0.soft", becomes(0), "cgroupParent: found nothing"],
    ["what is limited is something else", "ulimits.0.name", becomes("nofile"), "cgroupParent: found nothing"],
    ["its control group is no service's", "cgroupParent", becomes("phiward-Api.slice"), "found another control group"],
    ["its control group only begins as one", "cgroupParent", becomes("phiward-api.slice/x"), "found another control group"],
    ["its control group only ends as one", "cgroupParent", becomes("xphiward-api.slice"), "found another control group"],
    ["its memory is below nothing", "memory", becomes(-1), "memory: found no limit"],
  ]),
];

function named(bridge: string): Spoil {
  return (good): unknown => ({ ...Object(good), [BRIDGE]: bridge });
}

function withoutLimits(good: unknown): unknown {
  return { ...Object(good), memory: undefined, memorySwap: undefined, cgroupParent: undefined };
}

/** What they must let pass. */
export const CONTAINERS_ALLOWED: readonly Allowed[] = [
  ...allowed("container-bridges-known", "databases", [
    ["it is for the Internet", "networks.2.options", becomes({ ...MASQUERADES, [BRIDGE]: "br-inet-0a1b2c" })],
  ]),
  ...allowed("container-image-by-digest", "services", [
    ["it has a tag and a digest", `${API}.image`, becomes(`registry.example.org:5000/a/b:1.2@sha256:${"a".repeat(64)}`)],
  ]),
  ...allowed("container-temporary-noexec", "raw-container", [["it has memory", "tmpfs", becomes({ "/tmp": "rw,noexec,size=1g" })]]),
  ...allowed("container-not-privileged", "raw-container", [
    ["the option is short", "securityOpts", becomes(["no-new-privileges"])],
    ["the engine writes what is off", "privileged", becomes(false)],
    ["the option has an equals sign", "securityOpts", becomes(["no-new-privileges=true", "seccomp:builtin", "apparmor:docker-default"])],
    ["all is dropped, in small letters", "capabilities.drops", becomes(["chown", "all"])],
    ["the engine writes that there is nothing", "gpus", becomes("")],
    ["all is dropped by its long name", "capabilities.drops", becomes(["CAP_ALL"])],
  ]),
  ...allowed("container-namespaces-private", "raw-bridged", [
    ["its mode is its network", "networkMode", becomes("helper")],
    ["its mode is empty", "networkMode", becomes("")],
    ["it shares nothing, in so many words", "ipcMode", becomes("none")],
    ["its control groups are its own", "cgroupnsMode", becomes("private")],
  ]),
  ...allowed("container-limited", "raw-bridged", [
    ["its user has as many processes as may be", "ulimits.0.hard", becomes(65_536)],
    ["it has a control group beside", "cgroupParent", becomes("phiward-api_2.slice")],
  ]),
  ...allowed("container-namespaces-private", "raw-container", [
    ["it has no network at all", "networkMode", becomes("none")],
    ["its memory is private in so many words", "ipcMode", becomes("private")],
    ["the provider fills in a mode that it leaves again", "networkMode", becomes("bridge")],
  ]),
  ...allowed("container-no-host-mounts", "raw-container", [
    ["data lies where data lies", "mounts", becomes([bind("/srv/helper")])],
    ["a volume has a name", "volumes", becomes([{ volumeName: "helper", containerPath: "/data" }])],
  ]),
  ...allowed("container-no-plain-secret-environment", "services", [
    [
      "a key's length and a public key are told",
      `${API}.envs`,
      becomes(["KEY_LENGTH=32", "PUBLIC_KEY=x", "TOKEN_TTL=60", "KEYCLOAK_URL=https://a.example"]),
    ],
    [
      "a shell reads a file",
      `${API}.command`,
      becomes(["sh", "-c", 'PGPASSWORD=$(cat /run/secrets/a) REDIS_PASSWORD="$X" psql', "--password", "/run/secrets/a", "--token"]),
    ],
    [
      "what is about secrets is none",
      `${API}.envs`,
      becomes(["SALT_ROUNDS=12", "TOKEN_ISSUER=a", "PASSWORD_RESET_URL=https://a.example/r"]),
    ],
    ["a secretary is no secret", `${API}.envs`, becomes(["SECRETARY_MAIL=a@example.org"])],
  ]),
  ...allowed("container-ports-on-loopback", "services", [
    ["it is published in IPv6 on this host alone", `${API}.ports.0.ip`, becomes("::1")],
    ["a port that a database may have is a program's", `${API}.ports.0.internal`, becomes(9000)],
  ]),
  ...allowed("container-arguments-harmless", "raw-container", [
    ["it may have many connections", "sysctls", becomes({ "net.core.somaxconn": "1024" })],
    ["it runs in a sandbox", "runtime", becomes("runsc")],
    ["a partner has a name in it", "hosts", becomes([{ host: "lab.example.org", ip: "198.51.100.7" }])],
    ["its log is small", "logOpts", becomes({ "max-size": "10m", "max-file": "3" })],
    ["its lines have its name", "logOpts", becomes({ tag: "container/{{.Name}}" })],
    ["it has a name more in its own network", "networksAdvanced", becomes([{ name: "helper", aliases: ["h"] }])],
    ["it gets a file", "uploads", becomes([{ file: "/etc/motd", content: "hello", permissions: "0644" }])],
    ["it has memory", "tmpfs", becomes({ "/tmp": "rw,noexec,nosuid,nodev,size=64m" })],
  ]),
  ...allowed("container-not-privileged", "raw-container", [["its profiles are Docker's", "securityOpts", and("seccomp=builtin")]]),
  ...allowed("container-networks-bridged", "made-network", [
    ["nothing is said of its driver", "driver", becomes(undefined)],
    ["its packets are small", "options", becomes({ "com.docker.network.driver.mtu": "1400" })],
  ]),
  ...allowed("container-no-host-mounts", "raw-container", [
    [
      "it mounts a volume of its own",
      "mounts",
      becomes([{ type: "volume", source: "helper", target: "/data", volumeOptions: { noCopy: true } }]),
    ],
  ]),
  ...allowed("container-output-recorded", "raw-container", [
    ["it goes to the journal", "logDriver", becomes("journald")],
    ["the engine says that nothing is said", "logDriver", becomes("")],
  ]),
  ...allowed("container-arguments-harmless", "raw-container", [
    ["it asks its own name server", "dns", becomes(["127.0.0.11", "127.10.200.30", "::1"])],
    ["its log is none", "logDriver", becomes("none")],
    ["a file's mode has three digits", "uploads", becomes([{ file: "/etc/motd", content: "hello", permissions: "644" }])],
    ["the engine has a name of its own among the options", "sysctls", becomes({ __defaults: [] })],
  ]),
  ...allowed("container-networks-bridged", "made-network", [
    ["the engine has a name of its own among them", "options", becomes({ __defaults: [] })],
  ]),
  ...allowed("container-temporary-noexec", "raw-container", [
    ["the engine has a name of its own among them", "tmpfs", becomes({ __defaults: [], "/tmp": "rw,noexec" })],
  ]),
  ...allowed("container-no-host-mounts", "raw-container", [
    ["its mounts are its own", "mounts", becomes([{ ...SERVICE_DATA, bindOptions: { propagation: "private" } }])],
    ["they are in so many words", "mounts", becomes([{ ...SERVICE_DATA, bindOptions: { propagation: "rprivate" } }])],
    ["its mounts have options of nothing", "mounts", becomes([{ ...SERVICE_DATA, bindOptions: {} }])],
    ["it mounts memory", "mounts", becomes([{ type: "tmpfs", target: "/tmp" }])],
    ["another's volume has a name like a service's", "volumes", becomes([{ volumeName: "my-phiward-db.data", containerPath: "/data" }])],
    ["a file's name has a socket's in it", "mounts", becomes([bind("/srv/helper/a.socks")])],
  ]),
  ...allowed("container-no-host-mounts", "raw-volume", [["its driver is Docker's own", "driver", becomes("local")]]),
  ...allowed("container-limited", "services", [["the kernel has no limits", API, withoutLimits]]),
  ...allowed("container-limited", "raw-container", [["its user's processes are limited", "ulimits", becomes(NPROC)]]),
  ...allowed("container-limited", "raw-child", [["a limit is given all the same", "labels", becomes([])]]),
];
