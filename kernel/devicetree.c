/*
 * The flattened device tree, read once in one pass. Devicetree Specification v0.4, chapter 5; all numbers
 * big-endian.
 *
 *   header  0 magic d00dfeed, 4 totalsize, 8 off_dt_struct, 12 off_dt_strings, 32 size_strings,
 *           36 size_struct
 *   struct  tokens of 4 bytes: 1 BEGIN_NODE name\0, 2 END_NODE, 3 PROP length nameoffset value, 4 NOP, 9 END
 *
 * Properties come before child nodes, so a node is complete when the next node begins or its own ends.
 * Addresses are taken as two cells (64 bits), as QEMU's `virt` and the JH7110 write them.
 */
#include "devicetree.h"
#include "lib/bytes.h"
#include "lib/text.h"
#include "panic.h"

#define HEADER_SIZE 40
#define TREE_MAX_BYTES 0x200000u
#define SUPERVISOR_EXTERNAL 9u
enum Token { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };

struct Value {
  const uint8_t *bytes;
  uint32_t size;
};

/* The properties of one node that somebody asks for. */
struct Node {
  const char *name;
  struct Value compatible, reg, interrupts, interrupts_extended, phandle, reg_shift, timebase;
  struct Value initrd_start, initrd_end;
};

struct Reader {
  struct Machine *machine;
  const uint8_t *structure;
  uint32_t structure_size;
  const char *strings;
  uint32_t strings_size;
  uint32_t at;
  struct Node node;
  uint64_t last_cpu;                // of the cpu node seen last: its interrupt controller is its child
  uint32_t cpu_controller;          // phandle of this hart's interrupt controller
  struct Value controller_contexts; // the PLIC's interrupts-extended
};

static bool string_equal(const char *a, const char *b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}

/* A number of one or two cells; 0 if the property is absent. */
static uint64_t number(struct Value value) {
  if (value.size >= 8) return load_be64(value.bytes);
  return value.size >= 4 ? load_be32(value.bytes) : 0;
}

static uint32_t cell(struct Value value) { return value.size >= 4 ? load_be32(value.bytes) : 0; }

/* `compatible` is a list of NUL-terminated strings, or absent. */
static bool is_compatible(const struct Node *node, const char *with) {
  const char *list = (const char *)node->compatible.bytes;
  uint32_t size = node->compatible.size;
  if (size == 0 || list[size - 1] != 0) return false;
  for (uint32_t at = 0; at < size; at++)
    if ((at == 0 || list[at - 1] == 0) && string_equal(list + at, with)) return true;
  return false;
}

static bool is_named(const struct Node *node, const char *prefix) {
  return text_starts_with(node->name, NAME_MAX, prefix);
}

static struct Device device_of(const struct Node *node) {
  return (struct Device){.address = number(node->reg), .interrupt = cell(node->interrupts)};
}

static void take_uart(struct Machine *machine, const struct Node *node) {
  if (machine->uart.address != 0) return;
  machine->uart = device_of(node);
  machine->uart_shift = cell(node->reg_shift);
}

static void take_memory(struct Machine *machine, const struct Node *node, uint64_t kernel) {
  for (uint32_t at = 0; at + 16 <= node->reg.size; at += 16) {
    uint64_t start = load_be64(node->reg.bytes + at), size = load_be64(node->reg.bytes + at + 8);
    if (kernel < start || kernel - start >= size) continue;
    machine->pages_start = start;
    machine->memory_end = start + size;
  }
}

static void take_chosen(struct Machine *machine, const struct Node *node) {
  machine->initrd_start = number(node->initrd_start);
  machine->initrd_end = number(node->initrd_end);
}

static void take_node(struct Reader *reader) {
  extern char image_base[];
  struct Machine *machine = reader->machine;
  const struct Node *node = &reader->node;
  if (node->name == NULL) return;
  if (node->timebase.size != 0) machine->timebase_hz = number(node->timebase);
  if (is_named(node, "cpu@")) reader->last_cpu = cell(node->reg);
  if (is_named(node, "memory@")) take_memory(machine, node, (uint64_t)image_base);
  if (string_equal(node->name, "chosen")) take_chosen(machine, node);
  if (is_compatible(node, "ns16550a") || is_compatible(node, "snps,dw-apb-uart")) take_uart(machine, node);
  if (is_compatible(node, "riscv,cpu-intc") && reader->last_cpu == machine->hart)
    reader->cpu_controller = cell(node->phandle);
  if (is_compatible(node, "riscv,plic0") || is_compatible(node, "sifive,plic-1.0.0")) {
    machine->interrupt_controller = device_of(node);
    reader->controller_contexts = node->interrupts_extended;
  }
  if (is_compatible(node, "virtio,mmio") && machine->virtio_count < VIRTIO_SLOTS_MAX)
    machine->virtio[machine->virtio_count++] = device_of(node);
}

