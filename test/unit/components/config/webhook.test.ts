import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopback, isPrivate } from "../../../../components/config/network";
import { isWebhook } from "../../../../components/config/webhook";

describe("the address of a webhook", () => {
  it.each([
    "https://alerts.example.org/hook?to=oncall",
    "https://Alerts.example.org",
    "https://alerts.example.org:443/",
    "https://198.51.100.7:8443/hook",
    "https://[2001:db8::7]/",
    "http://10.1.2.3/hook",
    "http://127.0.0.1:9093/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://[::1]:8080/",
    "http://[fd00::7]/hook",
  ])("may be %s", (url) => {
    expect(isWebhook(url)).toBe(true);
  });

  it.each([
    // Names, whatever they begin with.
    ...["http://10.evil.org/", "http://127.evil.com/", "http://192.168.evil.org/", "http://172.16.evil.org/", "http://10.0.0.1.evil.org/"],
    ...[
      "http://localhost/",
      "http://ip6-localhost/",
      "http://a.localhost/",
      "http://fd00.evil.org/",
      "http://fc/",
      "http://[fc00.evil.org]/",
    ],
    // Spellings that programs read differently.
    ...["http://0x7f.1/", "http://127.1/", "http://2130706433/", "http://0177.0.0.1/", "http://10.1/", "http://127.0.0.1./"],
    ...[
      "http://[0:0:0:0:0:0:0:1]/",
      "http://[::ffff:10.0.0.1]/",
      "http://[::ffff:7f00:1]/",
      "http://[::1%25eth0]/",
      "http://[FD00::7]/x y",
    ],
    // What hides the host.
    ...["http://127.0.0.1@evil.org/", "http://10.0.0.1:80@evil.org/", "http://a:b@10.0.0.1/", "https://a:b@alerts.example.org/"],
    ...["http://evil.org\\@127.0.0.1/", "http://127.0.0.1\\.evil.org/", "http:\\\\127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/"],
    ...[
      "http://10.0.0.1\n.evil.org/",
      "http://10.0.0.1\t/",
      "https://alerts.example.org/\u202e",
      "http://１０.0.0.1/",
      "http://10。0。0。1/",
    ],
    // Addresses of others.
    ...[
      "http://198.51.100.7/",
      "http://172.15.0.1/",
      "http://172.32.0.1/",
      "http://11.0.0.1/",
      "http://[2001:db8::7]/",
      "http://[fe80::1]/",
    ],
    ...["http://0.0.0.0/", "http://[::]/", "http://169.254.1.1/", "http://100.64.0.1/"],
    ...["ftp://10.0.0.1/", "file:///etc/shadow", "javascript:1", "", "https://", "alerts.example.org"],
  ])("is never %j", (url) => {
    expect(isWebhook(url)).toBe(false);
  });

  it("is no name by plain http, whatever its labels are", () => {
    const label = fc.constantFrom("10", "127", "192", "168", "172", "16", "fc", "localhost", "1");
    fc.assert(
      fc.property(fc.array(label, { maxLength: 5 }), fc.constantFrom("org", "localhost", "xn--p1ai", "a1"), (labels, top) => {
        expect(isWebhook(`http://${[...labels, top].join(".")}/`)).toBe(false);
      }),
    );
  });
});

describe("an address", () => {
  it("is private or of this machine by its bits", () => {
    for (const address of ["10.0.0.0", "10.255.255.255", "127.8.8.8", "fdff::1", "::1"]) expect(isPrivate(address), address).toBe(true);
    for (const address of ["9.255.255.255", "128.0.0.1", "fe80::1", "10.1", "10.evil", "127.0.0.999", "::2", "::ffff:127.0.0.1"])
      expect(isPrivate(address), address).toBe(false);
    for (const address of ["127.0.0.1", "127.255.255.254", "::1"]) expect(isLoopback(address), address).toBe(true);
    for (const address of ["127.0.0.256", "127.1", "10.0.0.1", "localhost", "127.evil.org"])
      expect(isLoopback(address), address).toBe(false);
  });
});
