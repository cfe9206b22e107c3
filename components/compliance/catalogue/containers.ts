/** Docker, containers and databases. */
import type { Control } from "../control";

/** Controls DKD-01, CTR-01, PG-01, RDS-01 and on. */
export const CONTAINERS = {
  "DKD-01": {
    title: "Containers on the default network cannot reach each other",
    hipaa: ["164.312(e)(1)"],
    cisDocker: ["2.2"],
  },
  "DKD-02": {
    title: "Processes in containers gain no privileges by default",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["2.14"],
  },
  "DKD-03": {
    title: "Containers survive a restart of Docker",
    hipaa: ["164.308(a)(7)(i)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["2.15"],
  },
  "DKD-04": {
    title: "Docker's user-space proxy is off",
    gdpr: ["32(1)(b)"],
    cisDocker: ["2.16"],
  },
  "DKD-05": {
    title: "Containers have their own user ids (userns-remap)",
    hipaa: ["164.312(a)(1)"],
    cisDocker: ["2.9", "5.31"],
  },
  "DKD-06": {
    title: "Docker listens on no network; remote use is over SSH with a pinned host key",
    hipaa: ["164.312(e)(1)", "164.312(d)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["2.7"],
  },
  "DKD-07": {
    title: "Docker's risky and experimental features are off",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    cisDocker: ["2.3", "2.4", "2.5", "2.18", "2.8", "2.6"],
  },
  "DKD-08": {
    title: "Only the deploy user is a member of the docker group",
    hipaa: ["164.312(a)(1)"],
    cisDocker: ["1.1.2"],
  },
  "DKD-09": {
    title: "Docker's sockets and settings have strict owners and modes",
    hipaa: ["164.312(a)(1)"],
    cisDocker: ["3.5", "3.6", "3.17", "3.18", "3.15", "3.16", "3.23", "3.24"],
  },
  "DKD-10": {
    title: "Swarm mode is off",
    hipaa: ["164.312(a)(1)"],
    cisDocker: ["5.1", "6.1", "6.2"],
    source: ["runbook:recover"],
  },
  "DKD-11": {
    title: "Docker's settings are checked before it is restarted",
    gdpr: ["32(1)(b)"],
  },
  "DKD-12": {
    title: "Docker's default seccomp and AppArmor profiles are on",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["2.17", "5.22", "5.2"],
  },
  "CTR-01": {
    title: "No container runs as root",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["4.1"],
  },
  "CTR-02": {
    title: "Images are pinned by digest",
    hipaa: ["164.312(c)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["4.2", "5.28"],
    source: ["runbook:daily"],
  },
  "CTR-03": {
    title: "Containers have no capabilities",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.4"],
  },
  "CTR-04": {
    title: "No container is privileged or has devices of the host",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.5", "5.18"],
  },
  "CTR-05": {
    title: "No container has Docker's socket",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.32"],
    source: ["runbook:vuln"],
  },
  "CTR-06": {
    title: "Containers see declared files of the host only",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.6"],
  },
  "CTR-07": {
    title: "Containers' root filesystems are read-only",
    hipaa: ["164.312(c)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.13"],
  },
  "CTR-08": {
    title: "Processes in a container gain no privileges",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.26"],
  },
  "CTR-09": {
    title: "Memory and processes of containers are limited",
    hipaa: ["164.308(a)(7)(i)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.11", "5.12", "5.29"],
  },
  "CTR-10": {
    title: "Containers that keep failing are not restarted for ever",
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.15"],
  },
  "CTR-11": {
    title: "Containers have health checks, and are healthy",
    hipaa: ["164.308(a)(7)(i)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["4.6", "5.27"],
  },
  "CTR-12": {
    title: "Containers share no namespaces with the host",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.10", "5.16", "5.17", "5.21", "5.31", "5.20"],
  },
  "CTR-13": {
    title: "Containers' seccomp and AppArmor profiles are not switched off",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.2", "5.22"],
  },
  "CTR-14": {
    title: "Containers are on declared networks only",
    hipaa: ["164.312(e)(1)"],
    cisDocker: ["5.30"],
  },
  "CTR-15": {
    title: "Containers publish declared ports only",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.14", "5.9", "5.8"],
    source: ["runbook:metrics"],
  },
  "CTR-16": {
    title: "No secret is in a container's environment, labels, command or image",
    hipaa: ["164.312(a)(2)(iv)", "164.308(a)(5)(ii)(D)"],
    gdpr: ["5(1)(f)", "32(1)(a)"],
    cisDocker: ["4.10"],
    source: ["runbook:env"],
  },
  "CTR-17": {
    title: "Images hold no SSH server and no set-user-id files",
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.7", "4.8", "4.9", "4.7"],
  },
  "CTR-18": {
    title: "Containers run exactly as they are declared",
    hipaa: ["164.308(a)(4)(i)"],
    gdpr: ["5(1)(c)"],
  },
  "PG-01": {
    title: "PostgreSQL is of a supported version, pinned by digest",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    cisDocker: ["4.4"],
  },
  "PG-02": {
    title: "PostgreSQL passwords are stored and checked by SCRAM-SHA-256",
    hipaa: ["164.312(d)"],
    gdpr: ["32(1)(b)"],
    source: ["runbook:db"],
  },
  "PG-03": {
    title: "PostgreSQL accepts declared connections only",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(a)"],
  },
  "PG-04": {
    title: "PostgreSQL connections are encrypted by TLS 1.3",
    hipaa: ["164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:tls"],
  },
  "PG-05": {
    title: "PostgreSQL accounts of services have no powers over the server",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["5(1)(c)"],
    source: ["runbook:db"],
  },
  "PG-06": {
    title: "Each user of PostgreSQL has its own account",
    hipaa: ["164.312(a)(2)(i)"],
    source: ["runbook:logs"],
  },
  "PG-07": {
    title: "PostgreSQL logs who is refused and why it stops, and not the data",
    hipaa: ["164.312(b)"],
    source: ["runbook:phiaudit", "runbook:audit"],
  },
  "PG-08": {
    title: "PostgreSQL's files can be read by it only",
    hipaa: ["164.312(a)(1)"],
  },
  "PG-09": {
    title: "PostgreSQL has declared languages and extensions only",
    gdpr: ["32(1)(b)"],
  },
  "PG-10": {
    title: "Keys that encrypt fields are kept outside the database",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:atrest"],
  },
  "PG-11": {
    title: "Idle and endless PostgreSQL sessions are ended",
    hipaa: ["164.312(a)(2)(iii)"],
  },
  "PG-12": {
    title: "PostgreSQL keeps what it acknowledged, and checks its pages",
    hipaa: ["164.312(c)(1)"],
    gdpr: ["32(1)(b)"],
  },
  "PG-13": {
    title: "PostgreSQL publishes no port",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.9", "5.30"],
    source: ["runbook:ufw"],
  },
  "RDS-01": {
    title: "Redis has accounts with passwords, and no anonymous user",
    hipaa: ["164.312(d)", "164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
  },
  "RDS-02": {
    title: "Redis denies dangerous commands to services",
    hipaa: ["164.312(a)(1)"],
  },
  "RDS-03": {
    title: "Redis is reached over internal networks only",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["5.9"],
    source: ["runbook:ufw"],
  },
  "RDS-04": {
    title: "Redis is limited in memory and keeps nothing beyond its time",
    hipaa: ["164.312(e)(1)"],
    gdpr: ["5(1)(e)"],
  },
  "RDS-05": {
    title: "Redis keeps what it acknowledged",
    hipaa: ["164.312(c)(1)"],
    gdpr: ["32(1)(b)"],
  },
} as const satisfies Readonly<Record<`DKD-${string}` | `CTR-${string}` | `PG-${string}` | `RDS-${string}`, Control>>;
