/** Parts of @pulumi/policy that it exports and that its own declarations leave out. */

import type { Policies } from "@pulumi/policy";
import type { AnalyzeRequest, AnalyzeResponse, AnalyzeStackRequest } from "@pulumi/pulumi/proto/analyzer_pb";

declare module "@pulumi/policy/proxy" {
  /** The key under which the proxy that a policy is handed gives what is behind it. */
  export const getSpecialProxyTarget: string;
  /** What stands behind it for values that are not known during a preview. */
  export const unknownArchiveValue: string;
  export const unknownArrayValue: string;
  export const unknownAssetValue: string;
  export const unknownBooleanValue: string;
  export const unknownNumberValue: string;
  export const unknownObjectValue: string;
  export const unknownStringValue: string;
}

declare module "@pulumi/policy/server" {
  type Answer = (error: unknown, response: AnalyzeResponse | undefined) => void;
  /** The function that answers the engine's Analyze call. */
  export function makeAnalyzeRpcFun(
    pack: string,
    version: string,
    enforcementLevel: string,
    policies: Policies,
  ): (call: { readonly request: AnalyzeRequest }, callback: Answer) => Promise<void>;
  /** The function that answers the engine's AnalyzeStack call. */
  export function makeAnalyzeStackRpcFun(
    pack: string,
    version: string,
    enforcementLevel: string,
    policies: Policies,
  ): (call: { readonly request: AnalyzeStackRequest }, callback: Answer) => Promise<void>;
}
