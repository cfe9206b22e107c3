/** The configuration of the stack that is judged, as Pulumi's engine hands it to a pack before it asks anything. */
import { createRequire } from "node:module";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb";

type Take = (config: Readonly<Record<string, string>>, secretKeys: readonly string[]) => void;

/** What of a method of the engine's protocol is replaced here: how its request is read. */
interface Method<Request> {
  requestDeserialize: (bytes: Buffer) => Request;
}

interface Methods {
  readonly configureStack: Method<AnalyzerStackConfigureRequest>;
  readonly analyze: Method<unknown>;
  readonly analyzeStack: Method<unknown>;
}

/**
 * Takes the stack's configuration over from the engine, for a pack that it starts itself: Pulumi's language host would put it into the
 * pack's environment. Without it nothing is judged, and the preview ends with the error. To be called before the pack is served.
 */
export function takeConfiguration(): void {
  const load = createRequire(createRequire(__filename).resolve("@pulumi/policy"));
  const { AnalyzerService } = load("@pulumi/pulumi/proto/analyzer_grpc_pb") as { AnalyzerService: Methods };
  const { setAllConfig } = load("@pulumi/pulumi/runtime") as { setAllConfig: Take };
  takeBy(AnalyzerService, setAllConfig);
}

/** Has `take` called with the configuration when it comes; what is asked before is refused. */
export function takeBy({ configureStack, analyze, analyzeStack }: Methods, take: Take): void {
  let isTaken = false;
  onRequest(configureStack, (request) => {
    take(Object.fromEntries(request.getConfigMap().entries()), request.getConfigSecretKeysList());
    isTaken = true;
  });
  for (const method of [analyze, analyzeStack])
    onRequest(method, () => {
      if (!isTaken) throw new Error("phiward: Pulumi did not send the configuration of the stack, so nothing was judged");
    });
}

function onRequest<Request>(method: Method<Request>, act: (request: Request) => void): void {
  const read = method.requestDeserialize;
  method.requestDeserialize = (bytes) => {
    const request = read(bytes);
    act(request);
    return request;
  };
}
