"""Run many independent jobs: in this process, in local processes, on a cluster; progress, cancel, resume."""
