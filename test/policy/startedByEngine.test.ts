/** The pack as the engine starts it itself, without Pulumi's runner: it has the stack's configuration by the engine's request alone. */
import { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb";
import { describe, expect, it } from "vitest";
import { takeBy } from "../../policies/engine/configuration";

function methods() {
  const plain = { requestDeserialize: (bytes: Buffer): unknown => bytes.toString() };
  return {
    configureStack: { requestDeserialize: (bytes: Buffer) => AnalyzerStackConfigureRequest.deserializeBinary(bytes) },
    analyze: { ...plain },
    analyzeStack: { ...plain },
  };
}

describe("a pack that the engine starts", () => {
  it("takes the configuration that it is sent, with the keys of its secrets, and then judges", () => {
    const served = methods();
    const taken: unknown[] = [];
    takeBy(served, (config, secretKeys) => taken.push(config, secretKeys));
    const request = new AnalyzerStackConfigureRequest();
    request.getConfigMap().set("phiward:hosts", "[]");
    request.setConfigSecretKeysList(["phiward:secrets"]);
    served.configureStack.requestDeserialize(Buffer.from(request.serializeBinary()));
    expect(taken).toEqual([{ "phiward:hosts": "[]" }, ["phiward:secrets"]]);
    expect(served.analyze.requestDeserialize(Buffer.from("one"))).toBe("one");
    expect(served.analyzeStack.requestDeserialize(Buffer.from("all"))).toBe("all");
  });

  it("judges nothing before, so that no stack is taken for one without hosts", () => {
    const served = methods();
    takeBy(served, () => undefined);
    for (const method of [served.analyze, served.analyzeStack])
      expect(() => method.requestDeserialize(Buffer.from("one"))).toThrow("did not send the configuration");
  });
});
