/** An upgrade of the engine restarts it: somebody decides when. In the order in which apt-mark(8) prints them. */
export const HELD_PACKAGES: readonly string[] = ["containerd", "docker-cli", "docker.io", "runc"];
