/** Firewalls, TLS and certificates. */
import type { Control } from "../control";

/** Controls NET-01, TLS-01, CRT-01 and on. */
export const NETWORK = {
  "NET-01": {
    title: "The cloud firewall opens the declared ports only",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:ufw"],
  },
  "NET-02": {
    title: "The host's firewall is on, and starts with the host",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    cis: ["4.1.1", "4.1.2"],
    source: ["runbook:ufw"],
  },
  "NET-03": {
    title: "The firewall drops what comes in or is forwarded unless it is declared",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    cis: ["4.1.3", "4.1.5"],
    source: ["runbook:ufw"],
  },
  "NET-04": {
    title: "The firewall drops outgoing traffic unless it is declared",
    hipaa: ["164.312(e)(1)"],
    cis: ["4.1.4"],
    source: ["runbook:ufw"],
  },
  "NET-05": {
    title: "The firewall has the same rules for IPv6 as for IPv4",
    gdpr: ["32(1)(b) confidentiality"],
    cis: ["3.1.1"],
  },
  "NET-06": {
    title: "Only declared ports are open, and only declared programs listen on them",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    cis: ["2.1.23"],
    source: ["runbook:metrics"],
  },
  "NET-07": {
    title: "New connections to containers from outside are dropped, for IPv4 and IPv6 alike",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    cisDocker: ["5.14"],
    source: ["runbook:ufw"],
  },
  "NET-08": {
    title: "Containers accept no connections from other machines of the private network",
    hipaa: ["164.312(e)(1)"],
  },
  "NET-09": {
    title: "Containers publish ports on the loopback address only",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    cisDocker: ["5.14", "5.9"],
    source: ["runbook:ufw"],
  },
  "NET-10": {
    title: "Container networks have declared addresses",
    hipaa: ["164.312(e)(1)"],
  },
  "NET-11": {
    title: "SSH connections from outside the admin networks are limited in rate",
    hipaa: ["164.308(a)(5)(ii)(C)"],
    why: { "164.308(a)(5)(ii)(C)": "Attempts beyond the rate are dropped and logged." },
    source: ["runbook:advfw"],
  },
  "NET-12": {
    title: "Containers cannot reach the cloud's metadata service",
    hipaa: ["164.312(a)(1)"],
    why: { "164.312(a)(1)": "The service hands out user data and keys of the machine to whoever asks." },
  },
  "NET-13": {
    title: "Networks of databases are internal",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    cisDocker: ["5.30"],
  },
  "NET-14": {
    title: "One program manages the firewall, and no rule comes before its own",
    hipaa: ["164.312(e)(1)"],
    source: ["runbook:advfw"],
  },
  "NET-15": {
    title: "The firewall logs what it drops",
    hipaa: ["164.312(b)"],
    source: ["runbook:scan"],
  },
  "NET-16": {
    title: "Two resolvers are declared, and answers are validated",
    gdpr: ["32(1)(b) integrity"],
  },
  "NET-17": {
    title: "Docker uses the iptables back end, which has the chain for our rules",
    hipaa: ["164.312(e)(1)"],
    cisDocker: ["2.4"],
  },
  "NET-18": {
    title: "Each droplet has its own private network",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "NET-19": {
    title: "Containers reach nothing of the host, and only root and the web server reach containers from it",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "NET-20": {
    title: "Nobody but root listens on the ports by which services are reached",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "NET-21": {
    title: "Containers that share a network reach each other at the ports of databases only",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    cisDocker: ["2.2"],
  },
  "TLS-01": {
    title: "The web server speaks TLS 1.3 only",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:tls"],
  },
  "TLS-02": {
    title: "The web server uses declared TLS 1.3 suites, and none of older versions",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:tls"],
  },
  "TLS-03": {
    title: "The web server exchanges keys with post-quantum hybrids where its OpenSSL has them",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
  },
  "TLS-04": {
    title: "The client chooses among the suites, which are all strong",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:tls"],
  },
  "TLS-05": {
    title: "TLS sessions are not resumed by tickets, and early data is refused",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(i)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
  },
  "TLS-06": {
    title: "Browsers use HTTPS only for two years (HSTS), subdomains included",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:tls"],
  },
  "TLS-07": {
    title: "Each answer has the security headers, whoever wrote it",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    why: { "164.312(a)(1)": "The headers decide which programs run in the page that shows the data, who frames it, and where it is sent." },
    source: ["runbook:tls"],
  },
  "TLS-08": {
    title: "Browsers do not guess content types and do not frame pages",
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:tls"],
  },
  "TLS-09": {
    title: "The content security policy allows no inline scripts and no eval",
    hipaa: ["164.312(a)(1)"],
    why: { "164.312(a)(1)": "Access is for persons and programs that were granted it; a script of others in the page was not." },
    supporting: { "164.312(c)(1)": "A script of others could change what is shown and what is sent." },
    source: ["runbook:tls"],
  },
  "TLS-10": {
    title: "Browsers send no referrer, and pages get no powers of the browser",
    gdpr: ["5(1)(c)"],
    source: ["runbook:tls"],
  },
  "TLS-11": {
    title: "Nothing stores answers that hold patients' data",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["5(1)(f)"],
    source: ["runbook:tls"],
  },
  "TLS-12": {
    title: "The web server does not tell its version, nor that of what is behind it",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    why: { "164.308(a)(1)(ii)(B)": "A version tells which vulnerabilities to try." },
  },
  "TLS-13": {
    title: "Bodies, headers and times of a request are limited",
    gdpr: ["32(1)(b) availability"],
  },
  "TLS-14": {
    title: "Requests and logins are limited by address",
    hipaa: ["164.308(a)(5)(ii)(C)"],
    gdpr: ["32(1)(b) resilience"],
    source: ["ops-guide:brute", "runbook:roadmap"],
  },
  "TLS-15": {
    title: "Each route accepts declared methods only",
    gdpr: ["32(1)(b) integrity"],
  },
  "TLS-16": {
    title: "Unknown names get no answer, and plain HTTP only redirects",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
  },
  "TLS-17": {
    title: "Cookies are sent over HTTPS only, and hidden from scripts and other sites",
    hipaa: ["164.312(e)(1)"],
  },
  "TLS-18": {
    title: "Access logs hold no path, query, header or body",
    hipaa: ["164.312(b)", "164.312(a)(1)"],
    gdpr: ["5(1)(c)", "25(1)"],
    source: ["runbook:sqli", "runbook:logs"],
  },
  "TLS-19": {
    title: "The web server's files are declared, and checked before they are put in place",
    hipaa: ["164.312(e)(1)"],
    gdpr: ["32(1)(b) availability"],
  },
  "TLS-20": {
    title: "OCSP stapling is off unless the certificate names a responder",
    hipaa: ["164.312(e)(1)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:tls"],
  },
  "TLS-21": {
    title: "The client's address is taken from the connection or a declared proxy",
    hipaa: ["164.312(b)"],
  },
  "TLS-22": {
    title: "TLS is graded from outside",
    hipaa: ["164.308(a)(8)", "164.312(e)(1)"],
    gdpr: ["32(1)(d)"],
    source: ["runbook:audit"],
  },
  "TLS-23": {
    title: "The web server proxies requests only to services of its own host",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "TLS-24": {
    title: "Ports for other protocols than HTTP speak TLS, and are open to named networks only",
    hipaa: ["164.312(e)(1)", "164.312(a)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)", "32(1)(b) confidentiality"],
  },
  "TLS-25": {
    title: "Devices show a certificate of a declared authority, where that is asked of them",
    hipaa: ["164.312(d)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "TLS-26": {
    title: "Where a password is asked for, the web server answers nobody without one, and keeps hashes alone for itself",
    hipaa: ["164.312(d)", "164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "CRT-01": {
    title: "Certificates are issued and renewed by a timer, and checked before the web server loads them",
    hipaa: ["164.312(e)(1)", "164.312(d)"],
    gdpr: ["32(1)(a)", "32(1)(b) availability"],
    source: ["runbook:le"],
  },
  "CRT-02": {
    title: "Certificates come from an authority that clients trust",
    hipaa: ["164.312(d)"],
    source: ["runbook:selfsigned"],
  },
  "CRT-03": {
    title: "Certificate keys are strong, and readable by root only",
    hipaa: ["164.312(a)(2)(iv)", "164.312(e)(1)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:selfsigned"],
  },
  "CRT-04": {
    title: "CAA records name the authority that may issue",
    hipaa: ["164.312(d)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "CRT-05": {
    title: "A certificate that is not renewed in time is noticed",
    hipaa: ["164.312(e)(1)"],
    gdpr: ["32(1)(a)"],
    why: { "164.312(e)(1)": "With an expired certificate clients stop checking, or stop coming." },
    source: ["runbook:metrics"],
  },
} as const satisfies Readonly<Record<`NET-${string}` | `TLS-${string}` | `CRT-${string}`, Control>>;
