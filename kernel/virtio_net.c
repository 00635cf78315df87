/*
 * The network card: virtio-net over virtio-mmio, modern interface (version 2), split virtqueues.
 *
 *   registers  000 "virt"  004 version  008 device  010 features  014 select  020 driver features  024 select
 *              030 queue select  038 size  044 ready  050 notify  060 interrupt  064 acknowledge
 *              070 status  080 descriptors  090 driver ring  0a0 device ring  100 the card's address
 *   frame      12 bytes struct virtio_net_hdr (all zero: no offloads), then the Ethernet frame
 *
 * Each descriptor owns the buffer of its number for ever. What the device writes into the rings is checked:
 * an index or length out of range is taken as no frame.
 */
#include "virtio_net.h"
#include "interrupts.h"
#include "lib/bytes.h"
#include "riscv.h"

enum Register {
  MAGIC = 0x00,
  VERSION = 0x04,
  DEVICE = 0x08,
  FEATURES = 0x10,
  FEATURES_SELECT = 0x14,
  DRIVER_FEATURES = 0x20,
  DRIVER_FEATURES_SELECT = 0x24,
  QUEUE_SELECT = 0x30,
  QUEUE_SIZE = 0x38,
  QUEUE_READY = 0x44,
  QUEUE_NOTIFY = 0x50,
  INTERRUPT_STATUS = 0x60,
  INTERRUPT_ACKNOWLEDGE = 0x64,
  STATUS = 0x70,
  DESCRIPTORS = 0x80,
  DRIVER_RING = 0x90,
  DEVICE_RING = 0xa0,
  CONFIGURATION = 0x100
};
#define DEVICE_NET 1
#define FEATURE_ADDRESS (1u << 5)    // bits 0-31
#define FEATURE_VERSION_1 (1u << 0)  // bits 32-63
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define DESCRIPTOR_DEVICE_WRITES 2
#define NET_HEADER_SIZE 12u
#define BUFFER_SIZE 2048u
#define RECEIVE 0
#define SEND 1

struct Descriptor {
  uint64_t address;
  uint32_t size;
  uint16_t flags, next;
};

struct Queue {
  struct Descriptor descriptors[NET_QUEUE_SIZE];
  struct {
    uint16_t flags, index, ring[NET_QUEUE_SIZE];
  } driver;
  struct {
    _Alignas(4) uint16_t flags;
    uint16_t index;
    struct {
      uint32_t id, size;
    } ring[NET_QUEUE_SIZE];
  } device;
  uint16_t seen; // of the device's ring
  uint8_t buffers[NET_QUEUE_SIZE][BUFFER_SIZE];
};

uint8_t net_address[6];

static uint64_t card; // 0: none
static _Alignas(16) struct Queue queues[2];
static bool is_sending[NET_QUEUE_SIZE]; // by buffer

static uint32_t get(enum Register reg) { return read32(card + reg); }
static void put(enum Register reg, uint32_t value) { write32(card + reg, value); }

static void put_address(enum Register reg, const void *address) {
  put(reg, (uint32_t)(uint64_t)address);
  put(reg + 4, (uint32_t)((uint64_t)address >> 32));
}

static bool is_net_card(uint64_t address) {
  return read32(address + MAGIC) == 0x74726976 && read32(address + VERSION) == 2 &&
         read32(address + DEVICE) == DEVICE_NET;
}

static void accept_features(uint32_t half, uint32_t wanted) {
  put(FEATURES_SELECT, half);
  put(DRIVER_FEATURES_SELECT, half);
  put(DRIVER_FEATURES, get(FEATURES) & wanted);
}

static void start_queue(int number) {
  struct Queue *queue = &queues[number];
  for (int i = 0; i < NET_QUEUE_SIZE; i++) {
    queue->descriptors[i] = (struct Descriptor){.address = (uint64_t)queue->buffers[i], .size = BUFFER_SIZE};
    if (number == RECEIVE) queue->descriptors[i].flags = DESCRIPTOR_DEVICE_WRITES;
    queue->driver.ring[i] = (uint16_t)i;
  }
  if (number == RECEIVE) queue->driver.index = NET_QUEUE_SIZE;
  put(QUEUE_SELECT, (uint32_t)number);
  put(QUEUE_SIZE, NET_QUEUE_SIZE);
  put_address(DESCRIPTORS, queue->descriptors);
  put_address(DRIVER_RING, &queue->driver);
  put_address(DEVICE_RING, &queue->device);
  put(QUEUE_READY, 1);
}

