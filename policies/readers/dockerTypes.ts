/** What has been decided about each type of @pulumi/docker and @pulumi/command: a type that is not here has not been looked at. */

/** Judged by rules of its own or with others; not judged, or refused, with the reason, which continues "It". */
export type Decision = "judged" | { readonly notJudged: string } | { readonly refused: string };

const SWARM = "is for a swarm, a mode that is off on every host: its ports and secrets go past the firewall and the plans";

const BUILT =
  "builds or sends an image, with arguments that stay in it and in the state, and is to be built where it is tested and named by digest";

/** Decisions by type token. What the SDKs call rather than register, such as command's local.run, no policy is shown. */
export const DOCKER_TYPES: ReadonlyMap<string, Decision> = new Map<string, Decision>([
  ["command:local:Command", "judged"],
  ["command:remote:Command", "judged"],
  ["command:remote:CopyFile", { refused: "copies a file past the plans, by no rename and with no mode" }],
  ["command:remote:CopyToRemote", { refused: "copies files past the plans, by no rename and with no mode" }],
  ["docker:index/buildxBuilder:BuildxBuilder", { refused: "runs a privileged container that builds whatever it is sent" }],
  ["docker:index/container:Container", "judged"],
  ["docker:index/image:Image", { refused: BUILT }],
  ["docker:index/network:Network", "judged"],
  ["docker:index/plugin:Plugin", { refused: "runs on the host as root, beside the Docker daemon" }],
  ["docker:index/registryImage:RegistryImage", { refused: BUILT }],
  ["docker:index/remoteImage:RemoteImage", "judged"],
  ["docker:index/secret:Secret", { refused: SWARM }],
  ["docker:index/service:Service", { refused: SWARM }],
  ["docker:index/serviceConfig:ServiceConfig", { refused: SWARM }],
  ["docker:index/tag:Tag", { notJudged: "gives an image another name; containers name theirs by digest" }],
  ["docker:index/volume:Volume", "judged"],
  ["pulumi:providers:command", { notJudged: "has no settings" }],
  ["pulumi:providers:docker", "judged"],
]);
