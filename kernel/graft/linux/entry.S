/* Where Linux starts a program: the stack holds argc, argv, a NULL, the environment, a NULL. */
#if defined(__x86_64__)
  .globl _start
_start:
  xorl %ebp, %ebp
  movq %rsp, %rdi
  andq $-16, %rsp
  call program_start
  hlt
#elif defined(__riscv)
  .globl _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  mv a0, sp
  andi sp, sp, -16
  call program_start
  ebreak
#endif
  .section .note.GNU-stack,"",@progbits