static void take_property(struct Node *node, const char *name, struct Value value) {
  if (string_equal(name, "compatible")) node->compatible = value;
  if (string_equal(name, "reg")) node->reg = value;
  if (string_equal(name, "interrupts")) node->interrupts = value;
  if (string_equal(name, "interrupts-extended")) node->interrupts_extended = value;
  if (string_equal(name, "phandle")) node->phandle = value;
  if (string_equal(name, "reg-shift")) node->reg_shift = value;
  if (string_equal(name, "timebase-frequency")) node->timebase = value;
  if (string_equal(name, "linux,initrd-start")) node->initrd_start = value;
  if (string_equal(name, "linux,initrd-end")) node->initrd_end = value;
}

static uint32_t next_word(struct Reader *reader) {
  if (reader->at > reader->structure_size - 4) panic("device tree: cut off");
  uint32_t word = load_be32(reader->structure + reader->at);
  reader->at += 4;
  return word;
}

static const uint8_t *next_bytes(struct Reader *reader, uint32_t size) {
  const uint8_t *bytes = reader->structure + reader->at;
  if (size > reader->structure_size - reader->at) panic("device tree: a value runs past the end");
  reader->at += (size + 3) & ~3u;
  return bytes;
}

static void read_name(struct Reader *reader) {
  const char *name = (const char *)reader->structure + reader->at;
  uint32_t length = 0;
  while (reader->at + length < reader->structure_size && name[length] != 0) length++;
  next_bytes(reader, length + 1);
  reader->node = (struct Node){.name = name};
}

static void read_property(struct Reader *reader) {
  uint32_t size = next_word(reader), name = next_word(reader);
  struct Value value = {.bytes = next_bytes(reader, size), .size = size};
  if (name >= reader->strings_size) panic("device tree: a property without a name");
  take_property(&reader->node, reader->strings + name, value);
}

static bool read_token(struct Reader *reader) {
  uint32_t token = next_word(reader);
  if (token == PROPERTY) {
    read_property(reader);
    return true;
  }
  if (token == NOP) return true;
  take_node(reader);
  reader->node.name = NULL;
  if (token == BEGIN_NODE) read_name(reader);
  return token == BEGIN_NODE || token == END_NODE;
}

/* Contexts count in the order of interrupts-extended: (phandle, 9) is the external interrupt of S-mode. */
static uint32_t find_context(const struct Reader *reader) {
  struct Value list = reader->controller_contexts;
  for (uint32_t at = 0; at + 8 <= list.size; at += 8) {
    uint32_t phandle = load_be32(list.bytes + at), interrupt = load_be32(list.bytes + at + 4);
    if (phandle == reader->cpu_controller && interrupt == SUPERVISOR_EXTERNAL) return at / 8;
  }
  panic("device tree: no interrupt context for this hart");
}

static void require(bool found, const char *text) {
  if (!found) panic(text);
}

void devicetree_read(struct Machine *machine, uint64_t hart, const void *tree) {
  const uint8_t *header = tree;
  require(tree != NULL && load_be32(header) == 0xd00dfeed, "device tree: not found");
  require(load_be32(header + 4) <= TREE_MAX_BYTES, "device tree: too large");
  *machine = (struct Machine){.hart = hart, .tree_start = (uint64_t)tree};
  struct Reader reader = {.machine = machine,
                          .structure = header + load_be32(header + 8),
                          .structure_size = load_be32(header + 36),
                          .strings = (const char *)header + load_be32(header + 12),
                          .strings_size = load_be32(header + 32)};
  require(reader.structure_size >= HEADER_SIZE, "device tree: empty");
  while (read_token(&reader)) continue;
  require(machine->uart.address != 0, "device tree: no UART");
  require(machine->timebase_hz != 0, "device tree: no timebase");
  require(machine->memory_end != 0, "device tree: no memory around the kernel");
  require(machine->interrupt_controller.address != 0, "device tree: no interrupt controller");
  machine->interrupt_context = find_context(&reader);
}
