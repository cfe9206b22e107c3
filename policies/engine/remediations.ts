/** The pack changes nothing of what it judges, and the engine asks it for changes of each resource all the same. */
import { createRequire } from "node:module";
import type { AnalyzeRequest, AnalyzerResourceOptions } from "@pulumi/pulumi/proto/analyzer_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

interface Service {
  readonly remediate: { requestDeserialize: (bytes: Buffer) => AnalyzeRequest };
}

interface Messages {
  readonly AnalyzeRequest: new () => AnalyzeRequest;
  readonly AnalyzerResourceOptions: new () => AnalyzerResourceOptions;
}

/** Has such a request read as one about nothing: no policy here reads it. To be called before the pack is served. */
export function leaveRemediations(): void {
  const load = createRequire(createRequire(__filename).resolve("@pulumi/policy"));
  const { AnalyzerService } = load("@pulumi/pulumi/proto/analyzer_grpc_pb") as { AnalyzerService: Service };
  const messages = load("@pulumi/pulumi/proto/analyzer_pb") as Messages;
  const { Struct: Properties } = load("google-protobuf/google/protobuf/struct_pb") as { Struct: new () => Struct };
  const nothing = new messages.AnalyzeRequest();
  nothing.setProperties(new Properties());
  nothing.setOptions(new messages.AnalyzerResourceOptions());
  AnalyzerService.remediate.requestDeserialize = () => nothing;
}
