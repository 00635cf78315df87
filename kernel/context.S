/*
 * Into a cell and out of it again.
 *
 * The kernel has one stack and is never interrupted (sstatus.SIE stays 0). `cell_enter` looks to C like a
 * call that returns when the cell traps. sscratch holds the cell's frame while a cell runs, and 0 while the
 * kernel does.
 *
 * struct Frame: pc at 0, register x<n> at 8*n, the kernel's stack pointer at 256.
 */
    .text
    .globl cell_enter
cell_enter:
    addi sp, sp, -112
    sd ra, 104(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, 8*\n(sp)
    .endr
    sd sp, 256(a0)
    csrw sscratch, a0
    ld t0, 0(a0)
    csrw sepc, t0
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, 8*\n(a0)
    .endr
    ld a0, 80(a0)
    sret

    .balign 4
    .globl trap_entry
trap_entry:
    csrrw a0, sscratch, a0
    beqz a0, 2f
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, 8*\n(a0)
    .endr
    csrrw t0, sscratch, zero
    sd t0, 80(a0)
    csrr t0, sepc
    sd t0, 0(a0)
    ld sp, 256(a0)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld s\n, 8*\n(sp)
    .endr
    ld ra, 104(sp)
    addi sp, sp, 112
    ret

2:  lla sp, panic_stack_top         # the kernel itself trapped
    tail kernel_trap
