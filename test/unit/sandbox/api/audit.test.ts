import { describe, expect, it } from "vitest";
import { auditLine, clientAddress, requestId } from "../../../../sandbox/api/audit";

const ACCESS = { user: "admin", action: "note.read", object: "1", status: 200, address: "2001:db8::7", request: "r1" };

describe("an audit line", () => {
  it("says who did what, when, to which object, from where and how it ended", () => {
    expect(auditLine(ACCESS, new Date(0))).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","audit":1,"user":"admin","action":"note.read","object":"1","outcome":"success","status":200,"address":"2001:db8::7","request":"r1"}',
    );
  });

  it.each([
    [201, "success"],
    [401, "denied"],
    [404, "refused"],
    [503, "failure"],
  ])("calls status %i a %s", (status, outcome) => {
    expect(JSON.parse(auditLine({ ...ACCESS, status }, new Date(0)))).toMatchObject({ outcome });
  });

  it.each([
    ["198.51.100.7", "127.0.0.1", "198.51.100.7"],
    ["2001:db8::7", "127.0.0.1", "2001:db8::7"],
    ["nobody", "::ffff:172.18.0.1", "172.18.0.1"],
    [undefined, "::1", "::1"],
    [undefined, undefined, "unknown"],
  ])("takes, of the proxy's %s and the connection's %s, %s", (told, peer, address) => {
    expect(clientAddress(told === undefined ? {} : { "x-real-ip": told }, peer)).toBe(address);
  });

  it("keeps the proxy's id of the request only if it looks like one", () => {
    expect(requestId({ "x-request-id": "0f-A_1.2" })).toBe("0f-A_1.2");
    for (const told of ["", "a b", '"}', "x".repeat(65)]) expect(requestId({ "x-request-id": told })).toMatch(/^[0-9a-f-]{36}$/);
  });
});
