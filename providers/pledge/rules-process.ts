/** Pledges about processes: threads, children, programs, identity, namespaces. */
import { masked, oneOf, type Rule, rule } from './rule';

/** CLONE_VM, CLONE_SIGHAND and CLONE_THREAD make a thread. */
const threadFlags = 0x10900;
/** CLONE_PTRACE, CLONE_NEWNS, and CLONE_NEWCGROUP to CLONE_NEWNET. */
const namespaceFlags = 0x7e022000;
const changesLimits = [['proc'], ['id']] as const;

export const processRules: readonly Rule[] = [
  rule([['stdio']], 'clone', 'a thread', [masked(0, namespaceFlags | threadFlags, threadFlags)]),
  rule([['proc']], 'clone', 'a process in the same namespaces', [masked(0, namespaceFlags, 0)]),
  rule([['proc', 'mount']], 'clone clone3'),
  rule([['proc']], 'fork vfork setpgid setsid kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo'),
  rule(
    [['proc']],
    'pidfd_send_signal sched_setaffinity sched_setparam sched_setscheduler sched_setattr ioprio_set',
  ),
  rule([['proc']], 'prctl', 'signal at the parent’s end, reaper of grandchildren', [oneOf(0, 1, 36, 37)]),
  rule([['proc']], 'fcntl', 'who gets the signals of a descriptor', [oneOf(1, 8, 10, 11, 15, 16)]),
  rule([['proc'], ['ps']], 'pidfd_open get_robust_list'),
  rule(changesLimits, 'setrlimit prlimit64 setpriority'),
  rule([['exec']], 'execve execveat'),
  rule([['id']], 'setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset'),
  rule([['id']], 'prctl', 'capabilities', [oneOf(0, 8, 24, 28, 47)]),
  rule(
    [['mount']],
    'mount umount2 pivot_root chroot unshare setns fsopen fsconfig fsmount fspick move_mount',
  ),
  rule([['mount']], 'open_tree open_tree_attr mount_setattr statmount listmount name_to_handle_at'),
  rule([['mount']], 'sethostname setdomainname keyctl add_key request_key bpf'),
];
