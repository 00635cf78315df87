/*
 * What -msave-restore calls at the start and end of functions: one copy of the instructions that save and
 * restore registers, instead of one in each function. Saves 1 KiB of the image.
 *
 *   __riscv_save_<n>     called with t0 as link: saves ra and s0 to s<n-1>, in a frame rounded up to 16 bytes
 *   __riscv_restore_<n>  jumped to: restores them, drops the frame, returns to ra
 *
 * Slots lie from the caller's sp downwards: ra, s0, s1, … s11. Saving stores all of them, also below its
 * own frame: nothing uses the stack below sp, as the kernel is never interrupted. Frames of two numbers are
 * the same, so they share code. https://github.com/riscv-non-isa/riscv-toolchain-conventions
 */
    .macro save first, second, frame
    .globl __riscv_save_\first
    .globl __riscv_save_\second
__riscv_save_\first:
__riscv_save_\second:
    li t1, \frame
    j store
    .endm

    .macro restore first, second, low, high
    .globl __riscv_restore_\first
    .globl __riscv_restore_\second
__riscv_restore_\first:
__riscv_restore_\second:
    ld \low, 0(sp)
    ld \high, 8(sp)
    addi sp, sp, 16
    .endm

    .section .text.save, "ax"
    save 10, 11, 96
    save 8, 9, 80
    save 6, 7, 64
    save 4, 5, 48
    save 2, 3, 32
    save 0, 1, 16
    .globl __riscv_save_12
__riscv_save_12:
    li t1, 112
store:
    sd ra, -8(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, -16-8*\n(sp)
    .endr
    sub sp, sp, t1
    jr t0

    .section .text.restore, "ax"
    .globl __riscv_restore_12
__riscv_restore_12:
    ld s11, 8(sp)
    addi sp, sp, 16
    restore 10, 11, s10, s9
    restore 8, 9, s8, s7
    restore 6, 7, s6, s5
    restore 4, 5, s4, s3
    restore 2, 3, s2, s1
    restore 0, 1, s0, ra
    ret
