/** Services that the cloud runs itself: buckets, databases, load balancers, clusters. */
import type { Control } from "../control";

/** Controls CLD-01 and on. */
export const CLOUD = {
  "CLD-01": {
    title: "Buckets and their objects are private, and shared with the pages of named origins only",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality", "25(2)"],
  },
  "CLD-02": {
    title: "Buckets keep former versions of what they hold",
    hipaa: ["164.312(c)(1)", "164.308(a)(7)(ii)(A)"],
    gdpr: ["32(1)(c)"],
  },
  "CLD-03": {
    title: "Access to buckets is recorded",
    hipaa: ["164.312(b)"],
  },
  "CLD-04": {
    title: "Access keys of buckets and registries are limited in what they open and for how long",
    hipaa: ["164.312(a)(1)"],
    supporting: { "164.308(a)(4)(i)": "What a key opens is decided when it is made." },
  },
  "CLD-05": {
    title: "Managed databases accept declared sources only, over a private network",
    hipaa: ["164.312(a)(1)", "164.312(e)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "CLD-06": {
    title: "Connections to managed databases are encrypted, those of their logs and migrations too",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
  },
  "CLD-07": {
    title: "Programs log in to managed databases by users of their own, with the rights that they need",
    hipaa: ["164.312(a)(2)(i)", "164.312(d)"],
  },
  "CLD-08": {
    title: "Logs of managed databases are kept elsewhere, and hold no statements",
    hipaa: ["164.312(b)"],
    gdpr: ["5(1)(c)"],
  },
  "CLD-09": {
    title: "Load balancers speak HTTPS with strong suites, and encrypt what they send to servers",
    hipaa: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    gdpr: ["32(1)(a)"],
  },
  "CLD-10": {
    title: "Control planes of clusters accept administrators' networks only, and are kept up to date",
    hipaa: ["164.312(a)(1)", "164.308(a)(5)(ii)(B)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "CLD-11": {
    title: "Each type of cloud resource is reviewed before it is used",
    hipaa: ["164.308(a)(1)(ii)(A)", "164.308(a)(1)(ii)(B)"],
    gdpr: ["32(1)(b) confidentiality"],
    why: {
      "164.308(a)(1)(ii)(A)": "What a type can expose is assessed before it holds data.",
      "164.308(a)(1)(ii)(B)": "A type that nobody has assessed is not used.",
    },
  },
  "CLD-12": {
    title: "Shared file systems treat root of a machine as nobody",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b) confidentiality"],
  },
  "CLD-13": {
    title: "Managed databases and clusters outlive the loss of one machine",
    hipaa: ["164.308(a)(7)(ii)(C)"],
    gdpr: ["32(1)(b) resilience"],
  },
} as const satisfies Readonly<Record<`CLD-${string}`, Control>>;
