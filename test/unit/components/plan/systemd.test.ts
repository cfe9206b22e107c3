/** What keeps a systemd unit running. */
import { describe, expect, it } from "vitest";
import { serviceSteps } from "../../../../components/plan/systemd";

describe("a unit that is kept running", () => {
  it("goes on, before anything asks it, where a signal suspended one of its processes", () => {
    const [first] = serviceSteps("nginx.service");
    expect(first).toMatchObject({ argv: ["systemctl", "kill", "--signal=CONT", "nginx.service"], phase: "before" });
    if (first?.when.kind !== "state" || first.when.unless.expect.kind !== "lacks") throw new Error("the step asks nothing");
    const suspended = new RegExp(first.when.unless.expect.pattern, "m");
    expect("Ss   ssh.service\nTs   nginx.service\nS    -").toMatch(suspended);
    for (const others of ["Ss   nginx.service", "Tsl  nginx.service.other", "T    docker-nginx.service", "Ts   nginxXservice"])
      expect(others).not.toMatch(suspended);
  });

  it("has no processes of its own where it is a timer or a socket", () => {
    expect(serviceSteps("some.timer").map(({ id }) => id)).toEqual(["enable-some.timer", "start-some.timer"]);
  });
});
