# The first instructions of a cell: sp is set by the kernel, a0 and a1 are 0. What main returns is the exit
# status.
    .section .text.start, "ax"
    .globl _start
_start:
    call main
    li a7, 0                        # NEXUS_CALL_EXIT
    ecall
