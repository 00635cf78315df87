/*
 * Where things stand. The first root is the initramfs; what it was unpacked to stays in memory, unreachable
 * by path, and is measured again for each record. The root proper:
 *
 *   /            overlay: below it the checked disk, above it memory, which forgets at each start
 *   /dev /proc /sys /run /tmp    as everywhere
 *   /sys/fs/cgroup               version 2, all controllers for children; this process in /init
 *   the folders of /etc/nexus/volatile, one a line: memory (what needs a file system that is no overlay)
 */
#include "../linux/system.h"
#include "init.h"

enum MountFlag {
  MOUNT_READ_ONLY = 1,
  MOUNT_NO_SET_USER = 2,
  MOUNT_NO_DEVICE = 4,
  MOUNT_NO_EXECUTE = 8,
  MOUNT_MOVE = 8192
};

int first_root = -1;

static void mount(const char *what, const char *where, const char *type, unsigned long flags,
                  const char *options) {
  char text[160];
  long result = system_call(CALL_MOUNT, (long)what, (long)where, (long)type, (long)flags, (long)options, 0);
  if (result == 0) return;
  struct Text line = text_on(text, sizeof text);
  text_string(&line, "mounts: cannot mount ");
  text_string(&line, where);
  text_character(&line, 0);
  must(result, text);
}

static void make_folder(const char *path) { call3(CALL_MKDIRAT, AT_WORKING_FOLDER, (long)path, 0755); }

static void mount_new(const char *type, const char *where, unsigned long flags, const char *options) {
  make_folder(where);
  mount(type, where, type, flags, options);
}

#define PLAIN (MOUNT_NO_SET_USER | MOUNT_NO_DEVICE | MOUNT_NO_EXECUTE)

void mounts_start(void) {
  mount_new("proc", "/proc", PLAIN, NULL);
  mount_new("sysfs", "/sys", PLAIN, NULL);
  mount_new("devtmpfs", "/dev", MOUNT_NO_SET_USER, "mode=0755");
}

static void move(const char *from, const char *to) {
  make_folder(to);
  mount(from, to, NULL, MOUNT_MOVE, NULL);
}

void mounts_switch_root(const char *device) {
  first_root = (int)must(open_path("/", OPEN_FOLDER), "mounts: no first root");
  make_folder("/lower");
  mount(device, "/lower", "squashfs", MOUNT_READ_ONLY | MOUNT_NO_DEVICE, NULL);
  mount_new("tmpfs", "/upper", MOUNT_NO_DEVICE, "mode=0755");
  make_folder("/upper/files");
  make_folder("/upper/work");
  make_folder("/root");
  mount("overlay", "/root", "overlay", MOUNT_NO_DEVICE,
        "lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work");
  move("/dev", "/root/dev");
  move("/proc", "/root/proc");
  move("/sys", "/root/sys");
  must(call1(CALL_CHDIR, (long)"/root"), "mounts: no new root");
  mount(".", "/", NULL, MOUNT_MOVE, NULL);
  must(call1(CALL_CHROOT, (long)"."), "mounts: the new root is refused");
  must(call1(CALL_CHDIR, (long)"/"), "mounts: no folder / in the new root");
}

static void write_text(const char *path, const char *text) {
  int file = open_path(path, OPEN_WRITE);
  if (file < 0) return;
  write_file(file, text, text_length(text));
  close_file(file);
}

static void start_cgroups(void) {
  mount("cgroup2", "/sys/fs/cgroup", "cgroup2", PLAIN, NULL);
  make_folder("/sys/fs/cgroup/init");
  write_text("/sys/fs/cgroup/init/cgroup.procs", "0");
  static const char *const controllers[] = {"+cpu", "+io", "+memory", "+pids", "+cpuset"};
  for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
    write_text("/sys/fs/cgroup/cgroup.subtree_control", controllers[i]);
}

static void mount_volatile(void) {
  char list[1024], *line = list;
  int file = open_path("/etc/nexus/volatile", OPEN_READ);
  if (file < 0) return;
  long size = read_file(file, list, sizeof list);
  close_file(file);
  for (long i = 0; i < size; i++) {
    if (list[i] != '\n') continue;
    list[i] = 0;
    mount_new("tmpfs", line, MOUNT_NO_DEVICE, "mode=0755");
    line = list + i + 1;
  }
}

void mounts_finish(void) {
  mount_new("devpts", "/dev/pts", MOUNT_NO_SET_USER | MOUNT_NO_EXECUTE, "mode=0620,gid=5,ptmxmode=0666");
  mount_new("tmpfs", "/dev/shm", PLAIN, "mode=1777");
  mount_new("tmpfs", "/run", MOUNT_NO_SET_USER | MOUNT_NO_DEVICE, "mode=0755");
  mount_new("tmpfs", "/tmp", MOUNT_NO_SET_USER | MOUNT_NO_DEVICE, "mode=1777");
  start_cgroups();
  mount_volatile();
}
