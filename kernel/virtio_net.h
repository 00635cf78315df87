// The network card: virtio-net over virtio-mmio. Virtual I/O Device (VIRTIO) Version 1.1, 4.2 and 5.1.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "devicetree.h"

#define FRAME_MAX_BYTES 1514u

extern uint8_t net_address[6];

/* Finds the first card of the machine; false if there is none. */
bool net_start(const struct Machine *machine);
/* Sends one Ethernet frame; a frame that finds no free buffer is lost, as on any wire. */
void net_send(const void *frame, uint32_t size);
/* Gives each frame that has come to `take`. */
void net_poll(void (*take)(const uint8_t *frame, uint32_t size));