/* VIRTIO 1.1, 3.1.1: the order is the standard's. */
static bool start_card(void) {
  put(STATUS, 0);
  put(STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
  accept_features(0, FEATURE_ADDRESS);
  accept_features(1, FEATURE_VERSION_1);
  put(STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
  if ((get(STATUS) & STATUS_FEATURES_OK) == 0) return false;
  start_queue(RECEIVE);
  start_queue(SEND);
  for (uint64_t i = 0; i < sizeof net_address; i++) net_address[i] = read8(card + CONFIGURATION + i);
  fence();
  put(STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
  put(QUEUE_NOTIFY, RECEIVE);
  return true;
}

bool net_start(const struct Machine *machine) {
  for (int i = 0; i < machine->virtio_count; i++) {
    if (!is_net_card(machine->virtio[i].address)) continue;
    card = machine->virtio[i].address;
    interrupts_enable(machine->virtio[i].interrupt);
    if (start_card()) return true;
    card = 0;
  }
  return false;
}

/* How many entries the device has added that were not looked at yet; it may claim no more than there are. */
static uint16_t waiting(const struct Queue *queue) {
  fence();
  uint16_t count = (uint16_t)(*(const volatile uint16_t *)&queue->device.index - queue->seen);
  return count <= NET_QUEUE_SIZE ? count : 0;
}

/* Adds a buffer to what the device may use. */
static void offer(struct Queue *queue, uint16_t buffer) {
  queue->driver.ring[queue->driver.index % NET_QUEUE_SIZE] = buffer;
  fence();
  queue->driver.index++;
  fence();
}

static void reclaim_sends(void) {
  struct Queue *queue = &queues[SEND];
  for (uint16_t count = waiting(queue); count > 0; count--) {
    uint32_t buffer = queue->device.ring[queue->seen++ % NET_QUEUE_SIZE].id;
    if (buffer < NET_QUEUE_SIZE) is_sending[buffer] = false;
  }
}

static uint16_t find_free_send(void) {
  uint16_t buffer = 0;
  while (buffer < NET_QUEUE_SIZE && is_sending[buffer]) buffer++;
  return buffer;
}

void net_send(const void *frame, uint32_t size) {
  struct Queue *queue = &queues[SEND];
  if (card == 0 || size > FRAME_MAX_BYTES) return;
  reclaim_sends();
  uint16_t buffer = find_free_send();
  if (buffer == NET_QUEUE_SIZE) return;
  is_sending[buffer] = true;
  memset(queue->buffers[buffer], 0, NET_HEADER_SIZE);
  memcpy(queue->buffers[buffer] + NET_HEADER_SIZE, frame, size);
  queue->descriptors[buffer].size = NET_HEADER_SIZE + size;
  offer(queue, buffer);
  put(QUEUE_NOTIFY, SEND);
}

void net_poll(void (*take)(const uint8_t *frame, uint32_t size)) {
  struct Queue *queue = &queues[RECEIVE];
  if (card == 0) return;
  put(INTERRUPT_ACKNOWLEDGE, get(INTERRUPT_STATUS));
  uint16_t count = waiting(queue);
  for (uint16_t i = 0; i < count; i++) {
    uint32_t id = queue->device.ring[queue->seen % NET_QUEUE_SIZE].id;
    uint32_t size = queue->device.ring[queue->seen % NET_QUEUE_SIZE].size;
    queue->seen++;
    if (id >= NET_QUEUE_SIZE) continue;
    if (size >= NET_HEADER_SIZE && size <= NET_HEADER_SIZE + FRAME_MAX_BYTES)
      take(queue->buffers[id] + NET_HEADER_SIZE, size - NET_HEADER_SIZE);
    offer(queue, (uint16_t)id);
  }
  if (count > 0) put(QUEUE_NOTIFY, RECEIVE);
}
