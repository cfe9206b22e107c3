#!/bin/sh
# enter.sh PID CGROUPS ARGV...
# Runs ARGV inside the sandbox host whose init is PID: in all of its namespaces, and in the colon-separated CGROUPS so that it
# counts as one of the host's own processes. Without CAP_SYS_TIME, which would reach this machine's clock.
set -eu
pid=$1 groups=$2
shift 2
IFS=:
for group in $groups; do echo $$ >"$group/cgroup.procs"; done
exec setpriv --bounding-set=-sys_time --inh-caps=-sys_time \
  nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root --wd -- "$@"
