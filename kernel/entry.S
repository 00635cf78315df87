/*
 * The first bytes of the image, and the first instructions.
 *
 *    0  Linux RISC-V Image header, so that `booti` of U-Boot and `-kernel` of QEMU take it
 *       https://www.kernel.org/doc/html/latest/arch/riscv/boot-image-header.html
 *   64  "RUMPKIMG", u32 format 1, u32 kernelSizeBytes, u32 imageSizeBytes, u32 cellCount, u64 0
 *   96  code
 *
 * imageSizeBytes and cellCount are patched when the factory puts the cells behind the kernel.
 */
#include "param.h"

    .section .image_header, "ax"
    .globl image_base
    .option push
    .option norvc
image_base:
    j start                         # code0
    nop                             # code1
    .dword 0x200000                 # text_offset
    .dword kernel_memory_size       # image_size, variables included
    .dword 0                        # flags: little-endian
    .word 2                         # header version 0.2
    .word 0
    .dword 0
    .ascii "RISCV\0\0\0"
    .ascii "RSC\005"
    .word 0

    .ascii "RUMPKIMG"
    .word 1
    .word kernel_size
    .word kernel_size
    .word 0
    .dword 0

# a0 is the hart's id, a1 the device tree (SBI). Variables are cleared here: nothing in the image says they
# are 0.
start:
    csrw sie, zero
    csrw satp, zero
    csrw sscratch, zero
    lla t0, trap_entry
    csrw stvec, t0
    lla sp, kernel_stack_top
    lla t0, bss_start
    lla t1, kernel_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b
    call kernel_main
    .option pop

    .section .bss.kernel_stack, "aw", @nobits
    .balign 16
    .space KERNEL_STACK_BYTES
kernel_stack_top:
    .space 4096                     # for the panic of a trap inside the kernel, which may be a stack overflow
    .globl panic_stack_top
panic_stack_top:
