import { expect, it } from "vitest";
import { hashPassword, isPassword } from "../../../../sandbox/api/passwords";
import { processorTime } from "../../../processorTime";

it("knows a password by its hash, which differs each time", async () => {
  const [one, other] = await Promise.all([hashPassword("geheim"), hashPassword("geheim")]);
  expect(one).not.toBe(other);
  expect(await isPassword("geheim", one)).toBe(true);
  expect(await isPassword("Geheim", one)).toBe(false);
});

it.each([undefined, "", ":", "AAAA", "AAAA:"])("lets nobody in by the hash %s", async (stored) => {
  expect(await isPassword("", stored)).toBe(false);
});

it("works for an unknown user as long as for a known one", async () => {
  const hash = await hashPassword("geheim");
  const taken = async (stored: string | undefined): Promise<number> => {
    const start = processorTime();
    for (let round = 0; round < 3; round += 1) await isPassword("falsch", stored);
    return processorTime() - start;
  };
  const [known, unknown] = [await taken(hash), await taken(undefined)];
  expect(unknown).toBeGreaterThan(known / 2);
  expect(unknown).toBeLessThan(known * 2);
});
