/*
 * lo and eth0 are brought up; addresses are for whoever uses them (netdevice(7)). The frames of the mesh,
 * and no others, pass through a packet(7) socket on eth0: what virtio_net.c is to Rumpk.
 */
#include "../../lib/bytes.h"
#include "../../virtio_net.h"
#include "../linux/system.h"
#include "init.h"

#define FAMILY_INTERNET 2
#define FAMILY_PACKET 17
#define TYPE_DATAGRAM 2
#define TYPE_RAW 3
#define NO_WAIT 04000
#define GET_FLAGS 0x8913
#define SET_FLAGS 0x8914
#define GET_ADDRESS 0x8927
#define GET_INDEX 0x8933
#define FLAG_UP 1
#define ETHERTYPE 0x88b5

/* struct ifreq. */
struct Interface {
  char name[16];
  union {
    int16_t flags;
    int32_t index;
    struct {
      uint16_t family;
      uint8_t bytes[6];
    } address;
    char all[24];
  } is;
};

/* struct sockaddr_ll. */
struct LinkAddress {
  uint16_t family, protocol;
  int32_t index;
  uint8_t rest[12];
};

uint8_t net_address[6];
static int mesh = -1;

static struct Interface named(const char *name) {
  struct Interface interface = {.is.all = {0}};
  memcpy(interface.name, name, text_length(name));
  return interface;
}

static bool bring_up(int socket, const char *name) {
  struct Interface interface = named(name);
  if (io_control(socket, GET_FLAGS, &interface) < 0) return false;
  interface.is.flags |= FLAG_UP;
  return io_control(socket, SET_FLAGS, &interface) == 0;
}

static void join_mesh(const char *name) {
  struct Interface address = named(name), index = named(name);
  uint8_t type[2] = {ETHERTYPE >> 8, ETHERTYPE & 0xff};
  struct LinkAddress here = {.family = FAMILY_PACKET};
  memcpy(&here.protocol, type, sizeof type);
  mesh = (int)call3(CALL_SOCKET, FAMILY_PACKET, TYPE_RAW | NO_WAIT | OPEN_CLOSE_ON_EXEC, here.protocol);
  if (mesh < 0) return say("no packet sockets in this kernel: nobody is heard", "");
  io_control(mesh, GET_ADDRESS, &address);
  io_control(mesh, GET_INDEX, &index);
  memcpy(net_address, address.is.address.bytes, sizeof net_address);
  here.index = index.is.index;
  must(call3(CALL_BIND, mesh, (long)&here, sizeof here), "network: eth0 cannot be listened to");
}

void network_start(void) {
  int socket = (int)call3(CALL_SOCKET, FAMILY_INTERNET, TYPE_DATAGRAM, 0);
  if (socket < 0) return say("no network in this kernel", "");
  bring_up(socket, "lo");
  if (bring_up(socket, "eth0")) join_mesh("eth0");
  close_file(socket);
}

struct PollFile network_wait(void) { return (struct PollFile){.file = mesh, .wanted = POLL_IN}; }

void net_send(const void *frame, uint32_t size) {
  if (mesh >= 0) write_file(mesh, frame, size);
}

void net_poll(void (*take)(const uint8_t *frame, uint32_t size)) {
  static uint8_t frame[FRAME_MAX_BYTES];
  for (long size; mesh >= 0 && (size = read_file(mesh, frame, sizeof frame)) > 0;)
    take(frame, (uint32_t)size);
}
