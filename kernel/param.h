// All limits of the kernel. What each costs in memory stands beside it; none of it stands in the image.
#pragma once

#define NAME_MAX 31                // letters of a node's, mesh's or cell's name, without the NUL
#define RELEASE_CID_SIZE 59        // a CIDv1 with sha2-256, in base32
#define CELLS_MAX 8                // cells in one image
#define PEERS_MAX 64               // peers in one mesh
#define CONFIG_MAX_BYTES 8192      // the node's configuration blob
#define CELL_STACK_MAX_BYTES 65536 // the stack a cell may ask for
#define CELL_MEMORY_MAX_BYTES (8u << 20)

#define INPUT_LINE_MAX 200    // a longer line from the host is ignored
#define CELL_LINE_MAX 160     // a longer line of a cell is broken in two
#define RECORD_MAX_BYTES 9728 // a statement with 64 peers and 8 cells, each name at its longest
#define OUTPUT_RING_BYTES 32768u    // bytes on their way to the UART; a power of two
#define OUTPUT_RESERVE_BYTES 12288u // of these, kept free for the kernel: cells cannot crowd a record out

#define KERNEL_STACK_BYTES 16384
#define VIRTIO_SLOTS_MAX 8
#define NET_QUEUE_SIZE 16 // frames in flight each way, 2 KiB each

#define CELL_QUANTUM_MICROS 10000u
#define CONSOLE_RETRY_MICROS 5000u // how long a cell sleeps when the console is full
#define INTERVAL_MIN_MILLIS 10u
#define HEARD_INTERVALS 3u // a peer counts as heard for so many hello intervals
