import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostPort, MAX_PORTS, MAX_SANDBOXES, outsiderPort, sandboxLayout } from "../../../../sandbox/machines/layout";

const number = fc.integer({ min: 1, max: MAX_SANDBOXES });
const index = fc.integer({ min: 0, max: MAX_PORTS - 1 });

describe("the layout of a sandbox", () => {
  it("follows from its number alone", () => {
    expect(sandboxLayout(7)).toEqual({
      bridge: "phw7",
      bridgeMac: "02:13:00:00:07:01",
      table: "phiward7",
      subnet: "10.213.7.0/24",
      subnet6: "fd13:0:213:7::/64",
      adminAddress: "10.213.7.1",
      adminAddress6: "fd13:0:213:7::1",
      prefix: "phiward-7-",
    });
    expect(hostPort(7, 0, "web1")).toEqual({
      netns: "phiward-7-web1",
      veth: "phw7h0",
      mac: "02:13:00:00:07:0a",
      address: "10.213.7.10",
      address6: "fd13:0:213:7::10",
    });
    expect(outsiderPort(7, 1)).toMatchObject({ netns: "phiward-7-outsider1", veth: "phw7o1", address: "10.213.7.201" });
  });

  it("keeps interface names within the kernel's 15 characters", () => {
    fc.assert(
      fc.property(number, index, (n, i) => {
        const names = [sandboxLayout(n).bridge, hostPort(n, i, "h").veth, outsiderPort(n, i).veth];
        return names.every((name) => name.length <= 15);
      }),
    );
  });

  it("gives no two machines of any two sandboxes the same name or address", () => {
    const machine = fc.tuple(number, index, fc.boolean());
    fc.assert(
      fc.property(machine, machine, ([n, i, outside], [m, j, beyond]) => {
        fc.pre(n !== m || i !== j || outside !== beyond);
        const one = outside ? outsiderPort(n, i) : hostPort(n, i, `h${String(i)}`);
        const other = beyond ? outsiderPort(m, j) : hostPort(m, j, `h${String(j)}`);
        const shared = Object.values(one).filter((value) => Object.values(other).includes(value));
        expect(shared).toEqual([]);
      }),
    );
  });
});
