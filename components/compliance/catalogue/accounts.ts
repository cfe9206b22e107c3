/** Accounts, sudo and SSH. */
import type { Control } from "../control";

/** Controls SSH-01 and on. */
export const ACCOUNTS = {
  "SSH-01": {
    title: "The SSH server's settings are in one file that sorts before every other drop-in, and no other file adds to them",
    hipaa: ["164.312(a)(1)", "164.312(d)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:ssh"],
  },
  "SSH-02": {
    title: "Nobody logs in as root over SSH",
    hipaa: ["164.312(a)(2)(i)", "164.312(d)"],
    gdpr: ["32(1)(b) confidentiality"],
    cis: ["5.1.21"],
    source: ["runbook:ssh"],
  },
  "SSH-03": {
    title: "SSH accepts keys only: no passwords, no keyboard-interactive",
    hipaa: ["164.312(d)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:brute"],
  },
  "SSH-04": {
    title: "SSH accepts no empty password",
    hipaa: ["164.312(d)"],
    gdpr: ["32(1)(b) confidentiality"],
    cis: ["5.1.20"],
  },
  "SSH-05": {
    title: "Only members of one group may log in over SSH",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
    supporting: { "164.308(a)(4)(i)": "Membership is declared, so that access follows from a decision." },
    cis: ["5.1.4"],
    source: ["runbook:ssh"],
  },
  "SSH-06": {
    title: "SSH allows three authentication attempts a connection",
    hipaa: ["164.312(d)"],
    supporting: { "164.308(a)(5)(ii)(C)": "A further attempt needs another connection, which the log shows and fail2ban counts." },
    cis: ["5.1.17"],
    source: ["runbook:brute"],
  },
  "SSH-07": {
    title: "SSH limits the sessions of one connection",
    gdpr: ["32(1)(b) availability"],
    cis: ["5.1.18"],
  },
  "SSH-08": {
    title: "SSH limits unauthenticated connections and the time to log in",
    gdpr: ["32(1)(b) availability"],
    cis: ["5.1.19", "5.1.14"],
    source: ["runbook:brute"],
  },
  "SSH-09": {
    title: "Idle SSH connections are closed",
    hipaa: ["164.312(a)(2)(iii)"],
    cis: ["5.1.7"],
  },
  "SSH-10": {
    title: "SSH logs the fingerprint of the key of each login",
    hipaa: ["164.308(a)(5)(ii)(C)", "164.312(b)"],
    cis: ["5.1.15"],
    source: ["runbook:logs"],
  },
  "SSH-11": {
    title: "SSH exchanges keys with post-quantum hybrids where its version has them",
    hipaa: ["164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    cis: ["5.1.12", "5.1.13"],
  },
  "SSH-12": {
    title: "SSH uses strong ciphers only",
    hipaa: ["164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
    cis: ["5.1.6"],
  },
  "SSH-13": {
    title: "SSH uses encrypt-then-MAC codes only",
    hipaa: ["164.312(e)(2)(i)"],
    cis: ["5.1.16"],
  },
  "SSH-14": {
    title: "SSH host keys are Ed25519 or RSA of 3072 bits or more, and clients pin them",
    hipaa: ["164.312(d)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "SSH-15": {
    title: "Diffie-Hellman moduli shorter than 3071 bits are removed where group exchange is offered",
    hipaa: ["164.312(e)(2)(ii)"],
  },
  "SSH-16": {
    title: "SSH forwards nothing: no TCP, agent, X11, sockets or tunnels",
    hipaa: ["164.312(e)(1)"],
    cis: ["5.1.8"],
  },
  "SSH-17": {
    title: "SSH ignores host-based authentication, GSSAPI, rhosts and user environments, and checks file modes",
    hipaa: ["164.312(d)"],
    cis: ["5.1.10", "5.1.11", "5.1.9", "5.1.22", "5.1.23"],
  },
  "SSH-18": {
    title: "SSH compresses nothing, looks up no names and does not disclose its distribution",
    gdpr: ["32(1)(b) confidentiality"],
  },
  "SSH-19": {
    title: "SSH shows a legal banner without naming the system",
    gdpr: ["32(1)(b) confidentiality"],
    supporting: { "164.308(a)(4)(i)": "It says to whoever connects that only the authorized may." },
    cis: ["5.1.5", "1.6.3"],
  },
  "SSH-20": {
    title: "SSH settings and private host keys can be read by root only",
    hipaa: ["164.312(a)(1)"],
    cis: ["5.1.1", "5.1.2", "5.1.3"],
  },
  "SSH-21": {
    title: "SSH listens where it is declared to, whether by its own service or a socket unit",
    hipaa: ["164.312(a)(1)"],
  },
  "SSH-22": {
    title: "Authorized keys are exactly the declared ones, each with its owner",
    hipaa: ["164.312(a)(2)(i)", "164.312(d)", "164.308(a)(3)(ii)(C)", "164.308(a)(4)(ii)(C)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:ssh", "runbook:daily"],
  },
  "SSH-23": {
    title: "A revoked key is refused and its sessions are ended",
    hipaa: ["164.308(a)(3)(ii)(C)"],
    source: ["runbook:ssh"],
  },
  "SSH-24": {
    title: "People use a second factor, such as a FIDO2 key that asks for verification",
    hipaa: ["164.312(d)"],
    gdpr: ["32(1)(b) confidentiality"],
    source: ["runbook:roadmap"],
  },
  "SSH-25": {
    title: "A break-glass account for the console exists, and its password is escrowed",
    hipaa: ["164.312(a)(2)(ii)"],
  },
  "SSH-26": {
    title: "A change that can cut the operator off is rolled back unless a new connection confirms it",
    hipaa: ["164.312(a)(2)(ii)"],
    gdpr: ["32(1)(b) availability"],
  },
  "SSH-27": {
    title: "What may be done with sudo is declared, and is logged",
    hipaa: ["164.312(a)(1)", "164.312(b)", "164.308(a)(4)(ii)(C)"],
    supporting: {
      "164.308(a)(4)(ii)(B)": "Each right is a reviewed line of the stack's file: who approves the change authorizes the access.",
    },
    cis: ["5.2.2", "5.2.3", "5.2.6", "5.2.5"],
  },
  "SSH-28": {
    title: "Only the deploy user has sudo without a password, and for listed commands",
    hipaa: ["164.312(a)(1)"],
    cis: ["5.2.4"],
  },
  "SSH-29": {
    title: "One account has user id 0, and root has no password",
    hipaa: ["164.312(a)(2)(i)"],
    cis: ["5.2.7", "5.4.2.4", "5.4.2.1"],
  },
  "SSH-30": {
    title: "Accounts, groups and members are exactly the declared ones; system accounts cannot log in",
    hipaa: ["164.312(a)(2)(i)", "164.312(a)(1)", "164.308(a)(4)(ii)(C)"],
    supporting: { "164.308(a)(3)(i)": "Nobody keeps an account that the stack does not declare." },
    cis: ["5.4.2.7", "5.4.2.8", "7.2.5"],
    source: ["runbook:investigate"],
  },
  "SSH-31": {
    title: "Accounts are locked for a time after failed passwords",
    hipaa: ["164.308(a)(5)(ii)(C)"],
    cis: ["5.3.3.1.1", "5.3.3.1.2"],
    source: ["ops-guide:brute"],
  },
  "SSH-32": {
    title: "Passwords are long, not in dictionaries and hashed with yescrypt",
    hipaa: ["164.308(a)(5)(ii)(D)"],
    cis: ["5.3.3.2.2", "5.3.3.2.6", "5.3.3.4.1", "5.3.3.3.1", "5.4.1.4"],
    source: ["runbook:class"],
  },
  "SSH-33": {
    title: "Passwords expire, and unused accounts are closed",
    hipaa: ["164.308(a)(5)(ii)(D)"],
    cis: ["5.4.1.1", "5.4.1.2", "5.4.1.3", "5.4.1.5", "5.4.3.3"],
  },
  "SSH-34": {
    title: "Idle shells end",
    hipaa: ["164.312(a)(2)(iii)"],
    cis: ["5.4.3.2"],
  },
  "SSH-35": {
    title: "What one person may use of a host is limited: processes, memory, share of the processor",
    gdpr: ["32(1)(b) availability"],
  },
} as const satisfies Readonly<Record<`SSH-${string}`, Control>>;
